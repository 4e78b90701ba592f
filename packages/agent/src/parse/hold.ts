// Events of one TCP socket that came too early: the ring is in order of submission, and two threads that use one socket may
// submit the other way round. Copies, because the source reuses its memory; few, because it is rare.
import type { DataEvent } from '../capture/event.ts';

export interface HeldEvent extends Omit<DataEvent, 'socket' | 'kind'> {
  /** Its number was settled: it waits for another reason than a missing number. */
  numbered: boolean;
}

export class Hold {
  items: HeldEvent[] = [];
  bytes = 0;
  /** When the first came, ns. */
  readonly since_ns: number;

  constructor(since_ns: number) {
    this.since_ns = since_ns;
  }

  add(event: DataEvent): void {
    const { moment_ns, pid, tid, direction, length, offset, continues, discarded, tcp_seq, cap_seq } = event;
    const bytes = event.bytes.slice(event.start, event.end);
    const head = { moment_ns, pid, tid, direction, length, offset, continues, discarded, tcp_seq, cap_seq };
    this.items.push({ ...head, bytes, start: 0, end: bytes.length, numbered: false });
    this.bytes += bytes.length;
  }

  /**
   * Takes out what may be delivered, in order of cause: one direction by TCP position, both directions by moment.
   * Without `force` only what follows `cap_next` without a gap. `cap_next` moves on; the return value names it and how
   * many numbers never came.
   */
  take(cap_next: number, force: boolean): { ready: HeldEvent[]; cap_next: number; lost: number } {
    const items = this.items.sort((a, b) => a.cap_seq - b.cap_seq);
    let next = cap_next;
    let lost = 0;
    let n = 0;
    for (; n < items.length; n++) {
      const item = items[n]!;
      if (item.numbered || item.cap_seq < next) continue;
      if (item.cap_seq > next) {
        if (!force) break;
        lost += item.cap_seq - next;
      }
      item.numbered = true;
      next = item.cap_seq + 1;
    }
    const ready = items.slice(0, n);
    this.items = items.slice(n);
    this.bytes = this.items.reduce((sum, item) => sum + item.bytes.length, 0);
    return { ready: in_order_of_cause(ready), cap_next: next, lost };
  }

  put_back(items: readonly HeldEvent[]): void {
    for (const item of items) {
      this.items.push(item);
      this.bytes += item.bytes.length;
    }
  }
}

function in_order_of_cause(items: HeldEvent[]): HeldEvent[] {
  if (items.length < 2) return items;
  const by_position = (a: HeldEvent, b: HeldEvent) => (a.tcp_seq - b.tcp_seq) | 0 || a.moment_ns - b.moment_ns;
  const one = items.filter((item) => item.direction === 0).sort(by_position);
  const other = items.filter((item) => item.direction !== 0).sort(by_position);
  const merged: HeldEvent[] = [];
  while (one.length > 0 && other.length > 0) {
    merged.push((one[0]!.moment_ns <= other[0]!.moment_ns ? one : other).shift()!);
  }
  return merged.concat(one, other);
}
