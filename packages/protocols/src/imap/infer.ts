import { CR, decimal, index_of, LF, u8 } from '../bytes.ts';
import { type Direction, type Guess, NO_GUESS } from '../protocol.ts';
import { command_at, tag_end } from './command.ts';
import { SURE } from './messages.ts';
import { condition_at, has_digit, tagged_at } from './response.ts';

const PREFIX_BYTES_MAX = 512;
const MORE: Guess = { score: 0, says: 'either', more: true };
const STAR = 42;
/** What stands behind a number in untagged data (RFC 9051 section 7). */
const NUMBERED = /^\* \d{1,10} (EXISTS|RECENT|EXPUNGE|FETCH \()/i;
const DATA = /^\* (CAPABILITY IMAP4|FLAGS \(|LIST \(|LSUB \(|STATUS |SEARCH\b|ESEARCH |NAMESPACE |ENABLED |VANISHED )/i;

/** Bytes of a connection that nobody claims yet. */
export function infer(bytes: Uint8Array, start: number, end: number, _direction?: Direction): Guess {
  if (end <= start) return NO_GUESS;
  const first = u8(bytes, start);
  if (first < 33 || first > 126) return NO_GUESS;
  const limit = Math.min(end, start + PREFIX_BYTES_MAX);
  if (first === STAR) return of_untagged(bytes, start, limit);
  const feed = index_of(bytes, LF, start, limit);
  if (feed < 0) return limit === end && may_be_tagged(bytes, start, limit) ? MORE : NO_GUESS;
  const stop = bytes[feed - 1] === CR ? feed - 1 : feed;
  const command = command_at(bytes, start, stop, true);
  if (command !== undefined) {
    const { name } = command;
    return { score: SURE.has(name.split(' ', 1)[0]!) ? 3 : 2, says: 'request' };
  }
  // Any word may be a tag, so only a number in it tells it from prose; three digits are the reply code of SMTP and FTP.
  const tagged = tagged_at(bytes, start, stop);
  const tag_stop = tagged === undefined ? start : tag_end(bytes, start, stop);
  const number = decimal(bytes, start, tag_stop);
  if (!has_digit(bytes, start, tag_stop) || (number >= 100 && number <= 999)) return NO_GUESS;
  // One or two may be what is left of such a code.
  return { score: number >= 0 && number < 100 ? 1 : 2, says: 'response' };
}

function of_untagged(bytes: Uint8Array, start: number, limit: number): Guess {
  if (limit - start < 3) return bytes[start + 1] === 32 || limit - start === 1 ? MORE : NO_GUESS;
  if (bytes[start + 1] !== 32) return NO_GUESS;
  const condition = condition_at(bytes, start + 2, limit);
  if (condition === 'more') return MORE;
  const says = 'response';
  if (condition !== undefined) return { score: condition === 'ok' || condition === 'preauth' ? 3 : 2, says };
  const text = String.fromCharCode(...bytes.subarray(start, Math.min(limit, start + 24)));
  return NUMBERED.test(text) || DATA.test(text) ? { score: 2, says } : NO_GUESS;
}

/** A tag and the beginning of a word, or the beginning of a tag. */
function may_be_tagged(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at++) {
    const byte = bytes[at]!;
    if ((byte < 32 || byte > 126) && !(byte === CR && at === end - 1)) return false;
  }
  const tag = tag_end(bytes, start, end);
  if (tag < 0) return end - start < 64 && index_of(bytes, 32, start, end) < 0;
  const letter = u8(bytes, tag + 1) | 32;
  return tag + 1 >= end || (letter >= 97 && letter <= 122);
}
