// Search filters as text (RFC 4515), values shown as '?' when that is wished.
import { utf8 } from '../bytes.ts';
import { type Element, elements } from '../asn1/ber.ts';

const DEPTH_MAX = 12;
const PARTS_MAX = 64;
const TEXT_BYTES_MAX = 256;
const SIGNS: Readonly<Record<number, string>> = { 163: '=', 165: '>=', 166: '<=', 168: '~=' };
const LISTS: Readonly<Record<number, string>> = { 160: '&', 161: '|', 162: '!' };
const SUBSTRINGS = 164;
const PRESENT = 135;
const EXTENSIBLE = 169;

export function filter_text(bytes: Uint8Array, filter: Element, redact: boolean, depth = 0): string {
  const { tag, start, end } = filter;
  const text = (part: Element | undefined): string =>
    part === undefined ? '' : utf8(bytes, part.start, part.end, TEXT_BYTES_MAX);
  if (tag === PRESENT) return `(${utf8(bytes, start, end, TEXT_BYTES_MAX)}=*)`;
  if (depth >= DEPTH_MAX) return '(...)';
  const parts = elements(bytes, start, end, PARTS_MAX);
  const list = LISTS[tag];
  if (list !== undefined) {
    return `(${list}${parts.map((part) => filter_text(bytes, part, redact, depth + 1)).join('')})`;
  }
  const [name, value] = parts;
  const sign = SIGNS[tag];
  if (sign !== undefined) return `(${text(name)}${sign}${redact ? '?' : text(value)})`;
  if (tag === SUBSTRINGS && value !== undefined) {
    // Initial [0], any [1], final [2].
    const pieces = elements(bytes, value.start, value.end, PARTS_MAX);
    const middle = pieces.map((piece) => (redact ? '?' : text(piece))).join('*');
    const before = pieces[0]?.tag === 0x80 ? '' : '*';
    const after = pieces.at(-1)?.tag === 0x82 ? '' : '*';
    return `(${text(name)}=${before}${middle}${after})`;
  }
  return tag === EXTENSIBLE ? '(:=?)' : '(?)';
}
