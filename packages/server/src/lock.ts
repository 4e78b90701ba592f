// One server a data folder: a lock file with the process' id and start time, so that a reused id is not mistaken for it.
import { closeSync, mkdirSync, openSync, readFileSync, rmSync, unlinkSync, writeSync } from 'node:fs';
import { join } from 'node:path';

/** The folder belongs to another running server: one sentence, exit code 1. */
export class LockedError extends Error {}

/** Start time of a process in clock ticks since boot (proc_pid_stat(5), field 22); '' when it does not run. */
function start_time(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  } catch {
    return '';
  }
}

/** Takes the folder's lock, also a stale one's. Returns the function that gives it back; a second call is harmless. */
export function lock_folder(data: string): () => void {
  mkdirSync(data, { recursive: true, mode: 0o700 });
  const path = join(data, 'server.lock');
  for (let attempt = 0; attempt < 3; attempt++) {
    try {
      const file = openSync(path, 'wx', 0o600);
      writeSync(file, `${process.pid} ${start_time(process.pid)}\n`);
      closeSync(file);
      return () => rmSync(path, { force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const [pid = '', started = ''] = read(path).trim().split(' ');
    if (started !== '' && start_time(Number(pid)) === started) {
      throw new LockedError(`The data folder ${data} is in use by the server with process id ${pid}.`);
    }
    try {
      unlinkSync(path);
    } catch {
      // Another one takes over at the same moment; the next attempt sees whose it is.
    }
  }
  throw new LockedError(`The data folder ${data} is being taken by another server.`);
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
