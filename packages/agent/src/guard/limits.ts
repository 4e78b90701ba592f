// The agent must not hurt the host it watches: above its memory limit it stops parsing until it is well below again.

/** Share of the limit below which parsing goes on. */
const RELEASE = 0.85;

export class MemoryGuard {
  private readonly bytes_max: number;
  private readonly rss: () => number;
  /** True: nothing is parsed, events are counted and dropped. */
  closed = false;

  constructor(bytes_max: number, rss: () => number = () => process.memoryUsage.rss()) {
    this.bytes_max = bytes_max;
    this.rss = rss;
  }

  /** Call every second or so. */
  check(): void {
    const bytes = this.rss();
    if (bytes > this.bytes_max) this.closed = true;
    else if (bytes < this.bytes_max * RELEASE) this.closed = false;
  }

  get problem(): string {
    if (!this.closed) return '';
    return `the agent uses more than its ${Math.round(this.bytes_max / 1e6)} MB: nothing is parsed until it is below again (--memory-bytes)`;
  }
}
