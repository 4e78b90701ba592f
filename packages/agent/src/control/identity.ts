// Who this agent is, and who it was when it was last alive.
import { randomUUID } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Stable for the data folder: made at the first start. */
export function agent_id(data: string): string {
  mkdirSync(data, { recursive: true, mode: 0o700 });
  const file = join(data, 'agent-id');
  const known = read(file).trim();
  if (/^[0-9a-f-]{36}$/.test(known)) return known;
  const id = randomUUID();
  write(file, `${id}\n`);
  return id;
}

export interface Heartbeat {
  readonly boot: string;
  /** Epoch ms when the host was last watched. */
  readonly last_ms: number;
  /** Whether it ended in order. */
  readonly stopped: boolean;
}

/** A file that says when somebody last watched: what is between it and the next start, nobody has seen. */
export class HeartbeatFile {
  private readonly file: string;

  constructor(data: string) {
    this.file = join(data, 'heartbeat.json');
  }

  read(): Heartbeat | undefined {
    try {
      const value = JSON.parse(read(this.file)) as Heartbeat;
      return typeof value.last_ms === 'number' && value.last_ms > 0 ? value : undefined;
    } catch {
      return undefined;
    }
  }

  beat(boot: string, last_ms: number, stopped: boolean): void {
    try {
      write(this.file, JSON.stringify({ boot, last_ms, stopped } satisfies Heartbeat));
    } catch {
      // A full disk must not end the agent; the gap told later is longer then.
    }
  }
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

function write(file: string, text: string): void {
  writeFileSync(`${file}.new`, text, { mode: 0o600 });
  renameSync(`${file}.new`, file);
}
