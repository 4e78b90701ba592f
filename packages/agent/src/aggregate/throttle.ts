// At most so many rows of request log a second. Time is cut into small buckets; of each bucket's calls the errors and the
// slowest are kept, the rest is sampled evenly. Each row carries the share of its kind that was kept, so that the sum of
// 1 / rate over the rows estimates the calls without bias. Metrics are not touched by any of this.

/** What to do with an offered call: a place to `put` it, or REJECTED. */
export const REJECTED = -1;
const ERROR = 1;
const SLOW = 2;
const REST = 3;

/** Share of a bucket's places that are the slowest calls'. */
const SLOW_SHARE = 1 / 16;
/** Share that errors may fill before they are sampled too, when others want in. */
const ERROR_SHARE = 1 / 2;
const BUCKET_MS = 250;

/** Evenly chosen `kept.length` of the `total` that were offered; at most `max`. */
class Reservoir<T> {
  kept: T[] = [];
  total = 0;
  private place = 0;

  /** Counts one more; true when it has a place, which the next `put` fills. */
  offer(max: number, random: () => number): boolean {
    this.total++;
    if (this.kept.length < max) {
      this.place = this.kept.length;
      return true;
    }
    this.place = Math.floor(random() * this.total);
    return this.place < max;
  }

  put(item: T): void {
    this.kept[this.place] = item;
  }

  /** Evenly down to `n`. */
  shrink(n: number, random: () => number): void {
    const { kept } = this;
    while (kept.length > n) {
      const i = Math.floor(random() * kept.length);
      kept[i] = kept[kept.length - 1]!;
      kept.length--;
    }
  }

  get rate(): number {
    return this.kept.length === 0 ? 1 : this.kept.length / this.total;
  }

  reset(): void {
    this.kept = [];
    this.total = 0;
  }
}

export class Throttle<T> {
  private rows_s: number;
  private readonly write: (item: T, sampling_rate: number) => void;
  private readonly random: () => number;
  private readonly errors = new Reservoir<T>();
  private readonly rest = new Reservoir<T>();
  /** A heap by duration, the least slow on top. */
  private slow: { duration: number; item: T }[] = [];
  private kind = REST;
  private duration = 0;
  private bucket_end_ms = Number.NEGATIVE_INFINITY;
  /** Calls without a row, since boot; those of the open bucket are not known yet. */
  dropped = 0;
  /** Calls with one. */
  written = 0;

  constructor(rows_s: number, write: (item: T, sampling_rate: number) => void, random: () => number = Math.random) {
    this.rows_s = rows_s;
    this.write = write;
    this.random = random;
  }

  /** From the next bucket on. */
  set_limit(rows_s: number): void {
    this.rows_s = rows_s;
  }

  /** Counts a call. True: it has a place, and the very next call must be `put` with what is to be kept. */
  offer(is_error: boolean, duration: number): boolean {
    const max = this.bucket_max;
    if (max === 0) {
      this.dropped++;
      return false;
    }
    let kept: boolean;
    if (is_error) {
      this.kind = ERROR;
      kept = this.errors.offer(max, this.random);
    } else if (this.is_slow(duration, max)) {
      this.kind = SLOW;
      this.duration = duration;
      kept = true;
    } else {
      this.kind = REST;
      kept = this.rest.offer(max, this.random);
    }
    return kept;
  }

  put(item: T): void {
    if (this.kind === ERROR) this.errors.put(item);
    else if (this.kind === REST) this.rest.put(item);
    else this.put_slow(item);
  }

  /** Writes the bucket when its time is over. */
  tick(now_ms: number): void {
    if (now_ms >= this.bucket_end_ms || this.bucket_end_ms - now_ms > 2 * this.bucket_ms) {
      this.flush();
      this.bucket_end_ms = now_ms + this.bucket_ms;
    }
  }

  flush(): void {
    this.shrink();
    this.written += this.errors.kept.length + this.slow.length + this.rest.kept.length;
    for (const item of this.errors.kept) this.write(item, this.errors.rate);
    for (const { item } of this.slow) this.write(item, 1);
    for (const item of this.rest.kept) this.write(item, this.rest.rate);
    this.errors.reset();
    this.rest.reset();
    this.slow = [];
  }

  /** Where few rows are allowed, small buckets would hold less than one. */
  private get bucket_ms(): number {
    return this.rows_s < 1000 ? 1000 : BUCKET_MS;
  }

  private get bucket_max(): number {
    return Math.floor((this.rows_s * this.bucket_ms) / 1000);
  }

  private get slow_max(): number {
    return Math.floor(this.bucket_max * SLOW_SHARE);
  }

  private is_slow(duration: number, max: number): boolean {
    // Below the limit nothing needs to be chosen, and above it the heap fills with what comes slower than its top.
    const slow_max = Math.floor(max * SLOW_SHARE);
    if (slow_max === 0) return false;
    return this.slow.length < slow_max || duration > this.slow[0]!.duration;
  }

  private put_slow(item: T): void {
    if (this.slow.length >= this.slow_max) {
      const out = this.slow[0]!;
      this.slow[0] = { duration: this.duration, item };
      this.sift_down(0);
      // It was not that slow: one of the rest.
      if (this.rest.offer(this.bucket_max, this.random)) this.rest.put(out.item);
      return;
    }
    this.slow.push({ duration: this.duration, item });
    let i = this.slow.length - 1;
    while (i > 0) {
      const parent = (i - 1) >> 1;
      if (this.slow[parent]!.duration <= this.slow[i]!.duration) break;
      this.swap(i, parent);
      i = parent;
    }
  }

  private sift_down(from: number): void {
    let i = from;
    for (;;) {
      const left = i * 2 + 1;
      if (left >= this.slow.length) return;
      const right = left + 1;
      const least = right < this.slow.length && this.slow[right]!.duration < this.slow[left]!.duration ? right : left;
      if (this.slow[i]!.duration <= this.slow[least]!.duration) return;
      this.swap(i, least);
      i = least;
    }
  }

  private swap(a: number, b: number): void {
    const t = this.slow[a]!;
    this.slow[a] = this.slow[b]!;
    this.slow[b] = t;
  }

  /** Brings the three kinds together under the limit. */
  private shrink(): void {
    const max = this.bucket_max;
    const offered = this.errors.total + this.rest.total;
    const places = max - this.slow.length;
    if (this.errors.kept.length + this.rest.kept.length > places) {
      const errors_max = Math.max(Math.floor(places * ERROR_SHARE), places - this.rest.kept.length);
      this.errors.shrink(errors_max, this.random);
      this.rest.shrink(places - this.errors.kept.length, this.random);
    }
    this.dropped += offered - this.errors.kept.length - this.rest.kept.length;
  }
}
