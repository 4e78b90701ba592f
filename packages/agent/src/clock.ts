// Monotonic moments (the kernel's CLOCK_MONOTONIC, ns) to wall time. The offset between both clocks is measured again
// every second; when the wall clock was stepped, rows made from then on use the new one and earlier rows stay.

/** Date.now() counts whole ms, so a measured offset is short by up to 1 ms; smaller changes are taken as that. */
const JITTER_NS = 3e6;
/** Above this a change is a step, not drift: windows kept by wall time must be closed. */
const STEP_NS = 500e6;

export interface ClockSource {
  wall_ms(): number;
  monotonic_ns(): number;
}
export const SYSTEM_CLOCK: ClockSource = {
  wall_ms: () => Date.now(),
  monotonic_ns: () => Number(process.hrtime.bigint()),
};

export class Clock {
  private readonly source: ClockSource;
  private offset_ns: number;

  constructor(source: ClockSource = SYSTEM_CLOCK) {
    this.source = source;
    this.offset_ns = this.measure();
  }

  now_ns(): number {
    return this.source.monotonic_ns();
  }

  /** Microseconds since the epoch. */
  wall_us(moment_ns: number): number {
    return Math.round((moment_ns + this.offset_ns) / 1000);
  }

  /** Whole seconds since the epoch. */
  wall_s(moment_ns: number): number {
    return Math.floor((moment_ns + this.offset_ns) / 1e9);
  }

  /** Call about once a second. True when the wall clock was stepped since the last call. */
  adjust(): boolean {
    const offset_ns = this.measure();
    const change_ns = Math.abs(offset_ns - this.offset_ns);
    // Within jitter the largest offset seen is the truest: Date.now() only ever reads low.
    if (change_ns > JITTER_NS || offset_ns > this.offset_ns) this.offset_ns = offset_ns;
    return change_ns > STEP_NS;
  }

  private measure(): number {
    let best = Number.NEGATIVE_INFINITY;
    for (let i = 0; i < 16; i++) {
      const before = this.source.monotonic_ns();
      best = Math.max(best, this.source.wall_ms() * 1e6 - before);
    }
    return best;
  }
}
