import { CR, index_of, LF, starts_with, u8 } from '../bytes.ts';
import { type Direction, type Guess, NO_GUESS } from '../protocol.ts';
import { command_at } from './command.ts';
import { indicator_at } from './response.ts';

const PREFIX_BYTES_MAX = 512;
const MORE: Guess = { score: 0, says: 'either', more: true };

/** Commands that FTP and others have too say little. */
const LIKELY = new Set(['APOP', 'CAPA', 'STLS', 'UIDL', 'TOP']);

/** Bytes of a connection that nobody claims yet. +OK and -ERR are words of Redis and NATS too. */
export function infer(bytes: Uint8Array, start: number, end: number, _direction?: Direction): Guess {
  if (end <= start) return NO_GUESS;
  const first = u8(bytes, start);
  const lower = first | 32;
  const is_response = first === 43 || first === 45;
  if (!is_response && (lower < 97 || lower > 122)) return NO_GUESS;
  const limit = Math.min(end, start + PREFIX_BYTES_MAX);
  const feed = index_of(bytes, LF, start, limit);
  const line_end = feed < 0 ? limit : feed;
  const stop = bytes[line_end - 1] === CR ? line_end - 1 : line_end;
  if (is_response) return of_response(bytes, start, stop, feed < 0);
  if (feed < 0) return limit < end || !is_plain(bytes, start, limit) ? NO_GUESS : MORE;
  const line = command_at(bytes, start, stop, true);
  if (line === undefined) return NO_GUESS;
  return { score: LIKELY.has(line.command.verb) ? 2 : 1, says: 'request' };
}

function of_response(bytes: Uint8Array, start: number, stop: number, cut: boolean): Guess {
  const indicator = indicator_at(bytes, start, stop);
  const says = 'response';
  if (indicator === '+OK' || indicator === '-ERR') {
    // Words behind +OK are POP3's custom alone.
    const words = indicator === '+OK' && stop > start + 4;
    return { score: words ? 2 : 1, says, ...(cut ? { more: true } : {}) };
  }
  return cut && (is_prefix(bytes, start, stop, '+OK') || is_prefix(bytes, start, stop, '-ERR')) ? MORE : NO_GUESS;
}

/** Whether [start, stop) is the beginning of `word`. */
function is_prefix(bytes: Uint8Array, start: number, stop: number, word: string): boolean {
  return stop - start <= word.length && starts_with(bytes, start, stop, word.slice(0, stop - start));
}

function is_plain(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at++) {
    const byte = bytes[at]!;
    if ((byte < 32 || byte > 126) && !(byte === CR && at === end - 1)) return false;
  }
  return true;
}
