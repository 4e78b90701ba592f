// The compressed protocol: frames of length (3 bytes), sequence (1), length before compression (3; 0 = not compressed), content.
// The contents in a row are the packets of the plain protocol; a packet may span frames.
import { inflateSync } from 'node:zlib';
import { u8, u24le } from '../bytes.ts';
import type { ParseState } from '../protocol.ts';
import type { Stream } from '../stream.ts';

export const FRAME_HEADER_BYTES = 7;
/** Frames may be 16 MB; larger ones than these are not unpacked, and the place of the next packet is lost. */
const FRAME_BYTES_MAX = 524_288;
const PLAIN_BYTES_MAX = 1_048_576;
const EMPTY = new Uint8Array(0);

/** The plain packets of one direction, as a stream of their own. */
export class Unpacked implements Stream {
  bytes: Uint8Array = EMPTY;
  pos = 0;
  end = 0;
  hole = 0;
  resync = false;
  outstanding = 0;
  readonly datagram = false;
  readonly ended = false;
  /** The frame at hand is the first of a command or of an answer. */
  restarted = false;
  /** Unread plain bytes that were there before the frame at hand. */
  kept = 0;
  /** Bytes of a frame that was cut that are still to come: passed event by event, so that the caller sees each begin. */
  rest = 0;
  #sequence = 0;
  #skip = 0;
  #outer: Stream | undefined;

  /** Unpacks frame by frame and lets `parse` read what is there. */
  run(outer: Stream, parse: (stream: Stream) => ParseState): ParseState {
    this.#outer = outer;
    if (outer.resync) {
      this.#drop();
      this.resync = true;
    }
    for (;;) {
      if (this.rest > 0) this.#pass(outer, this.rest);
      if (this.rest > 0) return 'more';
      const { bytes, pos, end } = outer;
      if (end - pos < FRAME_HEADER_BYTES) return outer.hole > 0 ? 'lost' : 'more';
      const length = u24le(bytes, pos);
      const plain_length = u24le(bytes, pos + 4);
      if (length > FRAME_BYTES_MAX || plain_length > PLAIN_BYTES_MAX) return this.#lost();
      const start = pos + FRAME_HEADER_BYTES;
      const whole = start + length <= end;
      if (!whole && outer.hole === 0) return 'more';
      const content = bytes.subarray(start, Math.min(start + length, end));
      const plain = plain_length === 0 ? content : inflated(content, plain_length);
      if (plain === undefined) return this.#lost();
      // A client numbers the frames of each command from 0 on; what it sent of another one will never be whole.
      this.restarted = u8(bytes, pos + 3) === 0 && this.#sequence !== 0xff;
      this.#sequence = u8(bytes, pos + 3);
      if (this.restarted) this.#drop();
      this.#push(plain, (plain_length === 0 ? length : plain_length) - plain.length);
      const state = parse(this);
      this.#pass(outer, FRAME_HEADER_BYTES + length);
      if (state !== 'more') {
        this.#drop();
        return state;
      }
      if (this.hole > 0) return this.#lost();
    }
  }

  /** The frame that is under way will never be whole: what comes now is a frame of its own. */
  forget(): void {
    this.#drop();
    this.rest = 0;
    this.resync = true;
  }

  advance(n: number): void {
    this.resync = false;
    const readable = Math.min(n, this.end - this.pos);
    const hidden = Math.min(n - readable, this.hole);
    this.pos += readable;
    this.hole -= hidden;
    this.#skip += n - readable - hidden;
  }

  mark(): void {
    this.#outer?.mark();
  }

  #pass(outer: Stream, count: number): void {
    const step = Math.min(count, outer.end - outer.pos + outer.hole);
    outer.advance(step);
    this.rest = count - step;
  }

  #push(plain: Uint8Array, hole: number): void {
    const skipped = Math.min(this.#skip, plain.length);
    this.#skip -= skipped;
    const left = this.end - this.pos;
    this.kept = left;
    if (left === 0) {
      this.bytes = plain;
      this.pos = skipped;
    } else {
      const joined = new Uint8Array(left + plain.length - skipped);
      joined.set(this.bytes.subarray(this.pos, this.end));
      joined.set(plain.subarray(skipped), left);
      this.bytes = joined;
      this.pos = 0;
    }
    this.end = this.bytes.length;
    const hidden = Math.min(this.#skip, hole);
    this.#skip -= hidden;
    this.hole = hole - hidden;
  }

  #lost(): ParseState {
    this.#drop();
    return 'lost';
  }

  #drop(): void {
    this.bytes = EMPTY;
    this.pos = 0;
    this.end = 0;
    this.hole = 0;
    this.#skip = 0;
  }
}

/** As much as can be unpacked of content that may be cut; undefined when it is no zlib stream. */
function inflated(content: Uint8Array, length: number): Uint8Array | undefined {
  try {
    // 2 = Z_SYNC_FLUSH: an early end is no error.
    return inflateSync(content, { finishFlush: 2, maxOutputLength: length });
  } catch {
    return undefined;
  }
}

/** First byte of a zlib stream of the usual window (RFC 1950 section 2.2). */
const ZLIB = 0x78;

/** Whether [from, end) is frames numbered from `first` on, from the first byte to the last. */
export function are_frames(bytes: Uint8Array, from: number, end: number, first: number): boolean {
  let at = from;
  for (let sequence = first; at + FRAME_HEADER_BYTES < end; sequence++) {
    const plain_length = u24le(bytes, at + 4);
    const packed = u8(bytes, at + FRAME_HEADER_BYTES) === ZLIB && plain_length <= PLAIN_BYTES_MAX;
    if (u8(bytes, at + 3) !== (sequence & 0xff) || (plain_length !== 0 && !packed)) return false;
    at += FRAME_HEADER_BYTES + u24le(bytes, at);
  }
  return at === end && at > from;
}

/** Where the plain packet begins when this is a frame that was not compressed, else -1. */
export function framed(bytes: Uint8Array, start: number, end: number): number {
  if (end - start < FRAME_HEADER_BYTES + 5 || u24le(bytes, start + 4) !== 0) return -1;
  const length = u24le(bytes, start);
  const inner = start + FRAME_HEADER_BYTES;
  // A command or an answer alone in its frame, both numbered from the same side.
  const fits = u24le(bytes, inner) + 4 <= length && start + FRAME_HEADER_BYTES + length <= end;
  return fits && u8(bytes, start + 3) <= 1 && u8(bytes, inner + 3) <= 1 ? inner : -1;
}
