// Fields of a protobuf message (Protocol Buffers encoding, "Message structure"), one after the other.
import { u8, u32le } from '../bytes.ts';

const [VARINT, FIXED64, BYTES, FIXED32] = [0, 1, 2, 5] as const;
const VARINT_BYTES_MAX = 10;

export class Fields {
  /** Of the field that `next` found: 0 after the last. */
  number = 0;
  /** A number's lower 32 bits, unsigned, and all of it; rounded above 2^53. */
  low = 0;
  value = 0;
  /** Bytes of a text or message. Beyond `end` where that is a cut. */
  start = 0;
  stop = 0;
  /** Whether `next` came upon what is no field. */
  damaged = false;
  #at: number;
  readonly #bytes: Uint8Array;
  readonly #end: number;

  constructor(bytes: Uint8Array, start: number, end: number) {
    this.#bytes = bytes;
    this.#at = start;
    this.#end = end;
  }

  /** Whether all of [start, end) has been read and nothing reached beyond. */
  get whole(): boolean {
    return !this.damaged && this.#at === this.#end;
  }

  next(): boolean {
    this.number = 0;
    if (this.#at >= this.#end || !this.#varint()) return false;
    const { low, value } = this;
    const [number, wire] = [low >>> 3, low & 7];
    if (number === 0 || value !== low) return this.#fail();
    if (wire === VARINT) {
      if (!this.#varint()) return false;
      this.start = this.stop = this.#at;
    } else {
      let length = wire === FIXED64 ? 8 : 4;
      if (wire === BYTES) {
        if (!this.#varint()) return false;
        length = this.value;
      } else if (wire !== FIXED64 && wire !== FIXED32) return this.#fail();
      this.start = this.#at;
      this.stop = this.#at += length;
      this.low = wire === BYTES ? 0 : u32le(this.#bytes, this.start);
      this.value = this.low;
    }
    this.number = number;
    return true;
  }

  #fail(): false {
    this.damaged = true;
    return false;
  }

  #varint(): boolean {
    let low = 0;
    let value = 0;
    let factor = 1;
    for (let i = 0; i < VARINT_BYTES_MAX; i++) {
      if (this.#at >= this.#end) return this.#fail();
      const byte = u8(this.#bytes, this.#at++);
      if (i < 5) low |= (byte & 0x7f) << (7 * i);
      value += (byte & 0x7f) * factor;
      factor *= 128;
      if (byte >= 0x80) continue;
      this.low = low >>> 0;
      this.value = value;
      return true;
    }
    return this.#fail();
  }
}
