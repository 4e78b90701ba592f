// Reading of protocols whose messages begin with their length: one direction of one connection. Large messages pass by
// without being kept, and a damaged length is found out by the messages that come instead of the bytes it promised.
// Parsers that have no more to do than to turn each frame into a message are made by `FrameParser` (parser.ts).
import type { Stream } from '../stream.ts';

/** What a protocol says of its frames. Lengths are of the whole frame, header included. */
export interface Framing {
  /** Length of the frame at `at`; 0: more bytes are needed to tell; -1: no frame begins so. */
  size(bytes: Uint8Array, at: number, end: number): number;
  /**
   * Whether an event that begins at `at`, inside of what should be another frame, is a frame beyond doubt. Without it
   * what follows a frame's wanted bytes is skipped in advance, so that it need not even be captured, and the driver's
   * own look at what is swallowed has to do (two events that the protocol's inference is certain of).
   */
  sure?(bytes: Uint8Array, at: number, end: number): boolean;
  /**
   * `sure` is right also of an event that begins within the head of another frame. Not so where the rest of a head may look
   * like a frame: a request's number, operation and length of a name like a length, a number and an operation.
   */
  readonly sure_in_head?: true;
  /** Bytes of one frame that the parser wants together; 'frame' comes with fewer only when more will never come. */
  readonly wanted: number;
  /** Where a head tells it: how many of those this frame needs. Asked only of frames whose size is known. */
  needs?(bytes: Uint8Array, at: number): number;
}

/** 'lost': what is there is the rest of a frame's head and no more of it will come. */
export type FrameState = 'frame' | 'more' | 'lost' | 'damaged';

export class FrameReader {
  /** Of the frame that `next` found: its first byte, and the end of what is readable of it. */
  start = 0;
  stop = 0;
  /** Length on the wire. */
  size = 0;
  readonly #framing: Framing;
  /** Bytes of a frame already taken that have not come yet. */
  #rest = 0;
  /** Bytes that were unread when the last call ended: behind them begins the newest event. */
  #unread = 0;

  constructor(framing: Framing) {
    this.#framing = framing;
  }

  /** Whether all of the frame is readable. */
  get whole(): boolean {
    return this.stop - this.start === this.size;
  }

  /** Once at the beginning of each `parse`. True when a frame was given up because its length was wrong. */
  begin(stream: Stream): boolean {
    // Bytes passed in advance are void once the driver has begun anew; unread ones may still be the same.
    if (stream.resync) this.#rest = 0;
    const at = stream.pos + this.#unread;
    if ((this.#rest === 0 && this.#unread === 0) || at >= stream.end || this.#completes(stream, at)) return false;
    if (this.#framing.sure?.(stream.bytes, at, stream.end) !== true) return false;
    stream.advance(this.#unread);
    this.forget();
    return true;
  }

  /** The next frame; it stays unread until `take`. */
  next(stream: Stream): FrameState {
    this.#unread = 0;
    if (this.#rest > 0) this.#rest = pass(stream, this.#rest);
    const { bytes, pos, end } = stream;
    if (this.#rest > 0) return 'more';
    const size = this.#framing.size(bytes, pos, end);
    if (size < 0) return 'damaged';
    const never = stream.hole > 0 || stream.datagram || stream.ended;
    if (size === 0) return never && (end > pos || stream.hole > 0) ? 'lost' : this.#wait(stream);
    this.start = pos;
    this.stop = Math.min(end, pos + size);
    this.size = size;
    const wanted = this.#framing.needs?.(bytes, pos) ?? this.#framing.wanted;
    const missing = Math.min(size, wanted, this.#framing.wanted) > this.stop - pos;
    return missing && !never ? this.#wait(stream) : 'frame';
  }

  /** Passes the frame that `next` found. */
  take(stream: Stream): void {
    if (this.#framing.sure === undefined) stream.advance(this.size);
    else this.#rest = pass(stream, this.size);
  }

  forget(): void {
    this.#rest = 0;
    this.#unread = 0;
  }

  #wait(stream: Stream): 'more' {
    this.#unread = stream.end - stream.pos;
    return 'more';
  }

  /** Whether the event at `at` brings exactly what was missing, or what tells the length of the frame. */
  #completes(stream: Stream, at: number): boolean {
    const { bytes, pos, end } = stream;
    if (this.#rest > 0) return pos + this.#rest === end;
    const size = this.#framing.size(bytes, pos, end);
    if (size <= 0 || pos + size === end) return size > 0;
    return this.#framing.sure_in_head !== true && this.#framing.size(bytes, pos, at) === 0;
  }
}

/** Passes as much of `count` bytes as has come or is known to be missing; returns what is left. */
function pass(stream: Stream, count: number): number {
  let left = count;
  while (left > 0) {
    const step = Math.min(left, stream.end - stream.pos + stream.hole);
    if (step === 0) break;
    stream.advance(step);
    left -= step;
  }
  return left;
}
