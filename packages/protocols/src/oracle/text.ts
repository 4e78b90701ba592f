// Text whose length is declared elsewhere in the message, found by that length: what stands between differs from version to version.
import { u8, utf8 } from '../bytes.ts';
import { CHUNKED } from './cursor.ts';

/** Declared lengths are of the widest characters that the server's set could have: up to so many bytes for each. */
const WIDTH_MAX = 4;
const SHORT_MAX = 253;
/** Of a text that is cut: so many of its bytes must be there to trust it. */
const CUT_MIN = 8;

/** A byte that statements and names have. */
function is_text(byte: number): boolean {
  return byte >= 0x20 ? byte !== 0x7f : byte >= 9 && byte <= 13;
}

function all_text(bytes: Uint8Array, start: number, stop: number): boolean {
  for (let i = start; i < stop; i++) if (!is_text(u8(bytes, i))) return false;
  return true;
}

/** End of the text: clients of old send the 0 behind it as part of it. */
function without_zero(bytes: Uint8Array, start: number, stop: number): number {
  return stop > start && u8(bytes, stop - 1) === 0 ? stop - 1 : stop;
}

/** The text that begins somewhere in [from, to), of bytes that end, perhaps too early, at `stop`. */
export function find_text(
  bytes: Uint8Array,
  from: number,
  to: number,
  stop: number,
  declared: number,
  bytes_max: number,
): string | undefined {
  const until = Math.min(to, stop);
  for (let at = from; at < until; at++) {
    const byte = u8(bytes, at);
    if (byte === CHUNKED) {
      const text = pieces(bytes, at + 1, stop, declared, bytes_max);
      if (text !== undefined) return text;
    } else if (byte > 0 && byte < SHORT_MAX && is_declared(byte, declared)) {
      const text = plain(bytes, at + 1, Math.min(stop, at + 1 + byte), at + 1 + byte, bytes_max);
      if (text !== undefined) return text;
    }
  }
  return undefined;
}

/** As `find_text`, of text without a length of its own: the first that is as long as declared. */
export function find_bare_text(
  bytes: Uint8Array,
  from: number,
  to: number,
  stop: number,
  declared: number,
  bytes_max: number,
): string | undefined {
  let at = from;
  while (at < to && at < stop && u8(bytes, at) <= 1) at++;
  return at < to ? plain(bytes, at, Math.min(stop, at + declared), at + declared, bytes_max) : undefined;
}

function is_declared(length: number, declared: number): boolean {
  return declared % length === 0 && declared / length <= WIDTH_MAX;
}

function plain(bytes: Uint8Array, start: number, stop: number, end: number, bytes_max: number): string | undefined {
  if (stop < end && stop - start < CUT_MIN) return undefined;
  const last = stop === end ? without_zero(bytes, start, end) : stop;
  return last > start && all_text(bytes, start, last) ? utf8(bytes, start, last, bytes_max) : undefined;
}

/** Pieces behind their lengths: of one byte, or numbers in the portable encoding. */
function pieces(
  bytes: Uint8Array,
  start: number,
  stop: number,
  declared: number,
  bytes_max: number,
): string | undefined {
  const wide = u8(bytes, start) <= 4;
  const parts: string[] = [];
  let total = 0;
  let at = start;
  for (;;) {
    let length = 0;
    if (wide) {
      const width = u8(bytes, at);
      if (width > 4) return undefined;
      for (let i = 0; i < width; i++) length = length * 256 + u8(bytes, at + 1 + i);
      at += 1 + width;
    } else length = u8(bytes, at++);
    if (at >= stop || length === 0) break;
    const end = Math.min(stop, at + length);
    if (total + length > declared || !all_text(bytes, at, without_zero(bytes, at, end))) return undefined;
    if (total < bytes_max) parts.push(utf8(bytes, at, without_zero(bytes, at, end), bytes_max - total));
    total += length;
    at += length;
    if (at >= stop) break;
  }
  const is_whole = at < stop || total === declared;
  if (total === 0 || (is_whole && !is_declared(total, declared)) || (!is_whole && total < CUT_MIN)) return undefined;
  return parts.join('');
}
