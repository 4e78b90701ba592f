// What profiling takes of the host: 20 processes that work all the time, with and without, in turns. What a tick takes shows
// in the work that a CPU-second of theirs does, whoever else runs on the machine; the agent's own CPU is added.
import { type ChildProcessByStdio, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { Stack } from '../../e2e/lib/stack.ts';
import { cpu_s, program_cost, pss_mb } from '../lib/host.ts';
import { print_goal, print_runs } from '../lib/report.ts';

const HZ = 99;
const PROCESSES = 20;
const PAIRS = Number(process.env.SONDE_BENCH_ROUNDS ?? 16);
const TURN_MS = 3000;
const BINARIES = 200;
const PROGRAM_PERF_EVENT = 7;
const STATS = '/proc/sys/kernel/bpf_stats_enabled';

class Busy {
  private readonly child: ChildProcessByStdio<Writable, Readable, null>;
  private readonly lines;

  constructor(program: string, load: string) {
    this.child = spawn(program, [String(PROCESSES), load], { stdio: ['pipe', 'pipe', 'inherit'] });
    this.lines = createInterface(this.child.stdout);
  }
  async done(): Promise<[units: number, ns: number]> {
    const line = once(this.lines, 'line');
    this.child.stdin.write('\n');
    const [units = 0, ns = 0] = String((await line)[0]).split(' ').map(Number);
    return [units, ns];
  }
  /** Units a CPU-second over one turn. */
  async turn(): Promise<number> {
    const [units, ns] = await this.done();
    await sleep(TURN_MS);
    const [more, later] = await this.done();
    return ((more - units) / (later - ns)) * 1e9;
  }
  async stop(): Promise<void> {
    this.child.kill('SIGKILL');
    await once(this.child, 'exit');
  }
}

/** Mean and half of its 95 % confidence interval (normal). */
function interval(values: readonly number[]): { mean: number; half: number } {
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  const variance = values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / (values.length - 1);
  return { mean, half: 1.96 * Math.sqrt(variance / values.length) };
}

const stack = new Stack();
const agent = (): number => stack.agent?.pid ?? 0;

async function cost_of(program: string, load: string): Promise<void> {
  const busy = new Busy(program, load);
  const lost: number[] = [];
  const own: Record<'on' | 'off', number[]> = { on: [], off: [] };
  const turn = async (on: boolean): Promise<number> => {
    await stack.settings({ profile_hz: on ? HZ : 0 });
    await sleep(500);
    const [cpu, begin] = [cpu_s(agent()), performance.now()];
    const units = await busy.turn();
    own[on ? 'on' : 'off'].push(((cpu_s(agent()) - cpu) / ((performance.now() - begin) / 1e3)) * 1e3);
    return units;
  };
  await turn(true);
  for (let i = 0; i < PAIRS; i++) {
    const first = await turn(i % 2 === 0);
    const second = await turn(i % 2 !== 0);
    const [on, off] = i % 2 === 0 ? [first, second] : [second, first];
    lost.push((1 - on / off) * 100);
  }
  own.on.shift();
  own.off = own.off.slice(0, PAIRS);
  const cpus = availableParallelism();
  // What the kernel itself says of the same, in a turn of its own: counting costs as well.
  writeFileSync(STATS, '1');
  await stack.settings({ profile_hz: HZ });
  const [before, begin] = [program_cost(agent(), PROGRAM_PERF_EVENT), performance.now()];
  await busy.turn();
  const after = program_cost(agent(), PROGRAM_PERF_EVENT);
  writeFileSync(STATS, '0');
  const [ns, runs] = [after.ns - before.ns, after.runs - before.runs];
  const in_kernel = (ns / ((performance.now() - begin) * 1e6) / cpus) * 100;
  await busy.stop();
  print_runs(`${load}: work lost, pair by pair`, '%', lost, 2);
  print_runs(`${load}: agent with`, 'ms/s', own.on, 1);
  print_runs(`${load}: agent without`, 'ms/s', own.off, 1);
  const [on, off, work] = [interval(own.on), interval(own.off), interval(lost)];
  const agent_percent = (on.mean - off.mean) / 10 / cpus;
  const agent_half = Math.hypot(on.half, off.half) / 10 / cpus;
  process.stdout.write(
    `  a sample takes ${(ns / runs / 1e3).toFixed(1)} us in the kernel (${runs} of them), ${in_kernel.toFixed(2)} % of the host; the agent ${agent_percent.toFixed(2)} % +- ${agent_half.toFixed(2)}\n`,
  );
  // Met is what is below the goal with its whole interval: noise meets nothing.
  const print = (how: string, percent: number, half: number): void =>
    print_goal({
      text: `${load}: ${how} ${percent.toFixed(2)} % +- ${half.toFixed(2)} (95 %) of the host at ${HZ} Hz with ${PROCESSES} busy processes, goal 0.5 %`,
      met: percent + half < 0.5,
    });
  print('the kernel program and the agent take', in_kernel + agent_percent, agent_half);
  print('work lost, and the agent', work.mean + agent_percent, Math.hypot(work.half, agent_half));
}

/** Many programs, each a file of its own with many functions. */
async function memory_of(): Promise<void> {
  const source = join(stack.folder, 'many.c');
  const functions = Array.from(
    { length: 5000 },
    (_, i) => `__attribute__((noipa)) void some_function_${i}(int n) { volatile char room[${16 + (i % 97)}]; room[n & 7] = n; }`,
  );
  const main = `#include <time.h>\nint main(void) { while (clock() < CLOCKS_PER_SEC / 10) some_function_7(3); return 0; }`;
  writeFileSync(source, `${functions.join('\n')}\n${main}\n`);
  execFileSync('gcc', ['-O1', '-o', join(stack.folder, 'many'), source]);
  await stack.settings({ profile_hz: 0 });
  const before = pss_mb(agent());
  await stack.settings({ profile_hz: HZ });
  for (let i = 0; i < BINARIES; i++) {
    const copy = join(stack.folder, `many-${i}`);
    copyFileSync(join(stack.folder, 'many'), copy);
    execFileSync('chmod', ['+x', copy]);
    execFileSync(copy);
  }
  await sleep(3000);
  const more = pss_mb(agent()) - before;
  print_goal({
    text: `the agent holds ${more.toFixed(0)} MB more after ${BINARIES} programs of 5,000 functions, goal 150 MB`,
    met: more < 150,
  });
}

async function row_bytes(): Promise<void> {
  const tables = (await stack.status())?.store.tables ?? [];
  const { rows, bytes } = tables.find(({ table }) => table === 'in_process') ?? { rows: 0, bytes: 0 };
  const each = bytes / rows;
  print_goal({ text: `a row takes ${each.toFixed(1)} bytes on disk (${rows} rows), goal 12; DeepFlow 35.5`, met: each <= 12 });
}

try {
  const program = join(stack.folder, 'busy');
  execFileSync('gcc', ['-O2', '-o', program, join(import.meta.dirname, 'busy.c')]);
  await stack.start();
  for (const load of ['cpu', 'calls']) await cost_of(program, load);
  await row_bytes();
  await memory_of();
} finally {
  await stack.stop();
  stack.remove();
}
