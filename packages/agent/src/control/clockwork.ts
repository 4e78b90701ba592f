// What happens when: the ring is looked at as often as needed, rows are written four times a second, the guard and the
// heartbeat come every second, reports every five.

/** Events a look takes at most before others get a turn. */
const LOOK_EVENTS = 8192;
/** Also the throttle's bucket. */
const TICK_MS = 250;
const SECOND_MS = 1000;
const REPORT_MS = 5000;

export interface Works {
  drain(limit: number): number;
  tick(): void;
  second(): void;
  report(): void;
  /** ms to wait after `events` took `busy_ms`. */
  pace(events: number, busy_ms: number, more: boolean): number;
}

export class Clockwork {
  private readonly works: Works;
  private timer: NodeJS.Timeout | undefined;
  private stopped = false;
  private tick_at = 0;
  private second_at = 0;
  private report_at = 0;

  constructor(works: Works) {
    this.works = works;
  }

  start(): void {
    this.report_at = performance.now() + REPORT_MS;
    this.round();
  }

  /** After it nothing more happens. */
  stop(): void {
    this.stopped = true;
    clearTimeout(this.timer);
  }

  private round(): void {
    if (this.stopped) return;
    const begin = performance.now();
    const events = this.works.drain(LOOK_EVENTS);
    const busy_ms = performance.now() - begin;
    if (begin >= this.tick_at) {
      this.tick_at = begin + TICK_MS;
      this.works.tick();
    }
    if (begin >= this.second_at) {
      this.second_at = begin + SECOND_MS;
      this.works.second();
    }
    if (begin >= this.report_at) {
      this.report_at = begin + REPORT_MS;
      this.works.report();
    }
    const wait_ms = this.works.pace(events, busy_ms, events >= LOOK_EVENTS);
    // A timer of 0 still lets sockets and files have their turn.
    this.timer = setTimeout(() => this.round(), wait_ms);
  }
}
