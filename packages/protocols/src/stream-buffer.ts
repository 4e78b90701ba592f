// The Stream that parsers read, one for each direction of a connection. Parsing happens in the caller's memory while
// nothing is left over from before; only what a parser leaves unread is copied. A skip may reach far past what has
// arrived, so a body of known length costs no memory. At most one hole exists, always behind the last byte: the driver
// settles it before the next push.
import type { Message } from './protocol.ts';
import type { Origin, Stream } from './stream.ts';

/** Place of an event's first byte in `bytes`; negative or before `pos` when that byte is gone already. */
interface Mark extends Origin {
  at: number;
  /** Bytes captured of the event. */
  captured: number;
}

const EMPTY = new Uint8Array(0);
const OWN_BYTES_MIN = 512;
/** An empty own buffer above this is given back. */
const OWN_BYTES_KEPT = 4096;
/** Events whose beginnings are remembered while unread; further ones count as part of the last. */
const MARKS_MAX = 1024;

export class StreamBuffer implements Stream {
  bytes: Uint8Array = EMPTY;
  pos = 0;
  end = 0;
  hole = 0;
  resync = false;
  ended = false;
  outstanding = 0;
  readonly datagram: boolean;
  /** Bytes to pass over that have not arrived yet. */
  skip = 0;
  /** Bytes that the reader threw away since the last event, but for those to pass over. */
  discarded = 0;

  private readonly bytes_max: number;
  private own: Uint8Array = EMPTY;
  /** The event that carries `bytes[pos]`, or carried what stood there last. */
  private readonly first: Mark = new_mark();
  /** Events that begin behind it, ascending. Undefined until first needed. */
  private later: Mark[] | undefined;
  private readonly begun: Mark = new_mark();
  private marked = false;
  private last_moment_ns = 0;

  constructor(datagram: boolean, bytes_max = 1_048_576) {
    this.datagram = datagram;
    this.bytes_max = bytes_max;
  }

  /**
   * An event of `true_length` bytes of which `bytes[start] .. bytes[end - 1]` were captured. The caller's memory is used
   * until `settle`. Returns false when what was buffered had to be dropped because it would pass the limit; the new event is
   * readable all the same, with `resync` set.
   */
  push(bytes: Uint8Array, start: number, end: number, true_length: number, origin: Origin): boolean {
    this.last_moment_ns = origin.moment_ns;
    let from = start;
    let missing = Math.max(0, true_length - (end - start));
    if (this.skip > 0) {
      const captured = end - start;
      if (this.skip >= captured + missing) {
        this.skip -= captured + missing;
        return true;
      }
      from = Math.min(end, start + this.skip);
      missing -= Math.max(0, this.skip - captured);
      this.skip = 0;
    }
    this.hole = missing;
    if (this.pos < this.end) {
      if (this.end - this.pos + (end - from) <= this.bytes_max) {
        this.append(bytes, start, from, end, origin);
        return true;
      }
      this.view(bytes, start, from, end, origin);
      this.resync = true;
      return false;
    }
    this.view(bytes, start, from, end, origin);
    return true;
  }

  /** Bytes that were sent but of which no event came, behind those that the reader threw away. */
  push_hole(length: number): void {
    const skipped = Math.min(length, this.skip);
    this.skip -= skipped;
    this.hole = this.discarded + length - skipped;
    this.discarded = 0;
  }

  /** Bytes that the reader threw away: a hole once something comes behind them. */
  discard(length: number): void {
    const skipped = Math.min(length, this.skip);
    this.skip -= skipped;
    this.discarded += length - skipped;
  }

  advance(n: number): void {
    if (!(n > 0)) return;
    this.resync = false;
    const readable = this.end - this.pos;
    if (n <= readable) {
      this.pos += n;
      return;
    }
    this.pos = this.end;
    const beyond = n - readable;
    if (beyond <= this.hole) {
      this.hole -= beyond;
    } else {
      this.skip += beyond - this.hole;
      this.hole = 0;
    }
  }

  mark(): void {
    this.reach_pos();
    const from = this.first;
    const to = this.begun;
    to.moment_ns = from.moment_ns;
    // Sequence numbers are modulo 2^32 (RFC 9293 section 3.4); 0 = the source gave none.
    to.tcp_seq = from.tcp_seq === 0 ? 0 : (from.tcp_seq + this.pos - from.at) >>> 0;
    to.cap_seq = from.cap_seq;
    to.captured = from.captured;
    to.pid = from.pid;
    to.tid = from.tid;
    this.marked = true;
  }

  /** Gives a message its time, sequence and thread: those of the last `mark`. What was not seen has no more than a time. */
  stamp(message: Message, now_ns: number): void {
    if (message.unseen === true) {
      message.begin_ns = now_ns;
      message.end_ns = now_ns;
      return;
    }
    if (!this.marked) this.mark();
    const begun = this.begun;
    message.begin_ns = begun.moment_ns;
    message.end_ns = this.last_moment_ns;
    message.tcp_seq = begun.tcp_seq;
    message.cap_seq = begun.cap_seq;
    message.captured_bytes = begun.captured;
    message.pid = begun.pid;
    message.tid = begun.tid;
  }

  /** Where the newest event begins, or what is left of it. */
  get newest(): number {
    return Math.max(this.pos, this.later?.at(-1)?.at ?? this.pos);
  }

  /** Moment of the first unread byte's event, ns. */
  get moment_ns(): number {
    this.reach_pos();
    return this.first.moment_ns;
  }

  /**
   * After 'lost': goes to the nearest place that may begin a message: here, when this is an event's first byte that was
   * not tried as one yet, else the next event's first byte. False when nothing readable is left.
   */
  resynchronise(): boolean {
    this.skip = 0;
    this.reach_pos();
    const untried = !this.resync && this.first.at === this.pos && this.pos < this.end;
    this.resync = true;
    if (untried) return true;
    const next = this.later?.[0];
    if (next !== undefined && next.at < this.end) {
      this.pos = next.at;
      return true;
    }
    this.pos = this.end;
    this.hole = 0;
    return false;
  }

  /** Forgets all that is buffered or to be skipped: the next byte to come begins an event, perhaps no message. */
  drop(): void {
    this.skip = 0;
    this.discarded = 0;
    this.hole = 0;
    this.pos = this.end;
    this.resync = true;
    this.settle();
  }

  /** Ends the use of the caller's memory; must be called before `push` returns to whoever owns it. */
  settle(): void {
    if (this.datagram) {
      this.pos = this.end;
      this.skip = 0;
      this.hole = 0;
    }
    if (this.pos === this.end) {
      if (this.own.length > OWN_BYTES_KEPT) this.own = EMPTY;
      this.bytes = EMPTY;
      this.pos = 0;
      this.end = 0;
      if (this.later !== undefined) this.later.length = 0;
    } else if (this.bytes !== this.own) {
      this.keep(this.own.length, 0);
    }
  }

  private view(bytes: Uint8Array, start: number, from: number, end: number, origin: Origin): void {
    this.bytes = bytes;
    this.pos = from;
    this.end = end;
    copy_origin(origin, start, end - start, this.first);
    if (this.later !== undefined) this.later.length = 0;
  }

  private append(bytes: Uint8Array, start: number, from: number, end: number, origin: Origin): void {
    const added = end - from;
    if (this.bytes !== this.own || this.end + added > this.own.length) this.keep(this.own.length, added);
    this.own.set(bytes.subarray(from, end), this.end);
    this.later ??= [];
    if (this.later.length < MARKS_MAX)
      this.later.push(copy_origin(origin, this.end - (from - start), end - start, new_mark()));
    this.end += added;
  }

  /** Moves the unread bytes to the front of the own buffer, with room for `added` more. */
  private keep(length: number, added: number): void {
    this.reach_pos();
    const unread = this.end - this.pos;
    let size = Math.max(length, OWN_BYTES_MIN);
    while (size < unread + added) size *= 2;
    const target = size === this.own.length ? this.own : new Uint8Array(size);
    target.set(this.bytes.subarray(this.pos, this.end), 0);
    this.first.at -= this.pos;
    if (this.later !== undefined) for (const mark of this.later) mark.at -= this.pos;
    this.own = target;
    this.bytes = target;
    this.pos = 0;
    this.end = unread;
  }

  private reach_pos(): void {
    const later = this.later;
    if (later === undefined || later.length === 0 || later[0]!.at > this.pos) return;
    let passed = 1;
    while (passed < later.length && later[passed]!.at <= this.pos) passed++;
    const mark = later[passed - 1]!;
    copy_origin(mark, mark.at, mark.captured, this.first);
    later.splice(0, passed);
  }
}

function new_mark(): Mark {
  return { at: 0, captured: 0, moment_ns: 0, tcp_seq: 0, cap_seq: 0, pid: 0, tid: 0 };
}

function copy_origin(from: Origin, at: number, captured: number, to: Mark): Mark {
  to.at = at;
  to.captured = captured;
  to.moment_ns = from.moment_ns;
  to.tcp_seq = from.tcp_seq;
  to.cap_seq = from.cap_seq;
  to.pid = from.pid;
  to.tid = from.tid;
  return to;
}
