// The binary and the compact protocol of Apache Thrift (doc/specs/thrift-binary-protocol.md, thrift-compact-protocol.md):
// values are walked, not kept.
import { i32be, u8, u16be, utf8 } from '../bytes.ts';

const DEPTH_MAX = 64;
// Types of the binary protocol; those of the compact one are translated.
export const STOP = 0;
const BOOL = 2;
const BYTE = 3;
const DOUBLE = 4;
const I16 = 6;
const I32 = 8;
const I64 = 10;
export const STRING = 11;
export const STRUCT = 12;
const MAP = 13;
const SET = 14;
const LIST = 15;
const UUID = 16;
/** A boolean field of the compact protocol: its type is its value. */
const NOTHING = 17;
const COMPACT_TYPES = [STOP, NOTHING, NOTHING, BYTE, I16, I32, I64, DOUBLE, STRING, LIST, SET, MAP, STRUCT, UUID];
const SIZES: Readonly<Record<number, number>> = {
  [BOOL]: 1,
  [BYTE]: 1,
  [DOUBLE]: 8,
  [I16]: 2,
  [I32]: 4,
  [I64]: 8,
  [UUID]: 16,
};

/** Why a walk ended: the bytes did, or they make no sense. */
export type Fault = 'short' | 'bad';

export class ThriftReader {
  at: number;
  fault: Fault | undefined = undefined;
  /** Of the field whose head was just read. */
  field = 0;
  private readonly bytes: Uint8Array;
  private readonly end: number;
  private readonly compact: boolean;

  constructor(bytes: Uint8Array, at: number, end: number, compact: boolean) {
    this.bytes = bytes;
    this.at = at;
    this.end = end;
    this.compact = compact;
  }

  private fail(fault: Fault): false {
    this.fault ??= fault;
    return false;
  }

  private step(count: number): boolean {
    if (count < 0) return this.fail('bad');
    if (count > this.end - this.at) return this.fail('short');
    this.at += count;
    return true;
  }

  /** An unsigned number of up to 32 bits, seven a byte, least first; -1 when it is none. */
  varint(): number {
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      if (!this.step(1)) return -1;
      const byte = u8(this.bytes, this.at - 1);
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value <= 0xffff_ffff ? value : -1;
    }
    this.fail('bad');
    return -1;
  }

  private wide_varint(): boolean {
    for (let i = 0; i < 10; i++) {
      if (!this.step(1)) return false;
      if (u8(this.bytes, this.at - 1) < 0x80) return true;
    }
    return this.fail('bad');
  }

  /** A length or number of elements; -1 when there is none. */
  private size(): number {
    if (this.compact) return this.varint();
    return this.step(4) ? i32be(this.bytes, this.at - 4) : -1;
  }

  i32(): number | undefined {
    if (!this.compact) return this.step(4) ? i32be(this.bytes, this.at - 4) : undefined;
    const zigzag = this.varint();
    return zigzag < 0 ? undefined : (zigzag >>> 1) ^ -(zigzag & 1);
  }

  string(bytes_max: number): string | undefined {
    const length = this.size();
    if (this.fault !== undefined || !this.step(length)) return undefined;
    return utf8(this.bytes, this.at - length, this.at, bytes_max);
  }

  /** Reads the head of the next field of a struct: its type, STOP after the last; -1 when there is none. */
  head(): number {
    if (!this.step(1)) return -1;
    const byte = u8(this.bytes, this.at - 1);
    if (byte === STOP) return STOP;
    if (!this.compact) {
      if (!this.step(2)) return -1;
      this.field = u16be(this.bytes, this.at - 2);
      return known(byte) ? byte : this.bad();
    }
    const delta = byte >> 4;
    const id = delta === 0 ? this.i32() : this.field + delta;
    this.field = (id ?? 0) & 0xffff;
    const type = COMPACT_TYPES[byte & 15];
    return type === undefined || type === STOP || id === undefined ? this.bad() : type;
  }

  private bad(): -1 {
    this.fail('bad');
    return -1;
  }

  /** Passes over the rest of a struct. */
  struct(depth = 0): boolean {
    if (depth > DEPTH_MAX) return this.fail('bad');
    for (;;) {
      const type = this.head();
      if (type === STOP) return true;
      if (type < 0 || !this.value(type, depth)) return false;
    }
  }

  value(type: number, depth = 0): boolean {
    if (type === NOTHING) return true;
    if (this.compact && (type === I16 || type === I32 || type === I64)) return this.wide_varint();
    if (type === STRING) return this.step(this.size());
    if (type === STRUCT) {
      const outer = this.field;
      this.field = 0;
      const whole = this.struct(depth + 1);
      this.field = outer;
      return whole;
    }
    if (type === LIST || type === SET) return this.list(depth + 1);
    if (type === MAP) return this.map(depth + 1);
    const size = SIZES[type];
    return size === undefined ? this.fail('bad') : this.step(size);
  }

  private element(compact_type: number): number {
    const type = COMPACT_TYPES[compact_type] ?? -1;
    return type === NOTHING ? BOOL : type;
  }

  private list(depth: number): boolean {
    if (!this.step(1)) return false;
    const byte = u8(this.bytes, this.at - 1);
    const type = this.compact ? this.element(byte & 15) : byte;
    const count = this.compact && byte >> 4 < 15 ? byte >> 4 : this.size();
    return this.elements(count, [type], depth);
  }

  private map(depth: number): boolean {
    if (!this.compact) {
      if (!this.step(2)) return false;
      const types = [u8(this.bytes, this.at - 2), u8(this.bytes, this.at - 1)];
      return this.elements(this.size(), types, depth);
    }
    const count = this.varint();
    if (count === 0) return true;
    if (count < 0 || !this.step(1)) return false;
    const byte = u8(this.bytes, this.at - 1);
    return this.elements(count, [this.element(byte >> 4), this.element(byte & 15)], depth);
  }

  private elements(count: number, types: readonly number[], depth: number): boolean {
    if (this.fault !== undefined) return false;
    if (count < 0 || depth > DEPTH_MAX) return this.fail('bad');
    if (count > 0 && !types.every(known)) return this.fail('bad');
    for (let i = 0; i < count; i++) for (const type of types) if (!this.value(type, depth)) return false;
    return true;
  }
}

function known(type: number): boolean {
  return (
    type === STRING || type === STRUCT || type === MAP || type === SET || type === LIST || SIZES[type] !== undefined
  );
}
