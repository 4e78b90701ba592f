// Texts of TDS: UTF-16 behind their lengths.
import { Cursor } from '../cursor.ts';

const decode_utf16 = Buffer.prototype.ucs2Slice;

/** UTF-16 text in [start, stop), of at most `characters_max`. */
export function utf16(bytes: Uint8Array, start: number, stop: number, characters_max: number): string {
  const end = Math.min(stop, start + 2 * characters_max);
  return end - start < 2 ? '' : decode_utf16.call(bytes, start, end - ((end - start) & 1));
}

export class TdsCursor extends Cursor {
  /** UTF-16 text of so many characters, of which `characters_max` are kept. */
  text(characters: number, characters_max = 1024): string {
    const at = this.take(2 * characters);
    return at < 0 ? '' : utf16(this.bytes, at, at + 2 * characters, characters_max);
  }

  /** Text behind its length in a byte, and in two. */
  b_text(): string {
    return this.text(this.u8());
  }

  us_text(characters_max?: number): string {
    return this.text(this.u16(), characters_max);
  }
}
