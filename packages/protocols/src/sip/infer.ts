import { latin1, starts_with_fold, u8 } from '../bytes.ts';
import { type Direction, type Guess, NO_GUESS } from '../protocol.ts';
import { start_line } from './head.ts';
import { METHODS } from './messages.ts';

const MORE: Guess = { score: 0, says: 'either', more: true };

/** Bytes of a connection that nobody claims yet. Both sides may ask, so a message says nothing of the roles. */
export function infer(bytes: Uint8Array, start: number, end: number, _direction?: Direction): Guess {
  if (end <= start) return NO_GUESS;
  const first = u8(bytes, start);
  const lower = first | 32;
  if (lower < 97 || lower > 122) return NO_GUESS;
  const line = start_line(bytes, start, end);
  if (line === undefined) return NO_GUESS;
  if (line === 'more') {
    const begun =
      start_of_response(bytes, start, end) || SURE_BEGIN.test(latin1(bytes, start, Math.min(end, start + 12)));
    return begun ? { score: 1, says: 'either', more: true } : MORE;
  }
  if (line.code > 0) return { score: 3, says: 'either' };
  const known = METHODS.has(latin1(bytes, line.from, line.to));
  return { score: known ? 3 : 2, says: 'either' };
}

const SURE_BEGIN = /^(INVITE|REGISTER|SUBSCRIBE|NOTIFY|PUBLISH|REFER|PRACK|CANCEL|BYE|ACK) /;

function start_of_response(bytes: Uint8Array, start: number, end: number): boolean {
  return starts_with_fold(bytes, start, end, 'sip/2.0 ');
}
