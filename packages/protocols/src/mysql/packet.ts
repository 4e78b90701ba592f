// Packets: length (3 bytes), sequence (1), payload. A payload of 16 MB - 1 goes on in the next packet.
import { u8, u16le, u24le, u32le, u64le } from '../bytes.ts';
import type { Stream } from '../stream.ts';

export const HEADER_BYTES = 4;
const PAYLOAD_BYTES_MAX = 0xff_ff_ff;

export class PacketReader {
  /** Of the packet at the stream's position. */
  length = 0;
  sequence = 0;
  /** Readable part of its payload; `stop` is before the payload's end when that was not captured or has not come. */
  start = 0;
  stop = 0;
  /** Of a packet that was taken, what has not come yet; only with `watchful`. */
  rest = 0;
  #continued = false;
  readonly #watchful: boolean;

  /** `watchful`: what is left of a long packet is passed over piece by piece, so that the caller sees each. */
  constructor(watchful: boolean) {
    this.#watchful = watchful;
  }

  forget(): void {
    this.#continued = false;
    this.rest = 0;
  }

  /** The payload goes on in further packets, which are passed over. */
  get is_full(): boolean {
    return this.length === PAYLOAD_BYTES_MAX;
  }

  /** The header of the packet at the stream's position was read, though perhaps not all that was wanted of its payload. */
  headed = false;

  /** Looks at the next packet; at least `wanted` bytes of its payload are readable unless they never will be. */
  peek(stream: Stream, wanted: number): 'packet' | 'more' | 'lost' {
    for (;;) {
      this.headed = false;
      if (this.rest > 0) this.#pass(stream, this.rest);
      const { bytes, pos, end } = stream;
      if (this.rest > 0) return 'more';
      if (end - pos < HEADER_BYTES) return stream.hole > 0 ? 'lost' : 'more';
      this.length = u24le(bytes, pos);
      this.sequence = u8(bytes, pos + 3);
      this.start = pos + HEADER_BYTES;
      this.stop = Math.min(end, this.start + this.length);
      if (!this.#continued) {
        this.headed = true;
        return stream.hole === 0 && this.stop - this.start < Math.min(this.length, wanted) ? 'more' : 'packet';
      }
      this.take(stream);
    }
  }

  /** Passes the packet that was looked at. */
  take(stream: Stream): void {
    this.#continued = this.length === PAYLOAD_BYTES_MAX;
    if (this.#watchful) this.#pass(stream, HEADER_BYTES + this.length);
    else stream.advance(HEADER_BYTES + this.length);
  }

  #pass(stream: Stream, count: number): void {
    this.rest = count;
    while (this.rest > 0) {
      const step = Math.min(this.rest, stream.end - stream.pos + stream.hole);
      if (step === 0) return;
      stream.advance(step);
      this.rest -= step;
    }
  }
}

/** Whether packets numbered from `first` on begin at `from`; the first of them is all there, the last may be cut. */
function are_packets(bytes: Uint8Array, from: number, end: number, first: number): boolean {
  let at = from;
  for (let sequence = first; at + HEADER_BYTES <= end; sequence++) {
    if (u8(bytes, at + 3) !== (sequence & 0xff)) return false;
    at += HEADER_BYTES + u24le(bytes, at);
    if (sequence === first && (at > end || at === from + HEADER_BYTES)) return false;
  }
  return at > from;
}

/** Whether an event that begins at `from` looks like an answer from its first packet on. */
export function begins_answer(bytes: Uint8Array, from: number, end: number): boolean {
  return are_packets(bytes, from, end, 1);
}

/** Reads values one behind the other; reading past the end gives zeros and sets `cut`. */
export class Cursor {
  at: number;
  readonly end: number;
  readonly bytes: Uint8Array;
  cut = false;

  constructor(bytes: Uint8Array, start: number, end: number) {
    this.bytes = bytes;
    this.at = start;
    this.end = end;
  }

  get left(): number {
    return this.end - this.at;
  }

  /** Moves past n bytes and gives where they began. */
  skip(n: number): number {
    const at = this.at;
    if (n > this.left) {
      this.cut = true;
      this.at = this.end;
    } else this.at += n;
    return at;
  }

  u8(): number {
    return this.left >= 1 ? u8(this.bytes, this.skip(1)) : this.#cut();
  }

  u16(): number {
    return this.left >= 2 ? u16le(this.bytes, this.skip(2)) : this.#cut();
  }

  u32(): number {
    return this.left >= 4 ? u32le(this.bytes, this.skip(4)) : this.#cut();
  }

  u64(): number {
    return this.left >= 8 ? u64le(this.bytes, this.skip(8)) : this.#cut();
  }

  /** Length-encoded integer: one byte below 0xfb, else 0xfc, 0xfd, 0xfe with 2, 3, 8 bytes behind it. */
  lenenc(): number {
    const first = this.u8();
    if (first < 0xfb) return first;
    if (first === 0xfc) return this.u16();
    if (first === 0xfd) return this.left >= 3 ? u24le(this.bytes, this.skip(3)) : this.#cut();
    if (first === 0xfe) return this.u64();
    this.cut = true;
    return 0;
  }

  /** End of the text that a zero byte ends; moves past the zero. */
  to_zero(): number {
    for (let i = this.at; i < this.end; i++) {
      if (this.bytes[i] === 0) {
        this.at = i + 1;
        return i;
      }
    }
    this.at = this.end;
    return this.end;
  }

  #cut(): number {
    this.cut = true;
    this.at = this.end;
    return 0;
  }
}
