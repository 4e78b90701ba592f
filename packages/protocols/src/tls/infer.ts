import { u16be, u24be } from '../bytes.ts';
import { type Direction, type Guess, NO_GUESS } from '../protocol.ts';
import { HELLO_BYTES_MIN, old_hello_length } from './hello.ts';
import { HANDSHAKE, RECORD } from './messages.ts';
import { HEADER_BYTES, record_length } from './record.ts';

/** Hellos stay far below; a longer one is something else. */
const HELLO_BYTES_MAX = 131_072;

/** A handshake begins with a hello. Encrypted records begin nothing that could be read. */
export function infer(bytes: Uint8Array, start: number, end: number, _direction?: Direction): Guess {
  if (end <= start) return NO_GUESS;
  if (bytes[start] !== RECORD.handshake) {
    const old = old_hello_length(bytes, start, end);
    if (old === undefined) return NO_GUESS;
    return old === 'more' ? { score: 0, says: 'either', more: true } : { score: 3, says: 'request' };
  }
  const length = record_length(bytes, start, end);
  if (length === 'more') return { score: 0, says: 'either', more: true };
  if (length === undefined || length === 0) return NO_GUESS;
  const at = start + HEADER_BYTES;
  // Programs read a record's header by itself.
  if (at >= end) return { score: 3, says: 'either' };
  const type = bytes[at];
  if (type !== HANDSHAKE.client_hello && type !== HANDSHAKE.server_hello) return NO_GUESS;
  const size = u24be(bytes, at + 1);
  if (at + 4 <= end && (size < HELLO_BYTES_MIN || size > HELLO_BYTES_MAX)) return NO_GUESS;
  if (at + 6 <= end && u16be(bytes, at + 4) >>> 8 !== 3 && type === HANDSHAKE.client_hello) return NO_GUESS;
  return { score: 3, says: type === HANDSHAKE.client_hello ? 'request' : 'response' };
}
