// The Tars encoding (Tars documentation, "tars protocol"): before each value its tag and type, four bits each; tags from
// 15 on in a byte of their own.
import { i32be, u8, u16be, u32be, utf8 } from '../bytes.ts';

const INT8 = 0;
const INT16 = 1;
const INT32 = 2;
const STRING1 = 6;
const STRING4 = 7;
const MAP = 8;
const LIST = 9;
const STRUCT = 10;
const STRUCT_END = 11;
const ZERO = 12;
const BYTES = 13;
/** Bytes of the types 0 to 5: integers, float, double. */
const FIXED_BYTES = [1, 2, 4, 8, 4, 8] as const;
const DEPTH_MAX = 32;

export type Pair = (key: string, value: string) => void;

/** Reads the fields of a struct one after the other. */
export class TarsReader {
  at: number;
  tag = -1;
  type = -1;
  private readonly bytes: Uint8Array;
  private readonly end: number;

  constructor(bytes: Uint8Array, at: number, end: number) {
    this.bytes = bytes;
    this.at = at;
    this.end = end;
  }

  /** Passes the head of the next field. */
  head(): boolean {
    if (this.at >= this.end) return false;
    const byte = u8(this.bytes, this.at++);
    this.type = byte & 15;
    this.tag = byte >> 4;
    if (this.tag < 15) return true;
    this.tag = u8(this.bytes, this.at++);
    return this.at <= this.end;
  }

  get is_string(): boolean {
    return this.type === STRING1 || this.type === STRING4;
  }

  /** The value after a head when it is a whole number of at most 32 bits. */
  integer(): number | undefined {
    if (this.type === ZERO) return 0;
    if (this.type > INT32) return undefined;
    const at = this.at;
    if (!this.step(FIXED_BYTES[this.type as 0 | 1 | 2])) return undefined;
    if (this.type === INT8) return (u8(this.bytes, at) << 24) >> 24;
    return this.type === INT16 ? (u16be(this.bytes, at) << 16) >> 16 : i32be(this.bytes, at);
  }

  string(bytes_max: number): string | undefined {
    const start = this.string_start();
    return start < 0 ? undefined : utf8(this.bytes, start, this.at, bytes_max);
  }

  /** Passes a string; where its text begins, or -1. */
  private string_start(): number {
    if (!this.is_string) return -1;
    const head = this.type === STRING1 ? 1 : 4;
    if (this.at + head > this.end) return -1;
    const start = this.at + head;
    const length = head === 1 ? u8(this.bytes, this.at) : u32be(this.bytes, this.at);
    return this.step(head + length) ? start : -1;
  }

  /** The pairs of a map of strings; false when it is none or not wholly there. */
  map(bytes_max: number, pair: Pair): boolean {
    const count = this.count();
    if (this.type !== MAP || count < 0) return false;
    for (let i = 0; i < count; i++) {
      const key = this.head() ? this.string(bytes_max) : undefined;
      const value = this.head() ? this.string(bytes_max) : undefined;
      if (key === undefined || value === undefined) return false;
      pair(key, value);
    }
    return true;
  }

  /** Passes the value after a head. */
  skip(depth = 0): boolean {
    if (depth > DEPTH_MAX) return false;
    const { type } = this;
    if (type < STRING1) return this.step(FIXED_BYTES[type as 0 | 1 | 2 | 3 | 4 | 5]);
    if (this.is_string) return this.string_start() >= 0;
    if (type === ZERO || type === STRUCT_END) return true;
    if (type === STRUCT) return this.skip_struct(depth);
    if (type === BYTES) return this.skip_bytes();
    if (type !== MAP && type !== LIST) return false;
    const count = this.count() * (type === MAP ? 2 : 1);
    if (count < 0) return false;
    for (let i = 0; i < count; i++) if (!this.head() || !this.skip(depth + 1)) return false;
    return true;
  }

  private skip_struct(depth: number): boolean {
    while (this.head()) {
      if (this.type === STRUCT_END) return true;
      if (!this.skip(depth + 1)) return false;
    }
    return false;
  }

  /** A list of bytes in one piece: the type of an element, a length, the bytes. */
  private skip_bytes(): boolean {
    if (!this.head() || this.type !== INT8) return false;
    const length = this.head() ? this.integer() : undefined;
    return length !== undefined && length >= 0 && this.step(length);
  }

  /** Number of elements; -1 when there is none. Each takes a byte at least. */
  private count(): number {
    const { type } = this;
    const count = this.head() ? (this.integer() ?? -1) : -1;
    this.type = type;
    return count <= this.end - this.at ? count : -1;
  }

  private step(count: number): boolean {
    if (count > this.end - this.at) return false;
    this.at += count;
    return true;
  }
}
