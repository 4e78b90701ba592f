// The live kernel: what is sampled of programs whose work is known.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { DEFAULT_SETTINGS } from '@sonde/records';
import { type Collected, shares } from './testing/collected.ts';
import { Live } from './testing/live.ts';

const folder = mkdtempSync(join(tmpdir(), 'sonde-profile-'));
const object = join(folder, 'profile.bpf.o');
const bpf = new URL('../../bpf', import.meta.url).pathname;
beforeAll(() => {
  execFileSync('sh', [join(bpf, 'build.sh'), folder]);
});
afterAll(() => rmSync(folder, { recursive: true }));

const cc = (compiler: string, name: string, ...flags: string[]): string => {
  const program = join(folder, name);
  execFileSync(compiler, ['-o', program, join(bpf, 'test/work.c'), ...flags]);
  return program;
};

/** Share of samples of perf that have the function on their stack. */
function perf_shares(script: string, names: readonly string[]): Map<string, number> {
  const samples = script.split('\n\n').filter((sample) => sample.trim() !== '');
  const has = (sample: string, name: string): boolean => new RegExp(`^\\s+[0-9a-f]+ ${name}\\+`, 'm').test(sample);
  return new Map(names.map((name) => [name, samples.filter((sample) => has(sample, name)).length / samples.length]));
}

/** Samples of a running program by us and by perf at once. */
async function beside_perf(program: string, call_graph: string): Promise<{ rows: Collected[]; script: string }> {
  const child = spawn(program, ['60'], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  const live = new Live(object, { profile_hz: 499 });
  await live.knows(child.pid!);
  const data = join(folder, 'perf.data');
  const options = ['-q', '-e', 'cpu-clock', '-F', '299', '--call-graph', call_graph, '-o', data];
  const perf = spawn('perf', ['record', ...options, '-p', String(child.pid), '--', 'sleep', '3'], { stdio: 'ignore' });
  await once(perf, 'exit');
  child.kill('SIGKILL');
  await once(child, 'exit');
  const rows = live.stop([child.pid!]);
  const script = execFileSync('perf', ['script', '--no-inline', '-i', data, '-F', 'ip,sym,symoff'], {
    encoding: 'latin1',
    maxBuffer: 1 << 30,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  return { rows, script };
}

const whole = (rows: readonly Collected[], first: RegExp): number =>
  rows.reduce((sum, row) => sum + (first.test(row.frames[0]?.name ?? '') ? row.value : 0), 0) / shares(rows).sum;

const NAMES = ['hot', 'warm', 'outer', 'by_callback', 'main'];

it.each([
  ['without frame pointers', '-fomit-frame-pointer', 'dwarf,4096'],
  ['with frame pointers', '-fno-omit-frame-pointer', 'dwarf,4096'],
])('a program %s: whole stacks, and the shares that perf sees', async (_how, flag, call_graph) => {
  const { rows, script } = await beside_perf(cc('gcc', `work${flag}`, '-O2', flag), call_graph);
  const { total } = shares(rows);
  const theirs = perf_shares(script, NAMES);
  for (const name of NAMES)
    expect(
      Math.abs(total.get(name)! - theirs.get(name)!),
      `${name}: ${total.get(name)}, perf ${theirs.get(name)}`,
    ).toBeLessThan(0.03);
  expect(Math.abs(total.get('hot')! / (total.get('hot')! + total.get('warm')!) - 0.7)).toBeLessThan(0.03);
  expect(whole(rows, /^_start$/)).toBeGreaterThan(0.99);
});

it('a C++ program that throws, in a thread, under a signal handler: whole stacks to the thread’s start', async () => {
  const program = join(folder, 'threads');
  execFileSync('g++', ['-O2', '-pthread', '-o', program, join(bpf, 'test/threads.cpp')]);
  const child = spawn(program, ['60'], { stdio: 'ignore' });
  const live = new Live(object, { profile_hz: 499 });
  await live.knows(child.pid!);
  await sleep(2000);
  child.kill('SIGKILL');
  await once(child, 'exit');
  const rows = live.stop([child.pid!]);
  const workers = rows.filter((row) => row.thread === 'worker');
  expect(shares(workers).total.get('burn') ?? 0).toBeGreaterThan(0.9);
  const worker_ends = new Set(workers.map((row) => row.frames[0]?.name));
  expect(whole(workers, /clone3?$/), [...worker_ends].join()).toBeGreaterThan(0.99);
  const in_handler = rows.filter((row) => row.frames.some((frame) => frame.name === 'on_signal'));
  expect(in_handler.length).toBeGreaterThan(0);
  // Some hundred samples: two or three taken while the kernel was just setting the handler's frame up are a percent or two.
  expect(whole(in_handler, /^_start$/)).toBeGreaterThan(0.95);
});

it('processes of a tenth of a second, and programs replaced while they run, have their own names', async () => {
  const one = cc('gcc', 'short', '-O2', '-Dgrind=grind_one');
  const two = cc('gcc', 'short-two', '-O2', '-Dgrind=grind_two');
  const live = new Live(object, { profile_hz: 499 });
  const script = `for i in 1 2 3 4 5 6; do ${one} 0.1 >/dev/null; cp ${two} ${one}.new; mv ${one}.new ${one}; ${one} 0.1 > /dev/null; cp ${folder}/keep ${one}.new; mv ${one}.new ${one}; done`;
  execFileSync('cp', [one, join(folder, 'keep')]);
  const shell = spawn('sh', ['-c', `echo; ${script}`], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(shell, 'exit');
  const rows = live.stop_all().filter((row) => row.thread === 'short');
  const of = (name: string): Set<number> =>
    new Set(rows.filter((r) => r.frames.some((f) => f.name === name)).map((r) => r.pid));
  const [first, second] = [of('grind_one'), of('grind_two')];
  expect(first.size).toBeGreaterThan(2);
  expect(second.size).toBeGreaterThan(2);
  // Each process ran one of the two programs.
  expect([...first].filter((pid) => second.has(pid))).toEqual([]);
});

it('stops when told, while it runs', async () => {
  const live = new Live(object, { profile_hz: 499 });
  live.profile.configure({ ...DEFAULT_SETTINGS, profile_hz: 0 });
  live.profile.drain();
  const before = live.profile
    .measured()
    .get('profile_samples')!
    .reduce((a, b) => a + b);
  await once(spawn(cc('gcc', 'quiet', '-O2'), ['0.5'], { stdio: 'ignore' }), 'exit');
  expect(
    live.profile
      .measured()
      .get('profile_samples')!
      .reduce((a, b) => a + b),
  ).toBe(before);
  live.stop([]);
});
