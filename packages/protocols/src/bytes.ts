// Reading of untrusted bytes: every function is total. Outside of [start, end) there is nothing: integer readers give
// NaN-free numbers (missing bytes read as 0) so that a caller checks lengths once, before, and never catches anything.

const decode_latin1 = Buffer.prototype.latin1Slice;
const decode_utf8 = Buffer.prototype.utf8Slice;

export const CR = 13;
export const LF = 10;
export const SPACE = 32;
export const TAB = 9;

export function u8(bytes: Uint8Array, at: number): number {
  return bytes[at] ?? 0;
}

export function u16be(bytes: Uint8Array, at: number): number {
  return (u8(bytes, at) << 8) | u8(bytes, at + 1);
}

export function u24be(bytes: Uint8Array, at: number): number {
  return (u8(bytes, at) << 16) | u16be(bytes, at + 1);
}

export function u32be(bytes: Uint8Array, at: number): number {
  return ((u16be(bytes, at) << 16) | u16be(bytes, at + 2)) >>> 0;
}

/** Above 2^53 rounded to the nearest double. */
export function u64be(bytes: Uint8Array, at: number): number {
  return u32be(bytes, at) * 4_294_967_296 + u32be(bytes, at + 4);
}

export function i32be(bytes: Uint8Array, at: number): number {
  return u32be(bytes, at) | 0;
}

export function u16le(bytes: Uint8Array, at: number): number {
  return u8(bytes, at) | (u8(bytes, at + 1) << 8);
}

export function u24le(bytes: Uint8Array, at: number): number {
  return u16le(bytes, at) | (u8(bytes, at + 2) << 16);
}

export function u32le(bytes: Uint8Array, at: number): number {
  return (u16le(bytes, at) | (u16le(bytes, at + 2) << 16)) >>> 0;
}

/** Above 2^53 rounded to the nearest double. */
export function u64le(bytes: Uint8Array, at: number): number {
  return u32le(bytes, at) + u32le(bytes, at + 4) * 4_294_967_296;
}

/** Index of the first `byte` in [start, end), or -1. */
export function index_of(bytes: Uint8Array, byte: number, start: number, end: number): number {
  for (let at = start; at < end; at++) if (bytes[at] === byte) return at;
  return -1;
}

/** Whether `text` (ASCII) stands at `at`, wholly before `end`. */
export function starts_with(bytes: Uint8Array, at: number, end: number, text: string): boolean {
  if (end - at < text.length) return false;
  for (let i = 0; i < text.length; i++) if (bytes[at + i] !== text.charCodeAt(i)) return false;
  return true;
}

/** As `starts_with`, letters of either case; `text` must be lower case. */
export function starts_with_fold(bytes: Uint8Array, at: number, end: number, text: string): boolean {
  if (end - at < text.length) return false;
  for (let i = 0; i < text.length; i++) {
    const byte = bytes[at + i]!;
    const lower = byte >= 65 && byte <= 90 ? byte | 32 : byte;
    if (lower !== text.charCodeAt(i)) return false;
  }
  return true;
}

/** Index of `text` (ASCII) in [start, end), or -1. */
export function index_of_text(bytes: Uint8Array, text: string, start: number, end: number): number {
  const first = text.charCodeAt(0);
  for (let at = start; at <= end - text.length; at++) {
    if (bytes[at] === first && starts_with(bytes, at, end, text)) return at;
  }
  return -1;
}

/** Unsigned decimal number filling [start, end) exactly; -1 when it is none or has more than 15 digits. */
export function decimal(bytes: Uint8Array, start: number, end: number): number {
  if (end <= start || end - start > 15) return -1;
  let value = 0;
  for (let at = start; at < end; at++) {
    const digit = u8(bytes, at) - 48;
    if (digit < 0 || digit > 9) return -1;
    value = value * 10 + digit;
  }
  return value;
}

/** Value of a hexadecimal digit, or -1. */
export function hex_digit(byte: number): number {
  if (byte >= 48 && byte <= 57) return byte - 48;
  const lower = byte | 32;
  return lower >= 97 && lower <= 102 ? lower - 87 : -1;
}

/** One character a byte. Cheapest decoding; for text known to be ASCII. */
export function latin1(bytes: Uint8Array, start: number, end: number): string {
  return end > start ? decode_latin1.call(bytes, start, end) : '';
}

/**
 * UTF-8 text of at most `bytes_max` bytes, invalid sequences as U+FFFD. A character that the cut falls into is left
 * out, so that cutting never makes a U+FFFD.
 */
export function utf8(bytes: Uint8Array, start: number, end: number, bytes_max = Number.POSITIVE_INFINITY): string {
  if (end <= start) return '';
  if (end - start <= bytes_max) return decode_utf8.call(bytes, start, end);
  let cut = start + bytes_max;
  // Continuation bytes are 10xxxxxx (RFC 3629 section 3); a character has at most three of them.
  for (let back = 0; back < 3 && cut > start && (u8(bytes, cut) & 0xc0) === 0x80; back++) cut--;
  return cut > start ? decode_utf8.call(bytes, start, cut) : '';
}

// Names, paths and hosts repeat from message to message: comparing with a remembered string costs a fraction of making
// a new one, and rows that share strings cost less to encode. One table for the process, one string a slot.
const INTERN_SLOTS = 8192;
const INTERN_BYTES_MAX = 128;
const interned: (string | undefined)[] = new Array<string | undefined>(INTERN_SLOTS).fill(undefined);

function same_text(text: string, bytes: Uint8Array, start: number): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) !== bytes[start + i]) return false;
  return true;
}

/** As `utf8`, for text that is likely to come again. */
export function intern(bytes: Uint8Array, start: number, end: number, bytes_max = 16_384): string {
  const length = end - start;
  if (length > INTERN_BYTES_MAX || length > bytes_max) return utf8(bytes, start, end, bytes_max);
  if (length <= 0) return '';
  let hash = length;
  let any = 0;
  for (let at = start; at < end; at++) {
    const byte = bytes[at]!;
    hash = (Math.imul(hash, 31) + byte) | 0;
    any |= byte;
  }
  if (any > 127) return utf8(bytes, start, end);
  const slot = (hash ^ (hash >>> 13)) & (INTERN_SLOTS - 1);
  const known = interned[slot];
  if (known !== undefined && known.length === length && same_text(known, bytes, start)) return known;
  const text = latin1(bytes, start, end);
  interned[slot] = text;
  return text;
}
