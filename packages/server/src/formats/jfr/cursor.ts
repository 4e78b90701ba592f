// Numbers and strings of a flight recording: big-endian headers, integers in seven bits a byte behind them.
import { ProfileError } from '../profile.ts';

export const broken = (): ProfileError => new ProfileError('The flight recording is damaged or cut short.');
const TWO_32 = 2 ** 32;

/** A string that stands in the pool of strings, by its key. */
export interface StringRef {
  readonly key: number;
}
/** How a string is written. */
const STRING = { none: 0, empty: 1, pool: 2, utf8: 3, chars: 4, latin1: 5 } as const;

export class Cursor {
  readonly bytes: Buffer;
  at: number;
  /** Nothing behind it is read. */
  end: number;

  constructor(bytes: Buffer, at: number, end: number) {
    this.bytes = bytes;
    this.at = at;
    this.end = end;
  }

  byte(): number {
    if (this.at >= this.end) throw broken();
    return this.bytes[this.at++]!;
  }

  skip(size: number): number {
    const at = this.at;
    if (size < 0 || at + size > this.end) throw broken();
    this.at += size;
    return at;
  }

  /** Signed 64 bits in up to nine bytes, the ninth whole; exact below 2^53. */
  long(): number {
    let low = 0;
    let high = 0;
    for (let i = 0; i < 9; i++) {
      const byte = this.byte();
      const bits = i === 8 ? byte : byte & 0x7f;
      if (i < 4) low |= bits << (7 * i);
      else if (i === 4) {
        low |= bits << 28;
        high = bits >>> 4;
      } else high |= bits << (7 * i - 32);
      if (byte < 0x80 || i === 8) break;
    }
    return (high | 0) * TWO_32 + (low >>> 0);
  }

  /** A number of things of at least one byte each. */
  count(): number {
    const count = this.long();
    if (count < 0 || count > this.end - this.at) throw broken();
    return count;
  }

  string(): string | StringRef {
    const how = this.byte();
    if (how === STRING.none || how === STRING.empty) return '';
    if (how === STRING.pool) return { key: this.long() };
    if (how === STRING.utf8 || how === STRING.latin1) {
      const size = this.count();
      const at = this.skip(size);
      return this.bytes.toString(how === STRING.utf8 ? 'utf8' : 'latin1', at, at + size);
    }
    if (how !== STRING.chars) throw broken();
    const chars: number[] = new Array(this.count());
    for (let i = 0; i < chars.length; i++) chars[i] = this.long() & 0xffff;
    let text = '';
    for (let i = 0; i < chars.length; i += 4096) text += String.fromCharCode(...chars.slice(i, i + 4096));
    return text;
  }
}
