import { type Guess, NO_GUESS } from '../protocol.ts';
import { layout_at, likely_size } from './frame.ts';
import { is_response, NETWORK_MANAGEMENT } from './messages.ts';
import { found } from './walk.ts';

/** As many fields that all fit are no chance. */
const FIELDS_SURE = 3;

/** A message must fit in every way: length, message type, bitmap, and fields that fill it to the last byte. */
export function infer(bytes: Uint8Array, start: number, end: number): Guess {
  if (layout_at(bytes, start, end) === undefined) {
    if (end <= start) return NO_GUESS;
    const size = likely_size(bytes, start, end);
    return size === 0 || size > end - start ? { score: 0, says: 'either', more: true } : NO_GUESS;
  }
  const score = found.fields >= FIELDS_SURE ? 3 : 2;
  // Either side signs on, tests the line or changes keys.
  if (found.mti_class === NETWORK_MANAGEMENT) return { score, says: 'either' };
  return { score, says: is_response(found.fn) ? 'response' : 'request' };
}
