// Names of X.500 as text (RFC 4514): the most special part first, types by their short names.
import { latin1, u8, utf8 } from '../bytes.ts';
import { type Element, elements } from './ber.ts';

const PARTS_MAX = 32;
const TEXT_BYTES_MAX = 256;
const BMP_STRING = 30;
const TELETEX_STRING = 20;

/** Attribute types by the bytes of their identifier (RFC 4514 section 3, RFC 4519, RFC 5280 appendix A). */
const TYPES: ReadonlyMap<string, string> = new Map([
  ['\x55\x04\x03', 'CN'],
  ['\x55\x04\x04', 'SN'],
  ['\x55\x04\x05', 'serialNumber'],
  ['\x55\x04\x06', 'C'],
  ['\x55\x04\x07', 'L'],
  ['\x55\x04\x08', 'ST'],
  ['\x55\x04\x09', 'street'],
  ['\x55\x04\x0a', 'O'],
  ['\x55\x04\x0b', 'OU'],
  ['\x55\x04\x0c', 'title'],
  ['\x55\x04\x0f', 'businessCategory'],
  ['\x55\x04\x11', 'postalCode'],
  ['\x55\x04\x2a', 'GN'],
  ['\x55\x04\x61', 'organizationIdentifier'],
  ['\x09\x92\x26\x89\x93\xf2\x2c\x64\x01\x01', 'UID'],
  ['\x09\x92\x26\x89\x93\xf2\x2c\x64\x01\x19', 'DC'],
  ['\x2a\x86\x48\x86\xf7\x0d\x01\x09\x01', 'emailAddress'],
]);

/** `name`: an RDNSequence. */
export function name_text(bytes: Uint8Array, name: Element): string {
  const parts: string[] = [];
  for (const set of elements(bytes, name.start, name.end, PARTS_MAX)) {
    const pairs = elements(bytes, set.start, set.end, PARTS_MAX).map((pair) => pair_text(bytes, pair));
    parts.unshift(pairs.join('+'));
  }
  return parts.join(',');
}

function pair_text(bytes: Uint8Array, pair: Element): string {
  const [type, value] = elements(bytes, pair.start, pair.end, 2);
  if (type === undefined || value === undefined) return '';
  const key = latin1(bytes, type.start, type.end);
  return `${TYPES.get(key) ?? oid_text(bytes, type.start, type.end)}=${escaped(value_text(bytes, value))}`;
}

function value_text(bytes: Uint8Array, { tag, start, end }: Element): string {
  const stop = Math.min(end, start + TEXT_BYTES_MAX);
  if (tag === TELETEX_STRING) return latin1(bytes, start, stop);
  if (tag !== BMP_STRING) return utf8(bytes, start, end, TEXT_BYTES_MAX);
  let text = '';
  for (let at = start; at + 1 < stop; at += 2) text += String.fromCharCode((u8(bytes, at) << 8) | u8(bytes, at + 1));
  return text;
}

/** RFC 4514 section 2.4. */
function escaped(text: string): string {
  let out = '';
  for (let i = 0; i < text.length; i++) {
    const character = text[i]!;
    const outermost =
      (i === 0 && (character === ' ' || character === '#')) || (i === text.length - 1 && character === ' ');
    if (character < ' ' || character === '\x7f') out += `\\${character.charCodeAt(0).toString(16).padStart(2, '0')}`;
    else out += outermost || ',+"\\<>;'.includes(character) ? `\\${character}` : character;
  }
  return out;
}

/** Numbers with dots (X.690 section 8.19). */
function oid_text(bytes: Uint8Array, start: number, end: number): string {
  const numbers: number[] = [];
  let value = 0;
  for (let at = start; at < end && numbers.length < PARTS_MAX; at++) {
    const byte = u8(bytes, at);
    value = value * 128 + (byte & 0x7f);
    if (byte >= 0x80) continue;
    if (numbers.length > 0) numbers.push(value);
    else numbers.push(Math.min(2, Math.floor(value / 40)), value - 40 * Math.min(2, Math.floor(value / 40)));
    value = 0;
  }
  return numbers.join('.');
}
