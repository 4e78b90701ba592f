// The whole stack at rest: memory as PSS (shared pages counted once) and CPU, over a minute in which nothing happens.
import { setTimeout as sleep } from 'node:timers/promises';
import { Stack } from '../e2e/lib/stack.ts';
import { cpu_s, pss_mb } from './lib/host.ts';
import { median, print_goal, print_runs } from './lib/report.ts';

const SETTLE_S = 20;
const RUNS = 3;
const RUN_S = 20;

const stack = new Stack();
try {
  await stack.start();
  await sleep(SETTLE_S * 1000);
  const parts = { server: stack.server?.pid ?? 0, agent: stack.agent?.pid ?? 0 };
  const memory: Record<string, number[]> = { server: [], agent: [] };
  const cpu: Record<string, number[]> = { server: [], agent: [] };
  for (let run = 0; run < RUNS; run++) {
    const before = Object.fromEntries(Object.entries(parts).map(([name, pid]) => [name, cpu_s(pid)]));
    await sleep(RUN_S * 1000);
    for (const [name, pid] of Object.entries(parts)) {
      memory[name]!.push(pss_mb(pid));
      cpu[name]!.push(((cpu_s(pid) - before[name]!) / RUN_S) * 100);
    }
  }
  const sum = (of: Record<string, number[]>): number[] => of.server!.map((value, i) => value + of.agent![i]!);
  for (const name of Object.keys(parts)) print_runs(`${name}, PSS`, 'MB', memory[name]!);
  print_runs('together, PSS', 'MB', sum(memory));
  for (const name of Object.keys(parts)) print_runs(`${name}, CPU`, '% of a core', cpu[name]!, 2);
  print_runs('together, CPU', '% of a core', sum(cpu), 2);
  const [memory_mb, cpu_percent] = [median(sum(memory)), median(sum(cpu))];
  print_goal({ text: `at rest ${memory_mb.toFixed(0)} MB PSS, goal 450 MB`, met: memory_mb <= 450 });
  print_goal({ text: `at rest ${cpu_percent.toFixed(2)} % of a core, goal 2 %`, met: cpu_percent <= 2 });
} finally {
  await stack.stop();
  stack.remove();
}
