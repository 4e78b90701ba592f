// One direction of a TCP connection: segments in any order, with copies, overlaps and losses, become pieces in the
// order of their sequence numbers, each byte once. What the capture lost becomes a piece with a length and no bytes.

/** `length` bytes from `seq` on; `bytes[start] .. bytes[end - 1]` of them are captured. Valid during the call only. */
export type Deliver = (
  bytes: Uint8Array,
  start: number,
  end: number,
  length: number,
  seq: number,
  moment_ns: number,
  /** False when an unknown number of bytes before this piece is missing. */
  continuous: boolean,
) => void;

interface Held {
  seq: number;
  length: number;
  bytes: Uint8Array;
  moment_ns: number;
}

/** What all conversations of a capture may hold together. */
export class HeldBudget {
  bytes = 0;
  readonly bytes_max: number;

  constructor(bytes_max: number) {
    this.bytes_max = bytes_max;
  }
}

const HELD_SEGMENTS_MAX = 256;
/** What a held segment takes beside its bytes. */
const HELD_OVERHEAD = 128;
const HELD_BYTES_MAX = 1 << 20;
/** A hole that lasts longer than this was never filled: above the usual retransmission timeout (RFC 6298: 1 s at first). */
const HELD_NS_MAX = 3e9;
/** Farther than any scaled window in use: another connection on the same ports, or damage. */
const DISTANCE_MAX = 1 << 26;
const NOTHING = new Uint8Array(0);

/** Distance from b to a on the circle of sequence numbers (RFC 9293 section 3.4). */
const distance = (a: number, b: number): number => (a - b) | 0;

export class Reassembly {
  /** Sequence expected next; -1 before the first segment. */
  next = -1;
  /** Bytes that came again. */
  repeated_bytes = 0;
  /** Bytes that were acknowledged, or followed, but never seen. */
  lost_bytes = 0;
  /** Out-of-order segments, by sequence; the first lies beyond `next`. */
  #held: Held[] = [];
  #held_bytes = 0;
  #continuous = true;
  /** Number of the FIN, which is acknowledged like a byte; -1 before it was seen. */
  #fin = -1;
  readonly #deliver: Deliver;
  readonly #budget: HeldBudget;

  constructor(deliver: Deliver, budget: HeldBudget) {
    this.#deliver = deliver;
    this.#budget = budget;
  }

  /** A SYN: the next byte has this number. */
  begin(next: number): void {
    this.next = next >>> 0;
  }

  /** A FIN: no byte has this number or a later one. */
  ended(seq: number): void {
    this.#fin = seq >>> 0;
  }

  /** A FIN came, and every byte before it. */
  get complete(): boolean {
    return this.#fin >= 0 && (this.next < 0 || distance(this.next, this.#fin) >= 0);
  }

  /** Whether a segment of this number may belong here: a number may have been guessed, or be of another connection. */
  is_near(seq: number): boolean {
    return this.next < 0 || Math.abs(distance(seq, this.next)) <= DISTANCE_MAX;
  }

  /** A segment with payload. */
  push(bytes: Uint8Array, start: number, end: number, length: number, seq: number, moment_ns: number): void {
    if (length === 0) return;
    if (this.next < 0) this.next = seq;
    let ahead = distance(seq, this.next);
    if (Math.abs(ahead) > DISTANCE_MAX) {
      this.flush(moment_ns);
      this.next = seq;
      this.#continuous = false;
      ahead = 0;
    }
    if (ahead > 0) {
      this.#hold(bytes, start, end, length, seq, moment_ns);
      return;
    }
    this.#take(bytes, start, end, length, -ahead, moment_ns);
    if (this.#held.length > 0) this.#release();
  }

  /** The other side acknowledged up to `ack`: what is missing below it was lost by the capture, not by the network. */
  acknowledged(ack: number, moment_ns: number): void {
    if (this.next < 0) return;
    const bytes_to = this.#fin >= 0 && distance(ack, this.#fin) > 0 ? this.#fin : ack;
    let missing = distance(bytes_to, this.next);
    while (missing > 0 && missing <= DISTANCE_MAX) {
      const first = this.#held[0];
      const hole = first ? Math.min(distance(first.seq, this.next), missing) : missing;
      this.#lose(hole, moment_ns);
      this.#release();
      missing = distance(bytes_to, this.next);
    }
  }

  /** Nothing more will come: gives what is held, holes as losses. */
  flush(moment_ns: number): void {
    for (let first = this.#held[0]; first; first = this.#held[0]) {
      this.#lose(distance(first.seq, this.next), moment_ns);
      this.#release();
    }
  }

  #take(bytes: Uint8Array, start: number, end: number, length: number, repeated: number, moment_ns: number): void {
    if (repeated >= length) {
      this.repeated_bytes += length;
      return;
    }
    this.repeated_bytes += repeated;
    const seq = this.next;
    this.next = (seq + length - repeated) >>> 0;
    const continuous = this.#continuous;
    this.#continuous = true;
    this.#deliver(bytes, Math.min(start + repeated, end), end, length - repeated, seq, moment_ns, continuous);
  }

  #lose(bytes: number, moment_ns: number): void {
    this.lost_bytes += bytes;
    this.#take(NOTHING, 0, 0, bytes, 0, moment_ns);
  }

  #hold(bytes: Uint8Array, start: number, end: number, length: number, seq: number, moment_ns: number): void {
    const held = this.#held;
    let at = held.length;
    while (at > 0 && distance(held[at - 1]!.seq, seq) > 0) at--;
    held.splice(at, 0, { seq, length, bytes: bytes.slice(start, end), moment_ns });
    this.#count(end - start, 1);
    const late = moment_ns - held[0]!.moment_ns > HELD_NS_MAX;
    if (!late && !this.#full) return;
    do {
      this.#lose(distance(held[0]!.seq, this.next), moment_ns);
      this.#release();
    } while (held.length > 0 && this.#full);
  }

  get #full(): boolean {
    if (this.#held.length > HELD_SEGMENTS_MAX || this.#held_bytes > HELD_BYTES_MAX) return true;
    return this.#budget.bytes > this.#budget.bytes_max;
  }

  #count(bytes: number, sign: 1 | -1): void {
    this.#held_bytes += sign * bytes;
    this.#budget.bytes += sign * (bytes + HELD_OVERHEAD);
  }

  /** Delivers held segments that are next in line now. */
  #release(): void {
    for (let first = this.#held[0]; first; first = this.#held[0]) {
      const ahead = distance(first.seq, this.next);
      if (ahead > 0) return;
      this.#held.shift();
      this.#count(first.bytes.length, -1);
      this.#take(first.bytes, 0, first.bytes.length, first.length, -ahead, first.moment_ns);
    }
  }
}
