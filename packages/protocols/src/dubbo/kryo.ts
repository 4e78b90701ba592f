// Kryo (com.esotericsoftware.kryo.io): strings as its Output writes them. Values of classes say nothing of their length,
// so only what stands in front of them, and attachments found by name, can be read.
import { u8, utf8 } from '../bytes.ts';
import type { Values } from './values.ts';

/** Class id of String as written (registered id 1, plus 2), and the mark that a reference is not null. */
const STRING_CLASS = 3;
const NOT_NULL = 1;
/** A class written by its name: the mark, then the number of the name. */
const NAMED_CLASS = 1;
/** Strings in which only the last byte is marked are shorter than this. */
const MARKED_BYTES_MAX = 64;

export class Kryo implements Values {
  at: number;
  readonly marks_last_byte = true;
  private readonly bytes: Uint8Array;
  private readonly end: number;
  private readonly string_bytes_max: number;

  constructor(bytes: Uint8Array, at: number, end: number, string_bytes_max: number) {
    this.bytes = bytes;
    this.at = at;
    this.end = end;
    this.string_bytes_max = string_bytes_max;
  }

  string(): string | undefined {
    if (this.at >= this.end) return undefined;
    return u8(this.bytes, this.at) < 0x80 ? this.marked() : this.counted();
  }

  /** ASCII whose last byte has the highest bit set. */
  private marked(): string | undefined {
    const stop = Math.min(this.end, this.at + MARKED_BYTES_MAX);
    for (let at = this.at; at < stop; at++) {
      const byte = u8(this.bytes, at);
      if (byte < 0x80) continue;
      const text = utf8(this.bytes, this.at, at, this.string_bytes_max) + String.fromCharCode(byte & 0x7f);
      this.at = at + 1;
      return text;
    }
    return undefined;
  }

  /** Length plus one (first byte: 1, more, six bits; then seven bits each, least first), then characters. */
  private counted(): string | undefined {
    let at = this.at;
    const first = u8(this.bytes, at++);
    let length = first & 0x3f;
    let more = (first & 0x40) !== 0;
    for (let shift = 6; more && at < this.end && shift < 28; shift += 7) {
      const byte = u8(this.bytes, at++);
      length |= (byte & 0x7f) << shift;
      more = byte >= 0x80;
    }
    const start = at;
    for (let left = length - 1; left > 0; left--) {
      const lead = u8(this.bytes, at);
      at += lead < 0x80 ? 1 : lead < 0xe0 ? 2 : 3;
      if (at > this.end) return undefined;
    }
    this.at = at;
    return utf8(this.bytes, start, at, this.string_bytes_max);
  }

  any_string(): string | undefined {
    if (u8(this.bytes, this.at) !== STRING_CLASS) return undefined;
    this.at += u8(this.bytes, this.at + 1) === NOT_NULL ? 2 : 1;
    return this.string();
  }

  integer(): number | undefined {
    return this.at < this.end ? u8(this.bytes, this.at++) : undefined;
  }

  skip(count: number): boolean {
    return count === 0;
  }

  map(): boolean {
    return false;
  }

  exception(): string | undefined {
    if (u8(this.bytes, this.at) !== NAMED_CLASS) return undefined;
    this.at += 2;
    return this.string();
  }
}
