// BSON (bsonspec.org, version 1.1): length (4, little endian, itself included), elements, a zero byte.
// An element: type (1), name up to a zero byte, value.
import { index_of, intern, u8, u32le, utf8 } from '../bytes.ts';

export const TYPE = {
  double: 0x01,
  string: 0x02,
  document: 0x03,
  array: 0x04,
  binary: 0x05,
  undefined: 0x06,
  object_id: 0x07,
  boolean: 0x08,
  date: 0x09,
  null: 0x0a,
  regex: 0x0b,
  pointer: 0x0c,
  code: 0x0d,
  symbol: 0x0e,
  scoped_code: 0x0f,
  int32: 0x10,
  timestamp: 0x11,
  int64: 0x12,
  decimal: 0x13,
} as const;

const FIXED_BYTES: Readonly<Record<number, number>> = {
  [TYPE.double]: 8,
  [TYPE.undefined]: 0,
  [TYPE.object_id]: 12,
  [TYPE.boolean]: 1,
  [TYPE.date]: 8,
  [TYPE.null]: 0,
  [TYPE.int32]: 4,
  [TYPE.timestamp]: 8,
  [TYPE.int64]: 8,
  [TYPE.decimal]: 16,
  // Smallest and largest key.
  255: 0,
  127: 0,
};
const NAME_BYTES_MAX = 1024;

function view(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Size of a value at `at`; -1 when it cannot be told from the bytes before `stop`, or when there is no such type. */
function value_bytes(bytes: Uint8Array, type: number, at: number, stop: number): number {
  const fixed = FIXED_BYTES[type];
  if (fixed !== undefined) return fixed;
  if (type === TYPE.regex) {
    const pattern_end = index_of(bytes, 0, at, stop);
    const options_end = pattern_end < 0 ? -1 : index_of(bytes, 0, pattern_end + 1, stop);
    return options_end < 0 ? -1 : options_end + 1 - at;
  }
  if (at + 4 > stop) return -1;
  const length = u32le(bytes, at);
  if (type === TYPE.document || type === TYPE.array) return length < 5 ? -1 : length;
  if (type === TYPE.scoped_code) return length < 14 ? -1 : length;
  if (type === TYPE.binary) return 5 + length;
  if (length < 1) return -1;
  if (type === TYPE.string || type === TYPE.code || type === TYPE.symbol) return 4 + length;
  return type === TYPE.pointer ? 16 + length : -1;
}

/** The elements of one document, as far as its bytes are known. */
export class Elements {
  type = 0;
  name_start = 0;
  name_end = 0;
  value = 0;
  value_end = 0;
  readonly bytes: Uint8Array;
  #at: number;
  /** Nothing from here on is known, or of this document. */
  readonly stop: number;

  /** A document at `start`; nothing from `stop` on is known. */
  constructor(bytes: Uint8Array, start: number, stop: number) {
    this.bytes = bytes;
    this.#at = start + 4;
    this.stop = Math.min(stop, start + u32le(bytes, start) - 1);
  }

  /** False at the end, and where an element is damaged or not wholly known. */
  next(): boolean {
    const { bytes, stop } = this;
    if (this.#at >= stop) return false;
    this.type = u8(bytes, this.#at);
    this.name_start = this.#at + 1;
    this.name_end = index_of(bytes, 0, this.name_start, Math.min(stop, this.name_start + NAME_BYTES_MAX));
    if (this.type === 0 || this.name_end < 0) return this.#end();
    this.value = this.name_end + 1;
    const size = value_bytes(bytes, this.type, this.value, stop);
    if (size < 0) return this.#end();
    this.value_end = this.value + size;
    this.#at = this.value_end;
    // A document that is cut is worth entering; a value that is cut is worth nothing.
    return this.value_end <= stop || this.nested ? true : this.#end();
  }

  get name(): string {
    return intern(this.bytes, this.name_start, this.name_end);
  }

  get nested(): boolean {
    return this.type === TYPE.document || this.type === TYPE.array;
  }

  /** Of a string, as far as known; undefined for all other types. */
  text(bytes_max = 16_384): string | undefined {
    if (this.type !== TYPE.string && this.type !== TYPE.symbol) return undefined;
    return utf8(this.bytes, this.value + 4, this.value_end - 1, bytes_max);
  }

  /** Of a number or boolean; undefined for all other types. */
  number(): number | undefined {
    if (this.type === TYPE.int32) return view(this.bytes).getInt32(this.value, true);
    if (this.type === TYPE.double) return view(this.bytes).getFloat64(this.value, true);
    if (this.type === TYPE.int64) return Number(view(this.bytes).getBigInt64(this.value, true));
    return this.type === TYPE.boolean ? u8(this.bytes, this.value) : undefined;
  }

  #end(): false {
    this.#at = this.stop;
    return false;
  }
}

/** Whether a document of `size` bytes may begin at `at`, by what is known before `stop`. */
export function holds_document(bytes: Uint8Array, at: number, stop: number, size: number): boolean {
  if (size < 5) return false;
  if (at + size <= stop && u8(bytes, at + size - 1) !== 0) return false;
  if (at + 4 >= stop) return true;
  const type = u8(bytes, at + 4);
  if (type === 0) return size === 5;
  if ((type > TYPE.decimal && type !== 127 && type !== 255) || size < 7) return false;
  return at + 5 >= stop || u8(bytes, at + 5) >= 32 || u8(bytes, at + 5) === 0;
}
