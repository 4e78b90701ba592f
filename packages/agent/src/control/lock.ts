// One agent a data folder: two would send each other's spool and be taken for one.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export class FolderLock {
  private readonly file: string;

  /** Throws a sentence when another agent holds the folder. The lock of one that is gone is taken over. */
  constructor(data: string) {
    mkdirSync(data, { recursive: true, mode: 0o700 });
    this.file = join(data, 'agent.lock');
    if (this.take()) return;
    const holder = Number(read(this.file));
    if (is_agent(holder)) throw new Error(`an agent with process id ${holder} already uses ${data}`);
    rmSync(this.file, { force: true });
    if (!this.take()) throw new Error(`another agent has just begun to use ${data}`);
  }

  release(): void {
    rmSync(this.file, { force: true });
  }

  private take(): boolean {
    try {
      writeFileSync(this.file, `${process.pid}\n`, { flag: 'wx', mode: 0o600 });
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
      throw error;
    }
  }
}

/** Whether a process with this id lives that is not this one; another program may have got the id of a dead agent. */
function is_agent(pid: number): boolean {
  if (!(pid > 0) || pid === process.pid) return false;
  const line = read(`/proc/${pid}/cmdline`);
  return line.includes('agent');
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
