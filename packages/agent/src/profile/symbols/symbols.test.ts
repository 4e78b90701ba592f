// Names against nm's, and the choice among several names of one place.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Elf, file_offset, open_elf } from '../elf/elf.ts';
import { FileSource } from '../elf/source.ts';
import { build_id, debug_file } from './debug-file.ts';
import { KernelSymbols } from './kallsyms.ts';
import { PerfMap } from './perf-map.ts';
import { type Symbols, symbols_of } from './symbols.ts';

const folder = mkdtempSync(join(tmpdir(), 'sonde-symbols-'));
const program = join(folder, 'program');
beforeAll(() => {
  const source = join(folder, 'program.c');
  writeFileSync(
    source,
    `__attribute__((noinline)) int first(int x) { return x * 3; }
     int __first(int) __attribute__((alias("first")));
     static __attribute__((noinline)) int second(int x) { return first(x) + 1; }
     int main(int n, char **v) { return second(n); }`,
  );
  execFileSync('gcc', ['-O1', '-o', program, source, '-Wl,--build-id']);
});
afterAll(() => rmSync(folder, { recursive: true }));

function read(path: string, placed?: Elf): { symbols: Symbols | undefined; elf: Elf } {
  const elf = open_elf(new FileSource(path))!;
  const steps = symbols_of(elf, placed ?? elf);
  for (;;) {
    const step = steps.next();
    if (step.done === true) return { symbols: step.value, elf };
  }
}

/** Address of each function as nm tells it. */
function listed(path: string): Map<string, number> {
  const lines = execFileSync('nm', [path], { encoding: 'latin1' }).split('\n');
  return new Map(
    lines.flatMap((line) => (/ [tT] /.test(line) ? [[line.slice(19), Number.parseInt(line, 16)] as const] : [])),
  );
}

describe('symbols', () => {
  it('name what nm lists, from the first byte of a function to its last', () => {
    const { symbols, elf } = read(program);
    const functions = listed(program);
    for (const name of ['first', 'second', 'main', '_start']) {
      const offset = file_offset(elf.segments, functions.get(name)!);
      expect(symbols!.name(offset)).toBe(name);
      expect(symbols!.name(offset + 1)).toBe(name);
    }
    expect(symbols!.name(0)).toBe('');
  });

  it('of a stripped file come from the file that its build id or link names', () => {
    const stripped = join(folder, 'stripped');
    const id = build_id(read(program).elf);
    expect(execFileSync('readelf', ['-n', program], { encoding: 'latin1' })).toContain(id);
    execFileSync('objcopy', ['--only-keep-debug', program, join(folder, 'program.debug')]);
    execFileSync('objcopy', [
      '-g',
      '--strip-all',
      `--add-gnu-debuglink=${join(folder, 'program.debug')}`,
      program,
      stripped,
    ]);
    const { symbols, elf } = read(stripped);
    const offset = file_offset(elf.segments, listed(program).get('second')!);
    expect(symbols?.name(offset) ?? '').toBe('');
    const found = debug_file(elf, '/', stripped);
    expect(found).toBe(join(folder, 'program.debug'));
    expect(read(found!, elf).symbols!.name(offset)).toBe('second');
  });
});

describe('kernel symbols', () => {
  it('find the function that an address lies in, and its module', () => {
    const text =
      'ffffffff81000000 T _text\nffffffff81000100 t inner\nffffffff81000200 D data\nffffffffc0000000 t of_module\t[nf_tables]\n';
    const symbols = new KernelSymbols(Buffer.from(text));
    expect(symbols.count).toBe(3);
    expect(symbols.find(0xffff81000105)).toEqual({ name: 'inner', module: '' });
    expect(symbols.find(0xffffc0000000)).toEqual({ name: 'of_module', module: 'nf_tables' });
    expect(symbols.find(5)).toBeUndefined();
    expect(new KernelSymbols(Buffer.from('garbage\n\n0 t')).count).toBe(0);
  });
});

describe('perf maps', () => {
  const path = join(folder, 'perf-1.map');

  it('are read as they grow; the later line of a place counts', () => {
    writeFileSync(path, '1000 20 first\n2000 10 JS:~fib /a b.js:3\nnonsense\n3000 zz x\n');
    const map = new PerfMap(path);
    map.refresh();
    expect([map.name(0x1000), map.name(0x101f), map.name(0x1020), map.name(0x2005)]).toEqual([
      'first',
      'first',
      '',
      'JS:~fib /a b.js:3',
    ]);
    writeFileSync(path, '1000 8 second\n200', { flag: 'a' });
    map.refresh();
    expect([map.name(0x1001), map.name(0x1010)]).toEqual(['second', 'first']);
    writeFileSync(path, '8 8 late\n', { flag: 'a' });
    map.refresh();
    expect(map.name(0x200c)).toBe('late');
    writeFileSync(path, '1000 4 anew\n');
    map.refresh();
    expect([map.name(0x1000), map.name(0x2005)]).toEqual(['anew', '']);
  });

  it('of 50 MB are cut to what is kept, in little time', () => {
    const lines = Array.from(
      { length: 10_000 },
      (_, i) => `${(0x10000 + i * 64).toString(16)} 40 JS:*function_${i} /some/long/path.js:${i}\n`,
    ).join('');
    const copies = Math.ceil((50 << 20) / lines.length);
    writeFileSync(path, lines.repeat(copies));
    const map = new PerfMap(path);
    const begun = performance.now();
    map.refresh();
    expect(performance.now() - begun).toBeLessThan(10_000);
    expect(map.name(0x10000 + 77 * 64 + 1)).toContain('function_77 ');
  });
});
