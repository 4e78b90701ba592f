import { type Guess, NO_GUESS } from '../protocol.ts';
import { HEADER_BYTES, may_begin, message_size, read_header } from './header.ts';

export function infer(bytes: Uint8Array, start: number, end: number): Guess {
  if (!may_begin(bytes, start, end)) return NO_GUESS;
  if (end - start < HEADER_BYTES) return { score: 1, says: 'either', more: true };
  if (message_size(bytes, start, end) < 0) return NO_GUESS;
  const header = read_header(bytes, start);
  // Servers send events (heartbeats, read-only) of their own accord.
  if (header.event) return { score: 3, says: 'either' };
  return { score: 3, says: header.request ? 'request' : 'response' };
}
