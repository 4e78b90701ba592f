import { u16be, u16le, u32le, u8 } from '../bytes.ts';
import { type Direction, type Guess, NO_GUESS, TO_CLIENT } from '../protocol.ts';
import { TdsCursor } from './cursor.ts';
import { options_hold } from './login.ts';
import {
  DONE_KNOWN,
  HEADER_BYTES,
  header_holds,
  PACKET_BYTES_MAX,
  SMP,
  STATUS_BIT,
  TOKEN,
  TOKENS,
  TYPE,
  VERSIONS,
} from './messages.ts';
import { headers_bytes } from './request.ts';
import { read_type } from './types.ts';

const cursor = new TdsCursor();
/** Characters of a batch without headers that are looked at. */
const LOOK_CHARACTERS = 16;
const SESSIONS_LIKELY = 1024;

/** Bytes of a connection that nobody claims yet. */
export function infer(bytes: Uint8Array, start: number, end: number, direction: Direction): Guess {
  const known = end - start;
  const first = u8(bytes, start);
  if (known > 0 && first === SMP.mark) return session(bytes, start, end, direction);
  if (known < HEADER_BYTES) {
    const may_be =
      known > 0 &&
      (header_holds(first, u8(bytes, start + 1), false) || header_holds(first, u8(bytes, start + 1), true));
    return may_be ? { score: 0, says: 'either', more: true } : NO_GUESS;
  }
  const size = u16be(bytes, start + 2);
  if (size < HEADER_BYTES || size > PACKET_BYTES_MAX || u8(bytes, start + 7) !== 0) return NO_GUESS;
  const stop = Math.min(end, start + size);
  if (header_holds(first, u8(bytes, start + 1), true) && first === TYPE.response) {
    const score = response_score(bytes, start + HEADER_BYTES, stop, size, u8(bytes, start + 1));
    return score > 0
      ? { score, says: 'response', ...(score < 3 && stop < start + size ? { more: true } : {}) }
      : NO_GUESS;
  }
  if (direction === TO_CLIENT || !header_holds(first, u8(bytes, start + 1), false)) return NO_GUESS;
  const score = request_score(bytes, first, start + HEADER_BYTES, stop, size);
  if (score === 0 && known < size) return { score: 1, says: 'request', more: true };
  return score > 0 ? { score, says: 'request' } : NO_GUESS;
}

/** Packets of the session multiplex protocol; data holds a packet. */
function session(bytes: Uint8Array, start: number, end: number, direction: Direction): Guess {
  if (end - start < SMP.header_bytes) return { score: 0, says: 'either', more: true };
  const flags = u8(bytes, start + 1);
  if (u16le(bytes, start + 2) > SESSIONS_LIKELY) return NO_GUESS;
  const size = u32le(bytes, start + 4);
  if (flags === SMP.data) {
    if (size < SMP.header_bytes + HEADER_BYTES || size > SMP.header_bytes + PACKET_BYTES_MAX) return NO_GUESS;
    return infer(bytes, start + SMP.header_bytes, Math.min(end, start + size), direction);
  }
  const control = flags === SMP.syn || flags === SMP.ack || flags === SMP.fin;
  return control && size === SMP.header_bytes ? { score: 2, says: flags === SMP.syn ? 'request' : 'either' } : NO_GUESS;
}

function request_score(bytes: Uint8Array, type: number, at: number, stop: number, size: number): 0 | 1 | 2 | 3 {
  const content = size - HEADER_BYTES;
  switch (type) {
    case TYPE.prelogin:
      return options_hold(bytes, at, stop) && u8(bytes, at) === 0 ? 3 : 0;
    case TYPE.login:
      return stop - at >= 8 && u32le(bytes, at) >= content - 4 && VERSIONS.has(u32le(bytes, at + 4)) ? 3 : 0;
    case TYPE.batch:
      if (headers_bytes(bytes, at, stop) > 0) return 3;
      // TDS 7.1 and older: nothing but the text, of 16 bits a character.
      if (!looks_like_text(bytes, at, stop)) return 0;
      return stop - at === content && content >= 2 * LOOK_CHARACTERS ? 3 : 2;
    case TYPE.rpc: {
      if (headers_bytes(bytes, at, stop) > 0) return 3;
      const length = u16le(bytes, at);
      if (length === 0xffff) return stop - at >= 6 && u16le(bytes, at + 2) > 0 && u16le(bytes, at + 2) <= 15 ? 2 : 0;
      return length > 0 && length <= 128 && looks_like_text(bytes, at + 2, Math.min(stop, at + 2 + 2 * length)) ? 2 : 0;
    }
    case TYPE.transaction:
      return headers_bytes(bytes, at, stop) > 0 ? 3 : 0;
    case TYPE.sspi:
      return content > 8 && u8(bytes, at) === 78 && u8(bytes, at + 1) === 84 && u8(bytes, at + 2) === 76 ? 3 : 0;
    case TYPE.bulk:
      return u8(bytes, at) === TOKEN.columns && columns_hold(bytes, at, stop) ? 3 : 0;
    case TYPE.attention:
      return content === 0 ? 1 : 0;
    default:
      return 0;
  }
}

/** UTF-16 of printable ASCII. */
function looks_like_text(bytes: Uint8Array, at: number, stop: number): boolean {
  const until = Math.min(stop, at + 2 * LOOK_CHARACTERS);
  if (until - at < 8) return false;
  for (let i = at; i + 1 < until; i += 2) {
    const byte = u8(bytes, i);
    if (u8(bytes, i + 1) !== 0 || (byte < 32 && (byte < 9 || byte > 13)) || byte > 126) return false;
  }
  return true;
}

function response_score(bytes: Uint8Array, at: number, stop: number, size: number, status: number): 0 | 1 | 2 | 3 {
  const here = stop - at;
  if (here === 0) return 0;
  if (options_hold(bytes, at, stop) && u8(bytes, at) === 0) return 3;
  const token = u8(bytes, at);
  const known = TOKENS.get(token);
  if (known === undefined) return 0;
  switch (known.walk) {
    case 'done': {
      const narrow = size === HEADER_BYTES + 9;
      if (here < 5 || (u16le(bytes, at + 1) & ~DONE_KNOWN) !== 0) return 0;
      // Alone in its message, or with another token behind.
      if (narrow || size === HEADER_BYTES + 13) return (status & STATUS_BIT.end) !== 0 ? 3 : 2;
      return here > 13 && TOKENS.has(u8(bytes, at + 13)) ? 2 : 1;
    }
    case 'columns':
      return columns_hold(bytes, at, stop) ? 3 : 1;
    case 'short': {
      const next = at + 3 + u16le(bytes, at + 1);
      if (here < 4 || next > at + size) return 0;
      const certain = token === TOKEN.error || token === TOKEN.info || token === TOKEN.environment;
      if (next < stop) return TOKENS.has(u8(bytes, next)) ? (certain ? 3 : 2) : 0;
      return 1;
    }
    case 4:
      return here > 5 && TOKENS.has(u8(bytes, at + 5)) ? 2 : 1;
    default:
      return 1;
  }
}

/** A count, then the first column: type of the user, flags, a type that there is. */
function columns_hold(bytes: Uint8Array, at: number, stop: number): boolean {
  const count = u16le(bytes, at + 1);
  if (count === 0 || count > 4096 || stop - at < 12) return false;
  for (const user_bytes of [4, 2]) {
    cursor.set(bytes, at + 3 + user_bytes + 2, stop);
    if (read_type(cursor, true, user_bytes === 4) !== undefined) return true;
  }
  return false;
}
