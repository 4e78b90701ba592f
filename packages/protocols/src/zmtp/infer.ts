import { u8 } from '../bytes.ts';
import { type Guess, NO_GUESS } from '../protocol.ts';
import { are_frames, is_delimited, is_greeting, is_known_command, may_be_signature, SIGNATURE_BYTES } from './frame.ts';

/** Padding of the signature that libzmq and all others send but for its last byte. */
const PADDING_BYTES = 7;

/** A peer may wait with the rest of its greeting until it has seen the other's version. */
export function infer(bytes: Uint8Array, start: number, end: number): Guess {
  if (is_known_command(bytes, start, end)) return { score: 3, says: 'either' };
  // In the middle of a connection.
  if (is_delimited(bytes, start, end) && are_frames(bytes, start, end)) return { score: 1, says: 'either' };
  if (!may_be_signature(bytes, start, end)) return NO_GUESS;
  const have = end - start;
  if (have < SIGNATURE_BYTES) return { score: 0, says: 'either', more: true };
  for (let i = 1; i <= PADDING_BYTES; i++) if (u8(bytes, start + i) !== 0) return NO_GUESS;
  if (have === SIGNATURE_BYTES) return { score: 2, says: 'either', more: true };
  return is_greeting(bytes, start, end) ? { score: 3, says: 'either' } : NO_GUESS;
}
