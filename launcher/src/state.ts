// What runs on a data folder: <data>/launcher.json, written by `up`, read by `status`, `down` and a second `up`.
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A process, told apart from a later one of the same number by its start time. */
export interface Running {
  readonly pid: number;
  /** Clock ticks after boot, field 22 of /proc/PID/stat. */
  readonly started: string;
}

export interface State {
  readonly launcher: Running;
  readonly url: string;
  /** By role: server, agent, demo parts. In the order in which they must be stopped. */
  readonly children: readonly { readonly role: string; readonly process: Running }[];
}

const file = (data: string): string => join(data, 'launcher.json');

const start_of = (pid: number): string | undefined => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The name (field 2) may hold anything, so count from its closing bracket. A zombie no longer runs.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? undefined : fields[19];
  } catch {
    return undefined;
  }
};

export const running = (pid: number): Running => ({ pid, started: start_of(pid) ?? '' });

export const is_alive = (process: Running): boolean => {
  const started = start_of(process.pid);
  return started !== undefined && started === process.started;
};

export const read_state = (data: string): State | undefined => {
  try {
    return JSON.parse(readFileSync(file(data), 'utf8')) as State;
  } catch {
    return undefined;
  }
};

/** Replaced whole, so that a reader never sees half of it. Throws when the folder cannot be written. */
export const write_state = (data: string, state: State): void => {
  mkdirSync(data, { recursive: true });
  const next = `${file(data)}.${process.pid}`;
  writeFileSync(next, JSON.stringify(state), { mode: 0o600 });
  renameSync(next, file(data));
};

export const remove_state = (data: string): void => rmSync(file(data), { force: true });
