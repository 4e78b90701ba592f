// Protobuf's wire format, read in place and written. Reading never goes behind the end: what is not well-formed is a ProfileError.
import { ProfileError } from './profile.ts';

const broken = (): ProfileError => new ProfileError('The protobuf message is damaged or cut short.');
/** Of the wire format. */
export const VARINT = 0;
export const FIXED64 = 1;
export const BYTES = 2;
export const FIXED32 = 5;
const TWO_32 = 2 ** 32;
const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });

/** One message: `next` goes to a field, then exactly one of the readers or `skip` takes its value. */
export class Reader {
  private readonly bytes: Uint8Array;
  private readonly view: DataView;
  private readonly start: number;
  private at: number;
  private readonly end: number;
  field = 0;
  wire = 0;

  constructor(bytes: Uint8Array, start = 0, end = bytes.length, view?: DataView) {
    this.bytes = bytes;
    this.view = view ?? new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.start = start;
    this.at = start;
    this.end = end;
  }

  /** The same message from its beginning. */
  again(): Reader {
    return new Reader(this.bytes, this.start, this.end, this.view);
  }

  next(): boolean {
    if (this.at >= this.end) return false;
    const tag = this.varint();
    this.field = Math.floor(tag / 8);
    this.wire = tag & 7;
    if (this.field <= 0) throw broken();
    return true;
  }

  /** Signed 64 bits of a varint or a fixed field; exact below 2^53. */
  number(): number {
    if (this.wire === VARINT) return this.varint();
    const at = this.take(this.wire === FIXED64 ? 8 : this.wire === FIXED32 ? 4 : -1);
    if (this.wire === FIXED32) return this.view.getInt32(at, true);
    return this.view.getInt32(at + 4, true) * TWO_32 + this.view.getUint32(at, true);
  }

  /** The same, exact, unsigned. */
  big(): bigint {
    if (this.wire === FIXED64) return this.view.getBigUint64(this.take(8), true);
    const start = this.at;
    this.number();
    let value = 0n;
    for (let at = this.at - 1; at >= start; at--) value = (value << 7n) | BigInt(this.bytes[at]! & 0x7f);
    return BigInt.asUintN(64, value);
  }

  double(): number {
    if (this.wire !== FIXED64) throw broken();
    return this.view.getFloat64(this.take(8), true);
  }

  /** A message within this one. */
  message(): Reader {
    const [start, end] = this.range();
    return new Reader(this.bytes, start, end, this.view);
  }

  raw(): Uint8Array {
    return this.bytes.subarray(...this.range());
  }

  text(): string {
    return utf8.decode(this.raw());
  }

  /** A repeated number, packed or one by one. */
  numbers(into: number[], max: number): void {
    if (this.wire !== BYTES) into.push(this.number());
    else {
      const [start, end] = this.range();
      const packed = new Reader(this.bytes, start, end, this.view);
      while (packed.at < end) {
        into.push(packed.varint());
        if (into.length > max) break;
      }
    }
    if (into.length > max) throw new ProfileError(`A list has more than ${max} numbers.`, 413);
  }

  /** A repeated fixed64, packed or one by one, in milliseconds where it is in nanoseconds since 1970. */
  nanos_as_ms(into: number[], max: number): void {
    if (this.wire !== BYTES) into.push(Number(this.big() / 1_000_000n));
    else {
      const [start, end] = this.range();
      if ((end - start) % 8 !== 0) throw broken();
      if ((end - start) / 8 > max) throw new ProfileError(`A list has more than ${max} times.`, 413);
      for (let at = start; at < end; at += 8) into.push(Number(this.view.getBigUint64(at, true) / 1_000_000n));
    }
  }

  skip(): void {
    if (this.wire === VARINT) this.varint();
    else if (this.wire === BYTES) this.range();
    else this.take(this.wire === FIXED64 ? 8 : this.wire === FIXED32 ? 4 : -1);
  }

  private take(size: number): number {
    const at = this.at;
    if (size < 0 || at + size > this.end) throw broken();
    this.at += size;
    return at;
  }

  private range(): [start: number, end: number] {
    if (this.wire !== BYTES) throw broken();
    const size = this.varint();
    if (size < 0) throw broken();
    const start = this.take(size);
    return [start, start + size];
  }

  private varint(): number {
    const { bytes, end } = this;
    let low = 0;
    let high = 0;
    for (let i = 0; i < 10; i++) {
      if (this.at >= end) throw broken();
      const byte = bytes[this.at++]!;
      const bits = byte & 0x7f;
      if (i < 4) low |= bits << (7 * i);
      else if (i === 4) {
        low |= bits << 28;
        high = bits >>> 4;
      } else high |= bits << (7 * i - 32);
      if (byte < 0x80) return (high | 0) * TWO_32 + (low >>> 0);
    }
    throw broken();
  }
}

/** One message being written; fields of value 0 and empty texts are left out, as proto3 does. */
export class Writer {
  private bytes = new Uint8Array(256);
  private at = 0;

  number(field: number, value: number): void {
    if (value === 0) return;
    this.tag(field, VARINT);
    this.varint(value);
  }

  /** Packed. */
  numbers(field: number, values: readonly number[]): void {
    if (values.length === 0) return;
    const packed = new Writer();
    for (const value of values) packed.varint(value);
    this.raw(field, packed.done());
  }

  double(field: number, value: number): void {
    if (value === 0) return;
    this.tag(field, FIXED64);
    this.reserve(8);
    new DataView(this.bytes.buffer).setFloat64(this.at, value, true);
    this.at += 8;
  }

  text(field: number, value: string): void {
    if (value !== '') this.raw(field, Buffer.from(value));
  }

  message(field: number, fill: (inner: Writer) => void): void {
    const inner = new Writer();
    fill(inner);
    this.raw(field, inner.done());
  }

  /** Bytes, or a text that may be empty. */
  raw(field: number, value: Uint8Array): void {
    this.tag(field, BYTES);
    this.varint(value.length);
    this.reserve(value.length);
    this.bytes.set(value, this.at);
    this.at += value.length;
  }

  done(): Uint8Array {
    return this.bytes.subarray(0, this.at);
  }

  private tag(field: number, wire: number): void {
    this.varint(field * 8 + wire);
  }

  private varint(value: number): void {
    this.reserve(10);
    let low = value >>> 0;
    let high = Math.floor(value / TWO_32) >>> 0;
    while (high > 0 || low >= 0x80) {
      this.bytes[this.at++] = (low & 0x7f) | 0x80;
      low = ((low >>> 7) | (high << 25)) >>> 0;
      high >>>= 7;
    }
    this.bytes[this.at++] = low;
  }

  private reserve(size: number): void {
    if (this.at + size <= this.bytes.length) return;
    const grown = new Uint8Array(Math.max(this.bytes.length * 2, this.at + size));
    grown.set(this.bytes.subarray(0, this.at));
    this.bytes = grown;
  }
}
