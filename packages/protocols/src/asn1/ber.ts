// Basic Encoding Rules as LDAP (RFC 4511 section 5.1) and the DER of certificates use them: one-byte tags, definite lengths.
import { u8 } from '../bytes.ts';

export const TAG = { boolean: 1, integer: 2, octets: 4, enumerated: 10, sequence: 0x30, set: 0x31 } as const;

export interface Element {
  tag: number;
  start: number;
  end: number;
}

/** The element whose tag stands at `at`; it may end behind `stop`. 'more': its length is not wholly known. */
export function ber_at(bytes: Uint8Array, at: number, stop: number): Element | 'more' | undefined {
  if (at + 2 > stop) return at + 1 > stop || u8(bytes, at) !== 0 ? 'more' : undefined;
  const tag = u8(bytes, at);
  const first = u8(bytes, at + 1);
  if (first < 0x80) return { tag, start: at + 2, end: at + 2 + first };
  const count = first & 0x7f;
  if (count === 0 || count > 4) return undefined;
  if (at + 2 + count > stop) return 'more';
  let length = 0;
  for (let i = 0; i < count; i++) length = length * 256 + u8(bytes, at + 2 + i);
  return { tag, start: at + 2 + count, end: at + 2 + count + length };
}

/** Elements in [start, stop) one after the other, those not wholly known left out. */
export function elements(bytes: Uint8Array, start: number, stop: number, count_max: number): Element[] {
  const found: Element[] = [];
  for (let at = start; at < stop && found.length < count_max; ) {
    const element = ber_at(bytes, at, stop);
    if (element === undefined || element === 'more' || element.end > stop) break;
    found.push(element);
    at = element.end;
  }
  return found;
}

/** A signed number of at most six bytes. */
export function integer_at(bytes: Uint8Array, start: number, end: number): number {
  let value = end > start && u8(bytes, start) >= 0x80 ? -1 : 0;
  for (let at = start; at < Math.min(end, start + 6); at++) value = value * 256 + u8(bytes, at);
  return value;
}
