import { u8, u32be } from '../bytes.ts';
import { type Direction, type Guess, NO_GUESS } from '../protocol.ts';
import { card } from './card.ts';
import { body_holds, FLAG, HEADER_BYTES, header_holds, is_bare, is_response } from './messages.ts';
import { SEGMENT_HEADER_BYTES, segment_at } from './segments.ts';

/** Bytes of a connection that nobody claims yet. */
export function infer(
  bytes: Uint8Array,
  start: number,
  end: number,
  _direction: Direction,
  server_port: number,
): Guess {
  const known = end - start;
  if (known <= 0) return NO_GUESS;
  if (known < HEADER_BYTES) return { score: 0, says: 'either', more: true };
  if (header_holds(bytes, start) && is_bare(bytes, start)) {
    const says = is_response(bytes, start) ? 'response' : 'request';
    const length = u32be(bytes, start + 5);
    if (known < HEADER_BYTES + Math.min(length, 16)) return { score: 2, says, more: true };
    if (!body_holds(bytes, start, end)) return NO_GUESS;
    // What is compressed cannot be looked into, and an empty body says little.
    const unsure = length === 0 || (u8(bytes, start + 1) & FLAG.compressed) !== 0;
    return { score: unsure && !card.port_hints.includes(server_port) ? 2 : 3, says };
  }
  const segment = known > SEGMENT_HEADER_BYTES ? segment_at(bytes, start) : undefined;
  if (segment === undefined) return NO_GUESS;
  // The checksum of the header is 24 bits long: chance makes one in eight million.
  if (segment.plain > 0 || !segment.self_contained) return { score: 2, says: 'either' };
  const at = segment.payload;
  if (end < at + HEADER_BYTES) return { score: 2, says: 'either', more: true };
  return header_holds(bytes, at) ? { score: 3, says: is_response(bytes, at) ? 'response' : 'request' } : NO_GUESS;
}
