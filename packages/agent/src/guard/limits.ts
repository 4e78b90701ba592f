// The agent must not hurt the host it watches: above its memory limit it stops parsing until it is well below again.
import { readFileSync } from 'node:fs';

/** Share of the limit below which parsing goes on. */
const RELEASE = 0.85;

/**
 * Bytes of memory that are the agent's own, of /proc/self/status. The kernel's ring is mapped into the agent, but has its size
 * whether it is looked at or not: its pages would count one by one as they are first read.
 */
function own_bytes(): number {
  return Number(/^RssAnon:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? 0) * 1024;
}

export class MemoryGuard {
  private readonly bytes_max: number;
  private readonly used: () => number;
  /** True: nothing is parsed, events are counted and dropped. */
  closed = false;

  constructor(bytes_max: number, used: () => number = own_bytes) {
    this.bytes_max = bytes_max;
    this.used = used;
  }

  /** Call every second or so. */
  check(): void {
    const bytes = this.used();
    if (bytes > this.bytes_max) this.closed = true;
    else if (bytes < this.bytes_max * RELEASE) this.closed = false;
  }

  get problem(): string {
    if (!this.closed) return '';
    return `the agent uses more than its ${Math.round(this.bytes_max / 1e6)} MB: nothing is parsed until it is below again (--memory-bytes)`;
  }
}
