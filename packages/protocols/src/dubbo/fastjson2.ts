// fastjson2's JSONB (constants of com.alibaba.fastjson2.JSONB): Dubbo puts four bytes of length before every value, so
// arguments are passed over without knowing their types.
import { u8, u32be, utf8 } from '../bytes.ts';
import type { Values } from './values.ts';

const LENGTH_BYTES = 4;
const STRING_SHORT = 0x49;
const STRING_SHORT_LAST = 0x78;
const STRING_ASCII = 0x79;
const STRING_UTF8 = 0x7a;
const STRING_UTF16LE = 0x7c;
const STRING_UTF16BE = 0x7d;
const OBJECT = 0xa6;
const OBJECT_END = 0xa5;
const TYPED = 0x92;
const INT8 = 0xbd;

export class Fastjson2 implements Values {
  at: number;
  readonly marks_last_byte = false;
  private readonly bytes: Uint8Array;
  private readonly end: number;
  private readonly string_bytes_max: number;

  constructor(bytes: Uint8Array, at: number, end: number, string_bytes_max: number) {
    this.bytes = bytes;
    this.at = at;
    this.end = end;
    this.string_bytes_max = string_bytes_max;
  }

  /** Passes the length of a value; where the value ends, -1 when that is not there. */
  private open(): number {
    if (this.at + LENGTH_BYTES > this.end) return -1;
    const stop = this.at + LENGTH_BYTES + u32be(this.bytes, this.at);
    return stop <= this.end ? stop : -1;
  }

  string(): string | undefined {
    const stop = this.open();
    if (stop < 0) return undefined;
    const begin = this.at;
    this.at += LENGTH_BYTES;
    const text = this.any_string();
    this.at = text === undefined || this.at !== stop ? begin : stop;
    return this.at === begin ? undefined : text;
  }

  any_string(): string | undefined {
    const tag = this.at < this.end ? u8(this.bytes, this.at) : 0;
    if (tag >= STRING_SHORT && tag <= STRING_SHORT_LAST) return this.text(this.at + 1, tag - STRING_SHORT, tag);
    const known = tag === STRING_ASCII || tag === STRING_UTF8 || tag === STRING_UTF16LE || tag === STRING_UTF16BE;
    if (!known) return undefined;
    const begin = this.at++;
    const length = this.int();
    if (length === undefined || length < 0) {
      this.at = begin;
      return undefined;
    }
    return this.text(this.at, length, tag);
  }

  private text(start: number, length: number, tag: number): string | undefined {
    const stop = start + length;
    if (stop > this.end) return undefined;
    this.at = stop;
    if (tag !== STRING_UTF16LE && tag !== STRING_UTF16BE) return utf8(this.bytes, start, stop, this.string_bytes_max);
    const units = Buffer.from(this.bytes.subarray(start, start + Math.min(length & ~1, this.string_bytes_max & ~1)));
    return (tag === STRING_UTF16BE ? units.swap16() : units).toString('utf16le');
  }

  /** A whole number of up to 32 bits, without a length of its own before it. */
  private int(): number | undefined {
    const tag = u8(this.bytes, this.at);
    const size =
      tag >= 0xf0 || tag <= 0x2f ? 1 : tag <= 0x3f ? 2 : tag <= 0x47 ? 3 : tag === 0x48 ? 5 : tag === INT8 ? 2 : 0;
    if (size === 0 || this.at + size > this.end) return undefined;
    const at = this.at + 1;
    this.at += size;
    if (size === 1) return tag >= 0xf0 ? tag - 256 : tag;
    if (tag === INT8) return (u8(this.bytes, at) << 24) >> 24;
    if (size === 2) return (tag - 0x38) * 256 + u8(this.bytes, at);
    if (size === 3) return (tag - 0x44) * 65_536 + u8(this.bytes, at) * 256 + u8(this.bytes, at + 1);
    return u32be(this.bytes, at) | 0;
  }

  integer(): number | undefined {
    const stop = this.open();
    if (stop < 0) return undefined;
    this.at += LENGTH_BYTES;
    const value = this.int();
    this.at = stop;
    return value;
  }

  skip(count: number): boolean {
    for (let i = 0; i < count; i++) {
      const stop = this.open();
      if (stop < 0) return false;
      this.at = stop;
    }
    return true;
  }

  map(pair: (key: string, value: string) => void): boolean {
    const stop = this.open();
    if (stop < 0) return false;
    this.at += LENGTH_BYTES;
    if (u8(this.bytes, this.at) === TYPED) {
      this.at++;
      if (this.any_string() === undefined) return false;
    }
    if (u8(this.bytes, this.at++) !== OBJECT) return false;
    while (this.at < stop && u8(this.bytes, this.at) !== OBJECT_END) {
      const key = this.any_string();
      const value = key === undefined ? undefined : this.any_string();
      if (key === undefined || value === undefined) return false;
      pair(key, value);
    }
    return this.at < stop;
  }

  exception(): string | undefined {
    const stop = this.open();
    if (stop < 0 || u8(this.bytes, this.at + LENGTH_BYTES) !== TYPED) return undefined;
    this.at += LENGTH_BYTES + 1;
    return this.any_string();
  }
}
