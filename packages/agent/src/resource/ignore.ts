// Processes that settings say not to observe.
import { readdirSync } from 'node:fs';
import { base_name } from './title.ts';
import type { Process, Processes } from './processes.ts';

/** `pattern` is an executable's name, or a part of the command line. */
export function is_ignored(process: Process, patterns: readonly string[]): boolean {
  if (patterns.length === 0) return false;
  const line = process.args?.join(' ') ?? process.comm;
  return patterns.some(
    (pattern) =>
      pattern !== '' &&
      (base_name(process.executable) === pattern || process.comm === pattern || line.includes(pattern)),
  );
}

/** Pids running now that match. */
export function ignored_now(processes: Processes, patterns: readonly string[], proc: string): number[] {
  const pids = readdirSync(proc).flatMap((name) => (/^\d+$/.test(name) ? [Number(name)] : []));
  return pids.filter((pid) => {
    const process = processes.known(pid);
    return process !== undefined && (is_ignored(process, patterns) || processes.matched(pid).ignore);
  });
}
