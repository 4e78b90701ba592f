// Fields in the portable encoding of TTC, of bytes that may end early: a number is its length in one byte, then that many bytes,
// big endian; text and bytes stand behind a length in one byte, or from 253 bytes on in pieces.
import { utf8 } from '../bytes.ts';

export const CHUNKED = 0xfe;
const NULL = 0xff;
const NEGATIVE = 0x80;
/** Longest length field of a piece that is itself a number; a greater first byte is the length. */
const WIDE_LENGTH = 4;

export class Cursor {
  bytes: Uint8Array = new Uint8Array(0);
  at = 0;
  stop = 0;
  /** A field reached past `stop`, or none can stand here; everything read since is 0 or empty. */
  bad = false;

  set(bytes: Uint8Array, at: number, stop: number): this {
    this.bytes = bytes;
    this.at = at;
    this.stop = stop;
    this.bad = false;
    return this;
  }

  u8(): number {
    if (this.at >= this.stop) this.bad = true;
    return this.bad ? 0 : this.bytes[this.at++]!;
  }

  skip(count: number): void {
    if (this.stop - this.at < count) this.bad = true;
    else this.at += count;
  }

  /** A number of at most so many bytes; above 2^53 rounded. */
  number(bytes_max: number): number {
    const length = this.u8();
    if (length > bytes_max || this.stop - this.at < length) this.bad = true;
    if (this.bad) return 0;
    let value = 0;
    for (const end = this.at + length; this.at < end; this.at++) value = value * 256 + this.bytes[this.at]!;
    return value;
  }

  /** A number that may be negative. */
  signed(bytes_max: number): number {
    if (this.at >= this.stop || (this.bytes[this.at]! & NEGATIVE) === 0) return this.number(bytes_max);
    const length = this.u8() & ~NEGATIVE;
    if (length > bytes_max || this.stop - this.at < length) this.bad = true;
    else this.at += length;
    return -1;
  }

  /** Passes bytes behind their length. */
  pass(): void {
    this.#pieces(undefined, 0);
  }

  /** Text behind its length. */
  text(bytes_max: number): string {
    const parts: string[] = [];
    this.#pieces(parts, bytes_max);
    return parts.join('');
  }

  #pieces(into: string[] | undefined, bytes_max: number): void {
    const length = this.u8();
    if (length === 0 || length === NULL) return;
    if (length !== CHUNKED) {
      this.#piece(length, into, bytes_max);
      return;
    }
    const wide = this.at < this.stop && this.bytes[this.at]! <= WIDE_LENGTH;
    let left = bytes_max;
    while (!this.bad) {
      const piece = wide ? this.number(WIDE_LENGTH) : this.u8();
      if (piece === 0) return;
      this.#piece(piece, into, left);
      left = Math.max(0, left - piece);
    }
  }

  /** A piece that is cut is told as far as it is there. */
  #piece(length: number, into: string[] | undefined, bytes_max: number): void {
    const end = Math.min(this.stop, this.at + length);
    if (into !== undefined && bytes_max > 0) into.push(utf8(this.bytes, this.at, end, bytes_max));
    this.skip(length);
  }
}
