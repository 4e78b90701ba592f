// Batches that wait for the server's acknowledgement. While the server answers they stay in memory; when it does not, all go
// to the spool, are read from there oldest first, and nothing is in memory but the one on its way. A batch is never sent by two
// ways at once, and a batch sent twice is recognised by the server: exactly once, as long as the spool holds.
import type { Answer } from './post.ts';
import type { Spool } from './spool.ts';

const MEMORY_BYTES_MAX = 32 * 1024 * 1024;
const BACKOFF_MS_MIN = 200;
const BACKOFF_MS_MAX = 5000;

export type Deliver = (frame: Uint8Array) => Promise<Answer>;

export class Outbox {
  private readonly spool: Spool;
  private readonly deliver: Deliver;
  /** `since_ms` is of the monotonic clock: the time of day may be set meanwhile. */
  private queue: { readonly frame: Buffer; readonly since_ms: number }[] = [];
  private queue_bytes = 0;
  private on_the_way: Buffer | undefined;
  private from_spool = false;
  private running: Promise<void> | undefined;
  private stopping = false;
  private wake: (() => void) | undefined;
  private backoff_ms = 0;
  /** Batches wait so long before they are sent, so that the server knows by then who is at the far ends. The spool's have waited. */
  hold_ms = 0;
  /** Why the last batch was not taken, '' when it was. */
  problem = '';
  readonly counts = { batches: 0, rows: 0, bytes: 0, acknowledged: 0, refused: 0, retries: 0, spooled: 0 };

  constructor(spool: Spool, deliver: Deliver) {
    this.spool = spool;
    this.deliver = deliver;
  }

  get waiting_bytes(): number {
    return this.queue_bytes + this.spool.bytes + (this.on_the_way?.length ?? 0);
  }

  get spool_dropped(): number {
    return this.spool.dropped;
  }

  /** Begins to send what an earlier run left behind. */
  start(): void {
    if (!this.spool.empty) this.run();
  }

  push(frame: Buffer, rows: number): void {
    this.counts.batches++;
    this.counts.rows += rows;
    this.counts.bytes += frame.length;
    this.queue.push({ frame, since_ms: performance.now() });
    this.queue_bytes += frame.length;
    if (!this.spool.empty || this.queue_bytes > MEMORY_BYTES_MAX || this.stopping) this.spill();
    if (!this.stopping) this.run();
  }

  /** Tries to get everything acknowledged for so long, then leaves the rest to the spool. */
  async stop(patience_ms: number): Promise<void> {
    const deadline = performance.now() + patience_ms;
    this.hold_ms = 0;
    this.wake?.();
    while (this.running !== undefined && performance.now() < deadline && this.problem === '') {
      await Promise.race([this.running, new Promise((resolve) => setTimeout(resolve, 20))]);
    }
    this.stopping = true;
    this.wake?.();
    // The batch on its way may or may not have arrived: kept, the server tells.
    if (this.on_the_way !== undefined && !this.from_spool) this.put_back(this.on_the_way);
    this.spill();
  }

  private run(): void {
    this.running ??= this.loop().finally(() => {
      this.running = undefined;
      if (!this.stopping && (this.queue.length > 0 || !this.spool.empty)) this.run();
    });
  }

  private async loop(): Promise<void> {
    while (!this.stopping) {
      const stored = this.spool.peek();
      const held_ms = stored === undefined ? this.held_ms() : 0;
      if (held_ms > 0) {
        await this.sleep(held_ms);
        continue;
      }
      const frame = stored ?? this.queue.shift()?.frame;
      if (frame === undefined) return;
      this.from_spool = stored !== undefined;
      if (stored === undefined) this.queue_bytes -= frame.length;
      this.on_the_way = frame;
      const answer = await this.deliver(frame);
      if (this.stopping) return;
      this.on_the_way = undefined;
      if (this.settled(answer)) {
        if (this.from_spool) this.spool.done();
        continue;
      }
      if (!this.from_spool) {
        this.put_back(frame);
        this.queue_bytes += frame.length;
        this.spill();
      }
      await this.pause(answer.retry_after_ms);
    }
  }

  /** Whether the batch needs no further try. */
  private settled(answer: Answer): boolean {
    const { status } = answer;
    if (status === 200) {
      this.counts.acknowledged++;
      this.problem = '';
      this.backoff_ms = 0;
      return true;
    }
    this.problem = status === 0 ? `the server does not answer: ${answer.body}` : `the server answered ${status}`;
    // 400, 413, 422: this batch will never be taken. 401, 403, 404, 408, 429 and 5xx may pass.
    if (status === 400 || status === 413 || status === 422) {
      this.counts.refused++;
      this.problem += `: ${answer.body.slice(0, 200)}`;
      return true;
    }
    this.counts.retries++;
    return false;
  }

  private pause(asked_ms: number): Promise<void> {
    this.backoff_ms = Math.min(BACKOFF_MS_MAX, Math.max(BACKOFF_MS_MIN, this.backoff_ms * 2));
    const wait_ms = Math.min(BACKOFF_MS_MAX, Math.max(asked_ms, this.backoff_ms));
    return this.sleep(wait_ms);
  }

  /** What is left of the first batch's wait. */
  private held_ms(): number {
    const first = this.queue[0];
    return first === undefined ? 0 : first.since_ms + this.hold_ms - performance.now();
  }

  private put_back(frame: Buffer): void {
    this.queue.unshift({ frame, since_ms: 0 });
  }

  private sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  private spill(): void {
    for (const { frame } of this.queue) {
      if (this.spool.append(frame)) this.counts.spooled++;
    }
    this.queue = [];
    this.queue_bytes = 0;
  }
}
