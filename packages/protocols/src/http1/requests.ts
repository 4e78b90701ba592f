// What a connection's outstanding requests mean for the framing of their responses. The queue can be wrong after a
// loss, or when a response was seen before its request; `sure` tells, and framing then looks at the bytes instead.

export const ASKED = { other: 0, head: 1, connect: 2, unknown: 3 } as const;
export type Asked = (typeof ASKED)[keyof typeof ASKED];

/** More than any server accepts in a pipeline. */
const REQUESTS_MAX = 1024;

export class Requests {
  sure = true;
  private readonly queue: Asked[] = [];
  /** Responses that came before their requests. */
  private early = 0;

  sent(asked: Asked, outstanding: number): void {
    if (outstanding === 0) {
      // Nothing is unanswered, so whatever is queued was answered unseen.
      this.queue.length = 0;
      if (!this.sure) this.early = 0;
      this.sure = true;
    }
    if (this.early > 0) {
      this.early--;
      return;
    }
    if (this.queue.length >= REQUESTS_MAX) this.lost();
    this.queue.push(asked);
  }

  /** What the final response now at hand answers; takes it off the queue. */
  answered(): Asked {
    const asked = this.queue.shift();
    if (asked !== undefined) return asked;
    if (this.sure) this.early = Math.min(this.early + 1, REQUESTS_MAX);
    return ASKED.unknown;
  }

  lost(): void {
    this.queue.length = 0;
    this.early = 0;
    this.sure = false;
  }
}
