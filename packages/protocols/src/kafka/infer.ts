import { u16be } from '../bytes.ts';
import { type Direction, type Guess, NO_GUESS } from '../protocol.ts';
import { are_requests, frame_size, REQUEST_HEADER_BYTES, request_header } from './header.ts';
import { known_api } from './messages.ts';

/** A long request begins with more than its head: a head alone may be the rest of something else. */
const LONG_BYTES = 262_144;
const BEGINNING_BYTES = 256;

/** Bytes of a connection that nobody claims yet. Responses have no mark of their own: requests decide. */
export function infer(bytes: Uint8Array, start: number, end: number, _direction: Direction): Guess {
  const size = frame_size(bytes, start, end);
  if (size === 0) return end > start && bytes[start] === 0 ? { score: 0, says: 'request', more: true } : NO_GUESS;
  if (size < REQUEST_HEADER_BYTES) return NO_GUESS;
  const header = request_header(bytes, start, end);
  if (header === undefined) {
    // Some clients write the length by itself.
    const possible = end - start < 8 || known_api(u16be(bytes, start + 4), u16be(bytes, start + 6)) !== undefined;
    const short = end - start < Math.min(size, REQUEST_HEADER_BYTES);
    return possible && short && bytes[start] === 0 ? { score: 0, says: 'request', more: true } : NO_GUESS;
  }
  // A client without a name leaves only length and small numbers as marks.
  if (header.client_end === header.client_start) return { score: 1, says: 'request' };
  if (size >= LONG_BYTES && end - start < BEGINNING_BYTES) return { score: 1, says: 'request', more: true };
  return { score: are_requests(bytes, start, end) ? 3 : 2, says: 'request' };
}
