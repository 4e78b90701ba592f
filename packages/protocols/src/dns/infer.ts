import { u8, u16be } from '../bytes.ts';
import { skip_name } from '../domain/name.ts';
import { read_records } from '../domain/records.ts';
import { is_known_type } from '../domain/types.ts';
import { type Guess, NO_GUESS } from '../protocol.ts';
import { HEADER_BYTES, read_header } from './header.ts';

// Same format, other services: multicast DNS, LLMNR, NetBIOS names.
const OTHER_PORTS = new Set([5353, 5355, 137]);
// IN, CH, HS, NONE, ANY (RFC 6895 section 3.2).
const CLASSES = new Set([1, 3, 4, 254, 255]);

const NOT_YET: Guess = { score: 0, says: 'either', more: true };

/** 3: a whole message in which every byte fits; 2: its question fits; 0: no. */
function score_of(bytes: Uint8Array, message: number, end: number, whole: boolean): 0 | 2 | 3 {
  const header = read_header(bytes, message, end);
  if (header === undefined || header.questions !== 1) return 0;
  const name = message + HEADER_BYTES;
  const fixed = skip_name(bytes, name, end);
  if (fixed < 0 || fixed + 4 > end) return 0;
  // A question's name is not compressed: nothing stands before it (RFC 1035 section 4.1.4).
  for (let at = name; u8(bytes, at) !== 0; at += 1 + u8(bytes, at)) if (u8(bytes, at) > 63) return 0;
  if (!is_known_type(u16be(bytes, fixed)) || !CLASSES.has(u16be(bytes, fixed + 2))) return 0;
  if (!whole) return 2;
  const records = read_records(bytes, message, fixed + 4, end, header, '');
  return records.end === end ? 3 : 2;
}

function guess_of(bytes: Uint8Array, message: number, end: number, whole: boolean): Guess {
  const score = score_of(bytes, message, end, whole);
  if (score === 0) return NO_GUESS;
  return { score, says: u8(bytes, message + 2) >= 0x80 ? 'response' : 'request' };
}

export function infer(bytes: Uint8Array, start: number, end: number, _direction: number, server_port: number): Guess {
  if (OTHER_PORTS.has(server_port)) return NO_GUESS;
  const datagram = guess_of(bytes, start, end, true);
  if (datagram.score > 0) return datagram;
  // Over TCP two bytes of length come first (RFC 1035 section 4.2.2), sometimes in a write of their own.
  const length = u16be(bytes, start);
  if (end - start >= 2 && length < HEADER_BYTES + 5) return NO_GUESS;
  if (end - start < 2 + HEADER_BYTES) return NOT_YET;
  const message = start + 2;
  const whole = message + length <= end;
  // A question that is not there yet may still fit.
  if (!whole && read_header(bytes, message, end) !== undefined) {
    const name_end = skip_name(bytes, message + HEADER_BYTES, end);
    if (name_end < 0 || name_end + 4 > end) return NOT_YET;
  }
  return guess_of(bytes, message, whole ? message + length : end, whole);
}
