// The live kernel: waits whose time is known, by what was waited for.
import { type ChildProcessByStdio, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { DEFAULT_SETTINGS } from '@sonde/records';
import type { Collected } from './testing/collected.ts';
import { Live } from './testing/live.ts';

const folder = mkdtempSync(join(tmpdir(), 'sonde-waits-'));
const object = join(folder, 'profile.bpf.o');
const program = join(folder, 'wait');
const bpf = new URL('../../bpf', import.meta.url).pathname;
beforeAll(() => {
  execFileSync('sh', [join(bpf, 'build.sh'), folder]);
  execFileSync('gcc', ['-O2', '-pthread', '-o', program, join(bpf, 'test/wait.c')]);
});
afterAll(() => rmSync(folder, { recursive: true }));

type Child = ChildProcessByStdio<Writable, Readable, null>;

/** Starts it; it waits for nothing but a byte until its functions are known. */
async function started(live: Live, seconds: number, kinds: readonly string[]): Promise<Child> {
  const args = [join(folder, 'data'), String(seconds), ...kinds];
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  live.look_at(child.pid!);
  const busy = setInterval(() => child.stdin.write('.'), 20);
  await live.knows(child.pid!);
  clearInterval(busy);
  return child;
}

/** What it says each kind took, us. */
async function run(child: Child): Promise<Map<string, number>> {
  const truth = new Map<string, number>();
  const lines = createInterface(child.stdout);
  lines.on('line', (line) => {
    const [kind = '', us = ''] = line.split(' ');
    truth.set(kind, (truth.get(kind) ?? 0) + Number(us));
  });
  child.stdin.write('\n');
  await once(lines, 'close');
  return truth;
}

const below = (rows: readonly Collected[], name: string): Collected[] =>
  rows.filter((row) => row.frames.some((frame) => frame.name === name));
const sum = (rows: readonly Collected[]): number => rows.reduce((total, row) => total + row.value, 0);

const whole = (rows: readonly Collected[]): number =>
  sum(rows.filter((row) => /^(_start|__clone3?|clone3?)$/.test(row.frames[0]?.name ?? ''))) / sum(rows);
const of = (rows: readonly Collected[], event: string): Collected[] => rows.filter((row) => row.event === event);

it.each([
  ['time, a lock and a socket', ['sleep', 'lock', 'socket']],
  ['a disk, to read from it', ['read']],
  ['a disk, to have written to it', ['sync']],
])('waits for %s: their sums, the functions that waited, whole stacks', async (_, kinds) => {
  const live = new Live(object, { profile_off_cpu: true }, true);
  const child = await started(live, 2, kinds);
  const truth = await run(child);
  const rows = live.stop([child.pid!]);
  for (const kind of kinds) {
    const own = below(rows, `do_${kind}`);
    const error = sum(own) / truth.get(kind)! - 1;
    expect(Math.abs(error), `${kind}: ${sum(own)} us, itself ${truth.get(kind)}`).toBeLessThan(0.02);
    // What a thread that waits is kept from running by others is small here, and told apart.
    expect(sum(of(own, 'off-cpu')) / sum(own), kind).toBeGreaterThan(0.9);
    expect(new Set(own.map((row) => row.frames.at(-1)?.name))).toEqual(new Set(['__schedule']));
  }
  expect(whole(rows)).toBeGreaterThan(0.99);
});

const taken = (live: Live): number =>
  live.profile
    .measured()
    .get('profile_samples')!
    .reduce((a, b) => a + b);

it('thousands of short waits a second: few samples, and still the sums and shares', async () => {
  const live = new Live(object, { profile_off_cpu: true }, true);
  const child = await started(live, 2, Array(4).fill('short+long'));
  const before = taken(live);
  const truth = await run(child);
  // 32 each 134 ms and CPU, and some until the pace is found.
  const samples_max = (2 * 32 * 1.5 * availableParallelism()) / 0.134 + 300;
  expect(taken(live) - before).toBeLessThan(samples_max);
  const rows = live.stop([child.pid!]);
  const [short, long] = [sum(below(rows, 'do_short')), sum(below(rows, 'do_long'))];
  const [true_short, true_long] = [truth.get('short')!, truth.get('long')!];
  // Some 16,000 waits: a microsecond or two of each, around the switch, the program counts as its own.
  expect(Math.abs((short + long) / (true_short + true_long) - 1)).toBeLessThan(0.04);
  expect(Math.abs(short / (short + long) - true_short / (true_short + true_long))).toBeLessThan(0.05);
});

it('threads that would run are on the run queue; waits below the minimum are not looked at', async () => {
  const live = new Live(object, { profile_off_cpu: true, profile_off_cpu_min_us: 500 }, true);
  const child = await started(live, 1.5, ['spin', 'spin']);
  execFileSync('taskset', ['-a', '-p', '-c', '0', String(child.pid)], { stdio: 'ignore' });
  const truth = await run(child);
  const rows = live.stop([child.pid!]);
  const spun = below(rows, 'do_spin').filter((row) => row.tid !== child.pid);
  const queued = of(spun, 'run-queue');
  expect(Math.abs(sum(queued) / truth.get('spin')! - 1)).toBeLessThan(0.1);
  expect(sum(queued) / sum(spun)).toBeGreaterThan(0.95);
  expect(whole(queued)).toBeGreaterThan(0.99);
  expect(Math.min(...rows.map((row) => row.value))).toBeGreaterThanOrEqual(500);
});

it('what went on while nobody looked is not counted', async () => {
  const live = new Live(object, { profile_off_cpu: true }, true);
  const child = await started(live, 0.1, []);
  live.profile.configure(DEFAULT_SETTINGS);
  // It comes back from its wait, runs and waits anew.
  child.stdin.write('.');
  await sleep(1100);
  const again_s = Number(process.hrtime.bigint() / 1_000_000_000n);
  live.profile.configure({ ...DEFAULT_SETTINGS, profile_off_cpu: true });
  child.stdin.write('.');
  await run(child);
  const rows = live.stop([child.pid!]).filter((row) => row.second >= again_s && row.tid === child.pid);
  expect(sum(of(rows, 'off-cpu'))).toBeLessThan(500_000);
});
