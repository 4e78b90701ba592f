// Reading of little-endian fields in bytes that may end early: what is missing is told once, at the end.
import { u16le, u32le, u64le } from '../bytes.ts';

const decode_utf16 = Buffer.prototype.ucs2Slice;

/** UTF-16 text in [start, stop), of at most `characters_max`. */
export function utf16(bytes: Uint8Array, start: number, stop: number, characters_max: number): string {
  const end = Math.min(stop, start + 2 * characters_max);
  return end - start < 2 ? '' : decode_utf16.call(bytes, start, end - ((end - start) & 1));
}

export class Cursor {
  bytes: Uint8Array = new Uint8Array(0);
  at = 0;
  stop = 0;
  /** A field reached past `stop`; everything read since is 0 or empty. */
  short = false;
  /** No such field can stand here. */
  bad = false;

  set(bytes: Uint8Array, at: number, stop: number): this {
    this.bytes = bytes;
    this.at = at;
    this.stop = stop;
    this.short = false;
    this.bad = false;
    return this;
  }

  get ok(): boolean {
    return !this.short && !this.bad;
  }

  /** Place of `count` bytes that are there, or -1. */
  take(count: number): number {
    if (this.short || this.stop - this.at < count) {
      this.short = true;
      return -1;
    }
    this.at += count;
    return this.at - count;
  }

  u8(): number {
    const at = this.take(1);
    return at < 0 ? 0 : this.bytes[at]!;
  }

  u16(): number {
    const at = this.take(2);
    return at < 0 ? 0 : u16le(this.bytes, at);
  }

  u32(): number {
    const at = this.take(4);
    return at < 0 ? 0 : u32le(this.bytes, at);
  }

  /** Above 2^53 rounded. */
  u64(): number {
    const at = this.take(8);
    return at < 0 ? 0 : u64le(this.bytes, at);
  }

  /** UTF-16 text of so many characters, of which `characters_max` are kept. */
  text(characters: number, characters_max = 1024): string {
    const at = this.take(2 * characters);
    return at < 0 ? '' : utf16(this.bytes, at, at + 2 * characters, characters_max);
  }

  /** Text behind its length in a byte, and in two. */
  b_text(): string {
    return this.text(this.u8());
  }

  us_text(characters_max?: number): string {
    return this.text(this.u16(), characters_max);
  }
}
