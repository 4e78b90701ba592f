// The type system (specification part 1): a constructor byte whose upper half tells how the value's length is found, so that
// any value, however deep, is passed over at once.
import { intern, u16be, u32be, u64be, u8 } from '../bytes.ts';
import { code_of_symbol } from './messages.ts';

const DESCRIBED = 0;
const NULL = 0x40;
/** Bytes of fixed values by the upper half of their constructor (part 1.6). */
const WIDTHS = [-1, -1, -1, -1, 0, 1, 2, 4, 8, 16];
/** Described values within each other. */
const DEPTH_MAX = 8;

const TYPE = {
  true: 0x41,
  false: 0x42,
  uint0: 0x43,
  ulong0: 0x44,
  list0: 0x45,
  ubyte: 0x50,
  smalluint: 0x52,
  smallulong: 0x53,
  boolean: 0x56,
  ushort: 0x60,
  uint: 0x70,
  ulong: 0x80,
  uuid: 0x98,
  binary8: 0xa0,
  string8: 0xa1,
  symbol8: 0xa3,
  binary32: 0xb0,
  string32: 0xb1,
  symbol32: 0xb3,
  list8: 0xc0,
  map8: 0xc1,
  list32: 0xd0,
  map32: 0xd1,
} as const;

/** Reads values one after the other; once one does not fit, or is not of the wanted kind of compound, `failed` is set. */
export class ValueReader {
  at = 0;
  end = 0;
  failed = false;
  #bytes: Uint8Array = new Uint8Array(0);

  begin(bytes: Uint8Array, at: number, end: number): this {
    this.#bytes = bytes;
    this.at = at;
    this.end = end;
    this.failed = false;
    return this;
  }

  #fail(): -1 {
    this.failed = true;
    return -1;
  }

  /** First byte behind the value that `#value` looked at. */
  #next = 0;

  /** First byte behind the constructor and length of a value that is not described; -1: there is none. */
  #value(): number {
    const type = this.at < this.end ? u8(this.#bytes, this.at) : -1;
    const half = type >> 4;
    if (type < 0 || half < 4) return this.#fail();
    let content = this.at + 1;
    let length = half < 10 ? WIDTHS[half]! : 0;
    if (half >= 10) {
      // Even ones have a length of one byte, odd ones of four.
      const wide = (half & 1) === 1;
      const width = wide ? 4 : 1;
      if (content + width > this.end) return this.#fail();
      length = wide ? u32be(this.#bytes, content) : u8(this.#bytes, content);
      content += width;
    }
    if (length > this.end - content) return this.#fail();
    this.#next = content + length;
    return content;
  }

  /** Passes over a value, described or not. */
  skip(depth = 0): void {
    if (this.failed) return;
    while (this.at < this.end && u8(this.#bytes, this.at) === DESCRIBED) {
      if (depth++ >= DEPTH_MAX) {
        this.#fail();
        return;
      }
      this.at++;
      this.skip(depth);
      if (this.failed) return;
    }
    if (this.#value() >= 0) this.at = this.#next;
  }

  get is_null(): boolean {
    return this.at < this.end && u8(this.#bytes, this.at) === NULL;
  }

  /** Where a value is described by a number or a known symbol: that, and what stands behind it is next; else -1. */
  descriptor(): number {
    if (this.failed || this.at >= this.end || u8(this.#bytes, this.at) !== DESCRIBED) return -1;
    this.at++;
    const type = u8(this.#bytes, this.at);
    if (type === TYPE.symbol8 || type === TYPE.symbol32) return code_of_symbol(this.text(64) ?? '');
    return this.number() ?? -1;
  }

  /** First byte behind the list or map that was entered last. */
  compound_end = 0;

  /** Enters a list: returns the number of its values, which are next. */
  list(): number {
    return this.#compound(TYPE.list8, TYPE.list32);
  }

  /** Enters a map: as `list`; keys and values alternate. */
  map(): number {
    return this.#compound(TYPE.map8, TYPE.map32);
  }

  #compound(narrow: number, wide: number): number {
    const type = this.at < this.end ? u8(this.#bytes, this.at) : -1;
    const content = this.failed ? -1 : this.#value();
    if (content < 0) return 0;
    this.compound_end = this.#next;
    if (type === TYPE.list0 && narrow === TYPE.list8) {
      this.at = this.#next;
      return 0;
    }
    const width = type === narrow ? 1 : 4;
    if ((type !== narrow && type !== wide) || content + width > this.#next) {
      this.#fail();
      return 0;
    }
    this.at = content + width;
    return width === 1 ? u8(this.#bytes, content) : u32be(this.#bytes, content);
  }

  /** An unsigned number; undefined for null and all others, which are passed over. */
  number(): number | undefined {
    const bytes = this.#bytes;
    const type = u8(bytes, this.at);
    const at = this.at + 1;
    this.skip();
    if (this.failed) return undefined;
    switch (type) {
      case TYPE.uint0:
      case TYPE.ulong0:
        return 0;
      case TYPE.ubyte:
      case TYPE.smalluint:
      case TYPE.smallulong:
        return u8(bytes, at);
      case TYPE.ushort:
        return u16be(bytes, at);
      case TYPE.uint:
        return u32be(bytes, at);
      case TYPE.ulong:
        return u64be(bytes, at);
      default:
        return undefined;
    }
  }

  /** As `number`, for true and false. */
  boolean(): boolean | undefined {
    const type = u8(this.#bytes, this.at);
    const byte = u8(this.#bytes, this.at + 1);
    this.skip();
    if (this.failed) return undefined;
    if (type === TYPE.boolean) return byte !== 0;
    return type === TYPE.true || (type === TYPE.false ? false : undefined);
  }

  /** A string or symbol, cut to `bytes_max`; undefined for null and all others, which are passed over. */
  text(bytes_max: number): string | undefined {
    const type = u8(this.#bytes, this.at);
    const content = this.at + (type >= 0xb0 ? 5 : 2);
    this.skip();
    if (this.failed) return undefined;
    const is_text = type === TYPE.string8 || type === TYPE.string32 || type === TYPE.symbol8 || type === TYPE.symbol32;
    return is_text ? intern(this.#bytes, content, this.at, bytes_max) : undefined;
  }

  /** An id as messages have them (part 3.2.11): text, number, UUID, or bytes as hexadecimal digits. */
  id(bytes_max: number): string | undefined {
    const start = this.at;
    const type = u8(this.#bytes, start);
    if (type === TYPE.ulong || type === TYPE.smallulong || type === TYPE.ulong0) {
      const number = this.number();
      if (number === undefined || Number.isSafeInteger(number)) return number?.toString();
      const [high, low] = [u32be(this.#bytes, start + 1), u32be(this.#bytes, start + 5)];
      return String((BigInt(high) << 32n) | BigInt(low));
    }
    if (type === TYPE.uuid || type === TYPE.binary8 || type === TYPE.binary32) {
      this.skip();
      if (this.failed) return undefined;
      const content = start + (type === TYPE.uuid ? 1 : type === TYPE.binary8 ? 2 : 5);
      const bytes = this.#bytes.subarray(content, Math.min(this.at, content + (bytes_max >> 1)));
      const hex = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('hex');
      return type === TYPE.uuid ? hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-') : hex;
    }
    return this.text(bytes_max);
  }
}

/** The fields of a list in their order; those that are left out at its end are absent, as null is. */
export class Fields {
  readonly #reader: ValueReader;
  #left: number;
  /** First byte behind the list. */
  readonly end: number;

  constructor(reader: ValueReader) {
    this.#reader = reader;
    this.#left = reader.list();
    this.end = reader.compound_end;
  }

  /** Whether there is a further field, which is next in the reader. */
  next(): boolean {
    return this.#left-- > 0 && !this.#reader.failed;
  }

  skip(count: number): void {
    for (let i = 0; i < count && this.next(); i++) this.#reader.skip();
  }

  number(): number | undefined {
    return this.next() ? this.#reader.number() : undefined;
  }

  boolean(): boolean | undefined {
    return this.next() ? this.#reader.boolean() : undefined;
  }

  text(bytes_max: number): string | undefined {
    return this.next() ? this.#reader.text(bytes_max) : undefined;
  }

  id(bytes_max: number): string | undefined {
    return this.next() ? this.#reader.id(bytes_max) : undefined;
  }
}
