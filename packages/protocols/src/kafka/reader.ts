// Fields of requests and responses (kafka.apache.org/protocol, "Protocol Primitive Types"), read one after the other. Past
// the readable bytes everything is empty or 0 and `short` is set: what was read before stays right.
import { i32be, intern, u16be, u8 } from '../bytes.ts';

const VARINT_BYTES_MAX = 5;

export class FieldReader {
  at: number;
  /** Something did not fit into what is readable, or cannot be. */
  short = false;
  readonly bytes: Uint8Array;
  readonly stop: number;
  readonly flexible: boolean;

  constructor(bytes: Uint8Array, at: number, stop: number, flexible: boolean) {
    this.bytes = bytes;
    this.at = at;
    this.stop = stop;
    this.flexible = flexible;
  }

  /** Whether `n` bytes are there; the place moves past them either way. */
  skip(n: number): boolean {
    if (this.short || n < 0 || n > this.stop - this.at) {
      this.short = true;
      return false;
    }
    this.at += n;
    return true;
  }

  int8(): number {
    return this.skip(1) ? u8(this.bytes, this.at - 1) : 0;
  }

  int16(): number {
    return this.skip(2) ? (u16be(this.bytes, this.at - 2) << 16) >> 16 : 0;
  }

  int32(): number {
    return this.skip(4) ? i32be(this.bytes, this.at - 4) : 0;
  }

  /** -1 for all negative numbers. */
  int64(): number {
    if (!this.skip(8)) return 0;
    const high = i32be(this.bytes, this.at - 8);
    return high < 0 ? -1 : high * 4_294_967_296 + (i32be(this.bytes, this.at - 4) >>> 0);
  }

  uvarint(): number {
    let value = 0;
    for (let i = 0; i < VARINT_BYTES_MAX; i++) {
      const byte = this.int8();
      value += (byte & 127) * 2 ** (7 * i);
      if (byte < 128) return value;
    }
    this.short = true;
    return 0;
  }

  /** ZigZag, of 32 bits. */
  varint(): number {
    const value = this.uvarint();
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }

  skip_varlong(): void {
    for (let i = 0; i < 10; i++) if (this.int8() < 128) return;
    this.short = true;
  }

  /** Number of elements that follow; 0 for none and for null. */
  count(): number {
    const n = this.flexible ? this.uvarint() - 1 : this.int32();
    return n > 0 && !this.short ? n : 0;
  }

  /** Text, '' for null. */
  text(bytes_max: number): string {
    const length = this.flexible ? this.uvarint() - 1 : this.int16();
    if (length < 0 || !this.skip(length)) return '';
    return intern(this.bytes, this.at - length, this.at, bytes_max);
  }

  /** Length of bytes that follow; -1 for null. */
  bytes_length(): number {
    return this.flexible ? this.uvarint() - 1 : this.int32();
  }

  uuid(): string {
    if (!this.skip(16)) return '';
    // As Kafka prints topic ids: base64 of the 16 bytes, without padding, safe in file names.
    return Buffer.from(this.bytes.subarray(this.at - 16, this.at)).toString('base64url');
  }

  tags(): void {
    if (!this.flexible) return;
    for (let n = this.uvarint(); n > 0 && !this.short; n--) {
      this.uvarint();
      this.skip(this.uvarint());
    }
  }
}
