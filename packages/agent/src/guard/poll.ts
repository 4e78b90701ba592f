// How long to wait before the ring is looked at again. Each look costs some 25 us: 2.3 % of a core every 5 ms, 0.24 % every
// 50 ms (design). So: seldom when little comes, often enough that a batch stays small and the ring far from full.

const WAIT_MS_MIN = 1;
const WAIT_MS_MAX = 50;
/** Events a look should find. */
const BATCH = 1000;

export class PollPace {
  private readonly cpu_share_max: number;
  private wait_ms = 10;

  constructor(cpu_share_max: number) {
    this.cpu_share_max = cpu_share_max;
  }

  /** `events` were found and took `busy_ms` to work off; `more` = the look ended at its limit. */
  next(events: number, busy_ms: number, more: boolean): number {
    if (more || events > BATCH * 2) this.wait_ms = Math.max(WAIT_MS_MIN, this.wait_ms / 2);
    else if (events < BATCH / 2) this.wait_ms = Math.min(WAIT_MS_MAX, this.wait_ms * 1.25);
    // The rest of each round belongs to others when only a share of the core may be used; what then does not fit into the
    // ring is dropped and counted in the kernel.
    const rest_ms = busy_ms * (1 / this.cpu_share_max - 1);
    return Math.max(more ? 0 : this.wait_ms, rest_ms);
  }
}
