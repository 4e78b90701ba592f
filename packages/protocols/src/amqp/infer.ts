import { u8 } from '../bytes.ts';
import { type Direction, type Guess, NO_GUESS } from '../protocol.ts';
import { FRAME_HEAD_BYTES, frame_size, is_whole_frame, PROTOCOL_HEADER } from './frame.ts';

/** Bytes of a connection that nobody claims yet. Most methods travel both ways or tell no role by their bytes alone. */
export function infer(bytes: Uint8Array, start: number, end: number, _direction: Direction): Guess {
  if (end <= start) return NO_GUESS;
  const size = frame_size(bytes, start, end);
  if (size < 0) return NO_GUESS;
  if (size === 0) return { score: 0, says: 'either', more: true };
  if (u8(bytes, start) === 65) return { score: size === PROTOCOL_HEADER.length ? 3 : 0, says: 'request' };
  if (is_whole_frame(bytes, start, end)) return { score: 3, says: 'either' };
  // A method that is known, but whose end was not captured.
  const known = end - start >= FRAME_HEAD_BYTES + 4 && u8(bytes, start) <= 2;
  return known ? { score: 2, says: 'either', more: true } : { score: 0, says: 'either', more: end - start < 16 };
}
