// Tables against readelf's reading of the same files, and on damaged ones.
import { spawnSync } from 'node:child_process';
import { readFileSync, realpathSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { open_elf, file_offset } from '../elf/elf.ts';
import { FileSource, MemorySource } from '../elf/source.ts';
import { symbols_of } from '../symbols/symbols.ts';
import { debug_file } from '../symbols/debug-file.ts';
import { unwind_table } from './eh-frame.ts';
import { CFA, RBP } from './rule.ts';

function finish<T>(steps: Generator<void, T>): T {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}

/** Rows of `readelf --debug-dump=frames-interp`: address -> CFA, rbp and return address as readelf writes them. */
function* interpreted(path: string): Generator<{ address: number; cfa: string; rbp: string; ra: string }> {
  // It also complains of what is in a separate debug file, by its exit code.
  const options = { encoding: 'latin1', maxBuffer: 1 << 28 } as const;
  const text = spawnSync('readelf', ['--debug-dump=frames-interp', path], options).stdout;
  let columns: string[] = [];
  let in_function = false;
  for (const line of text.split('\n')) {
    if (/ CIE /.test(line)) in_function = false;
    else if (/ FDE /.test(line)) in_function = true;
    else if (/^ +LOC/.test(line)) columns = line.trim().split(/\s+/);
    else if (in_function && /^[0-9a-f]{16} /.test(line)) {
      // One register in another is written "r10 (r10)".
      const cells = line
        .trim()
        .replace(/ \(\w+\)/g, '')
        .split(/\s+/);
      const cell = (name: string): string => cells[columns.indexOf(name)] ?? '';
      yield { address: Number.parseInt(cells[0]!, 16), cfa: cell('CFA'), rbp: cell('rbp'), ra: cell('ra') };
    }
  }
}

/** What readelf's row should be in our table; undefined where it says only "expression". */
function expected(cfa: string, rbp: string, ra: string): string | undefined {
  if (ra === 'u') return 'end';
  const [, register = '', offset = ''] = /^([a-z0-9]+)\+(\d+)$/.exec(cfa) ?? [];
  const how = { rsp: 'rsp', rbp: 'rbp', r10: 'r10', rax: 'rax' }[register];
  if (cfa === 'exp' || rbp === 'exp' || ra !== 'c-8') return undefined;
  if (how === undefined) return 'unknown';
  const below = /^c-(\d+)$/.exec(rbp)?.[1];
  return `${how}+${offset} ${below === undefined ? 'same' : `c-${below}`}`;
}

const NAME: readonly string[] = Object.keys(CFA);
function shown(rule: number): string {
  const how = rule & 15;
  if (how === CFA.unknown || how === CFA.end) return NAME[how]!;
  const below = ((rule >>> 6) & 255) * 8;
  return `${NAME[how]}+${(rule >>> 14) * 8} ${((rule >>> 4) & 3) === RBP.saved ? `c-${below}` : 'same'}`;
}

function rule_at(rows: Uint32Array, offset: number): number {
  let [low, high] = [0, rows.length / 2];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (rows[middle * 2]! <= offset) low = middle + 1;
    else high = middle;
  }
  return low === 0 ? 0 : rows[(low - 1) * 2 + 1]!;
}

describe('unwinding tables', () => {
  it.each(['/bin/bash', '/lib/x86_64-linux-gnu/libc.so.6', '/lib/x86_64-linux-gnu/libcrypto.so.3'])(
    'of %s are what readelf reads',
    (path) => {
      const source = new FileSource(realpathSync(path));
      const elf = open_elf(source)!;
      const rows = finish(unwind_table(elf)).view;
      let [compared, wrong, last] = [0, 0, -1];
      const examples: string[] = [];
      const all = [...interpreted(path)];
      for (const [i, { address, cfa, rbp, ra }] of all.entries()) {
        const wanted = expected(cfa, rbp, ra);
        // Of several rows of one address the last one holds.
        if (wanted === undefined || all[i + 1]?.address === address || address === last) continue;
        last = address;
        compared++;
        const got = shown(rule_at(rows, file_offset(elf.segments, address)));
        if (got === wanted) continue;
        wrong++;
        if (examples.length < 5) examples.push(`${address.toString(16)}: ${got}, readelf ${wanted}`);
      }
      source.close();
      expect(compared).toBeGreaterThan(10_000);
      expect({ wrong, examples }).toEqual({ wrong: 0, examples: [] });
    },
    60_000,
  );

  it('know the frames of signals, procedure linkage and the first function', () => {
    const source = new FileSource('/lib/x86_64-linux-gnu/libc.so.6');
    const { view } = finish(unwind_table(open_elf(source)!));
    source.close();
    const kinds = new Set(view.filter((_word, i) => i % 2 === 1).map((rule) => rule & 15));
    for (const how of [CFA.signal, CFA.plt, CFA.end]) expect(kinds).toContain(how);
  });
});

describe('damaged files', () => {
  const whole = readFileSync(realpathSync('/bin/true'));
  const rounds = Number(process.env.SONDE_FUZZ ?? 20_000) / 40;

  /** xorshift32: the same damage each time. */
  function random(seed: number): (below: number) => number {
    let state = seed;
    return (below) => {
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      return (state >>> 0) % below;
    };
  }

  it('are read as far as they go, in bounded time, and never throw', () => {
    const next = random(0x5eed);
    const sound = open_elf(new MemorySource(whole))!;
    const interesting = sound.sections.filter((s) => /eh_frame|sym|str|note|debuglink/.test(s.name));
    expect(interesting.length).toBeGreaterThan(4);
    for (let round = 0; round < rounds; round++) {
      const bytes = Buffer.from(whole.subarray(0, round % 7 === 0 ? next(whole.length) : whole.length));
      const edits = 1 + next(24);
      for (let i = 0; i < edits; i++) {
        const section = interesting[next(interesting.length)]!;
        const where = [
          next(64),
          64 + next(13 * 56),
          section.offset + next(Math.max(1, section.bytes)),
          next(whole.length),
        ];
        const at = where[next(4)]!;
        if (at < bytes.length) bytes[at] = [0, 0xff, 0x7f, 0x80, next(256)][next(5)]!;
      }
      const elf = open_elf(new MemorySource(bytes));
      if (elf === undefined) continue;
      const { count, view } = finish(unwind_table(elf));
      for (let row = 1; row < count; row++) expect(view[row * 2]! > view[row * 2 - 2]!).toBe(true);
      const symbols = finish(symbols_of(elf, elf));
      symbols?.name(next(2 ** 20));
      debug_file(elf, '/nonexistent', '/bin/true');
    }
  }, 60_000);
});
