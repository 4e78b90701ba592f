// Numbers of variable length and texts of the native protocol.
import { intern, utf8 } from '../bytes.ts';
import { Cursor } from '../cursor.ts';
import type { Stream } from '../stream.ts';

/** Bytes of a variable-length number at most (documentation, "VarUInt"). */
const VARUINT_BYTES_MAX = 10;
const NAME_BYTES_MAX = 512;

export class ClickhouseCursor extends Cursor {
  /** The text read last. */
  text_start = 0;
  text_stop = 0;

  /** A byte that is 0 or 1. */
  flag(): boolean {
    const value = this.u8();
    if (value > 1) this.bad = true;
    return value === 1;
  }

  /** Above 2^53 rounded. */
  number(): number {
    let value = 0;
    let scale = 1;
    for (let i = 0; i < VARUINT_BYTES_MAX; i++) {
      const byte = this.u8();
      if (this.short) return 0;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
      scale *= 128;
    }
    this.bad = true;
    return 0;
  }

  /** A text of at most `bytes_max` bytes; false when it is not wholly there. */
  text(bytes_max: number): boolean {
    const length = this.number();
    if (length > bytes_max) this.bad = true;
    this.text_start = this.at;
    this.text_stop = this.at;
    if (this.bad || this.take(length) < 0) return false;
    this.text_stop = this.at;
    return true;
  }

  /** The text read last, as a name that is likely to come again. */
  get name(): string {
    return intern(this.bytes, this.text_start, this.text_stop, NAME_BYTES_MAX);
  }

  value(bytes_max: number): string {
    return utf8(this.bytes, this.text_start, this.text_stop, bytes_max);
  }
}

/** Passes as much of `count` bytes as has come or is known to be missing; returns what is left. */
export function pass(stream: Stream, count: number): number {
  let left = count;
  while (left > 0) {
    const step = Math.min(left, stream.end - stream.pos + stream.hole);
    if (step === 0) break;
    stream.advance(step);
    left -= step;
  }
  return left;
}
