// How a link writes its messages: the standard leaves it open whether digits are characters or packed two to a byte, whether
// bitmaps are bytes or hexadecimal digits, and what stands before a message. A link keeps to one way.
import { hex_digit, intern, u8 } from '../bytes.ts';

export interface Encoding {
  /** Digits: a character each, or packed. */
  readonly digits: 'ascii' | 'ebcdic' | 'packed';
  /** Lengths before fields: as digits are, or a number of one byte (two for LLL). */
  readonly lengths: 'digits' | 'binary';
  readonly hex_bitmap: boolean;
  /** Fields of bytes are written as hexadecimal digits. */
  readonly hex_bytes: boolean;
  /** The private fields of UnionPay's terminals, and currency codes, are packed too. */
  readonly packed_private: boolean;
  readonly packed_currency: boolean;
}

const plain = (digits: Encoding['digits'], more: Partial<Encoding> = {}): Encoding => ({
  digits,
  lengths: 'digits',
  hex_bitmap: false,
  hex_bytes: false,
  packed_private: false,
  packed_currency: false,
  ...more,
});

/** In the order in which they are tried. */
export const ENCODINGS: readonly Encoding[] = [
  plain('ascii'),
  plain('ascii', { hex_bitmap: true, hex_bytes: true }),
  plain('ascii', { hex_bitmap: true }),
  plain('packed'),
  plain('packed', { packed_private: true }),
  plain('packed', { packed_currency: true }),
  plain('packed', { packed_private: true, packed_currency: true }),
  plain('packed', { lengths: 'binary' }),
  plain('packed', { lengths: 'binary', packed_currency: true }),
  plain('ebcdic'),
];

/** Value of the decimal digit at position `index` of a number that begins at `at`; -1 when it is none. */
export function digit_at(encoding: Encoding, bytes: Uint8Array, at: number, index: number): number {
  if (encoding.digits === 'packed') {
    const byte = u8(bytes, at + (index >> 1));
    const nibble = (index & 1) === 0 ? byte >> 4 : byte & 15;
    return nibble <= 9 ? nibble : -1;
  }
  const digit = u8(bytes, at + index) - (encoding.digits === 'ascii' ? 0x30 : 0xf0);
  return digit >= 0 && digit <= 9 ? digit : -1;
}

/** Bytes of a number of so many digits. */
export function width_of(encoding: Encoding, digits: number): number {
  return encoding.digits === 'packed' ? (digits + 1) >> 1 : digits;
}

/** The number in `digits` digits at `at`; packed, an odd one has a zero before it. -1: there is none. */
export function number_at(encoding: Encoding, bytes: Uint8Array, at: number, digits: number): number {
  const count = encoding.digits === 'packed' ? digits + (digits & 1) : digits;
  let value = 0;
  for (let i = 0; i < count; i++) {
    const digit = digit_at(encoding, bytes, at, i);
    if (digit < 0) return -1;
    value = value * 10 + digit;
  }
  return value;
}

/** Decimal digits in [at, end) as text; what is no digit (padding) is left out. */
export function digits_text(encoding: Encoding, bytes: Uint8Array, at: number, end: number): string {
  if (encoding.digits === 'ascii') return intern(bytes, at, end);
  const count = encoding.digits === 'packed' ? (end - at) * 2 : end - at;
  let text = '';
  for (let i = 0; i < count; i++) {
    const digit = digit_at(encoding, bytes, at, i);
    if (digit >= 0) text += digit;
  }
  return text;
}

const SPACE = 0x20;
// EBCDIC (code page 037): rows of letters, and the space.
const EBCDIC_SPACE = 0x40;

/** The character of a byte of text, which may be EBCDIC also where numbers are packed; '' for none that is printable. */
function character(byte: number): string {
  if (byte >= 0x20 && byte <= 0x7e) return String.fromCharCode(byte);
  const low = byte & 15;
  const row = byte >> 4;
  if (row === 15 && low <= 9) return String.fromCharCode(0x30 + low);
  if (row >= 12 && row <= 14 && low >= (row === 14 ? 2 : 1) && low <= 9) {
    return String.fromCharCode(0x41 + (row === 12 ? low - 1 : row === 13 ? low + 8 : low + 16));
  }
  return '';
}

/** Text in [at, end) without the spaces at its end. */
export function text_at(encoding: Encoding, bytes: Uint8Array, at: number, end: number): string {
  let to = end;
  while (to > at && bytes[to - 1] === SPACE) to--;
  let plain = encoding.digits !== 'ebcdic';
  for (let i = at; i < to; i++) if (bytes[i]! < SPACE || bytes[i]! > 0x7e) plain = false;
  if (plain) return intern(bytes, at, to);
  let text = '';
  for (let i = at; i < end; i++) {
    const byte = u8(bytes, i);
    text += encoding.digits === 'ebcdic' && byte === EBCDIC_SPACE ? ' ' : character(byte);
  }
  return text.trimEnd();
}

/** Whether each byte in [at, end) can be a character of a text: some countries write their own script. */
export function is_text(bytes: Uint8Array, at: number, end: number): boolean {
  for (let i = at; i < end; i++) if (u8(bytes, i) < 0x20 || u8(bytes, i) === 0x7f) return false;
  return true;
}

/** Eight bytes of a bitmap at `at`, into `into` from `to` on; false when they are no hexadecimal digits. */
export function read_bitmap(encoding: Encoding, bytes: Uint8Array, at: number, into: Uint8Array, to: number): boolean {
  for (let i = 0; i < 8; i++) {
    if (!encoding.hex_bitmap) into[to + i] = u8(bytes, at + i);
    else {
      const high = hex_digit(u8(bytes, at + 2 * i));
      const low = hex_digit(u8(bytes, at + 2 * i + 1));
      if (high < 0 || low < 0) return false;
      into[to + i] = high * 16 + low;
    }
  }
  return true;
}
