// What processes take of the host, as /proc tells it.
import { readdirSync, readFileSync } from 'node:fs';

/** Clock ticks a second in /proc/PID/stat: fixed to 100 for user space on Linux. */
const TICKS = 100;

/** A process with its threads and children. */
const tree = (pid: number): number[] => {
  const children = readdirSync(`/proc/${pid}/task`).flatMap((tid) =>
    readFileSync(`/proc/${pid}/task/${tid}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number),
  );
  return [pid, ...children.flatMap(tree)];
};

export const pss_mb = (pid: number): number =>
  tree(pid).reduce((sum, one) => {
    const match = /^Pss:\s+(\d+) kB/m.exec(readFileSync(`/proc/${one}/smaps_rollup`, 'utf8'));
    return sum + Number(match?.[1] ?? 0) / 1024;
  }, 0);

export const cpu_s = (pid: number): number =>
  tree(pid).reduce((sum, one) => {
    const stat = readFileSync(`/proc/${one}/stat`, 'latin1');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return sum + (Number(fields[11]) + Number(fields[12])) / TICKS;
  }, 0);

/** ns and runs of a process's eBPF programs of a type, while kernel.bpf_stats_enabled is on. */
export const program_cost = (pid: number, type: number): { ns: number; runs: number } => {
  const cost = { ns: 0, runs: 0 };
  for (const fd of readdirSync(`/proc/${pid}/fdinfo`)) {
    const info = readFileSync(`/proc/${pid}/fdinfo/${fd}`, 'latin1');
    const field = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(info)?.[1] ?? 0);
    if (field('prog_type') !== type || !info.includes('prog_jited')) continue;
    cost.ns += field('run_time_ns');
    cost.runs += field('run_cnt');
  }
  return cost;
};
