import { index_of, LF, CR, index_of_text, u8 } from '../bytes.ts';
import { type Direction, type Guess, NO_GUESS } from '../protocol.ts';
import { command_at } from './command.ts';
import { code_at } from './reply.ts';

const PREFIX_BYTES_MAX = 1024;
/** A code and what follows it. */
const CODE_BYTES = 4;
const MORE: Guess = { score: 0, says: 'either', more: true };

/** Commands that no other protocol of lines has, and those of others too. */
const SURE = new Set(['EHLO', 'HELO', 'LHLO', 'MAIL', 'RCPT', 'SEND', 'SOML', 'SAML', 'XCLIENT', 'XFORWARD']);
const LIKELY = new Set(['BDAT', 'BURL', 'ETRN', 'ATRN', 'VRFY', 'EXPN']);

/** Bytes of a connection that nobody claims yet. FTP greets with 220 too; the word SMTP or LMTP decides. */
export function infer(bytes: Uint8Array, start: number, end: number, _direction?: Direction): Guess {
  if (end <= start) return NO_GUESS;
  const first = u8(bytes, start);
  const digit = first >= 50 && first <= 53;
  const lower = first | 32;
  if (!digit && (lower < 97 || lower > 122)) return NO_GUESS;
  const limit = Math.min(end, start + PREFIX_BYTES_MAX);
  const feed = index_of(bytes, LF, start, limit);
  if (feed < 0) {
    if (limit < end || !begins(bytes, start, limit, digit)) return NO_GUESS;
    const stop = bytes[limit - 1] === CR ? limit - 1 : limit;
    return digit && limit - start >= CODE_BYTES ? { ...of_reply(bytes, start, stop), more: true } : MORE;
  }
  const stop = bytes[feed - 1] === CR ? feed - 1 : feed;
  return digit ? of_reply(bytes, start, stop) : of_command(bytes, start, stop);
}

function begins(bytes: Uint8Array, start: number, end: number, digit: boolean): boolean {
  for (let at = start; at < end; at++) {
    const byte = bytes[at]!;
    if ((byte < 32 || byte > 126) && !(byte === CR && at === end - 1)) return false;
    if (digit && at < start + 3 && (byte < 48 || byte > 57)) return false;
  }
  return true;
}

function of_command(bytes: Uint8Array, start: number, stop: number): Guess {
  const line = command_at(bytes, start, stop, true);
  if (line === undefined) return NO_GUESS;
  const { verb, argument } = line.command;
  const says = 'request';
  // EHLO without a name, MAIL without an address: one of another protocol, or a mistake.
  if (SURE.has(verb)) return { score: line.argument < stop ? 3 : 1, says };
  if (LIKELY.has(verb)) return { score: 2, says };
  return { score: argument === 'none' || verb === 'AUTH' ? 1 : 2, says };
}

function of_reply(bytes: Uint8Array, start: number, stop: number): Guess {
  const code = Math.abs(code_at(bytes, start, stop));
  if (code === 0) return NO_GUESS;
  const says = 'response';
  if (code === 220 || code === 554 || code === 421) {
    const named = index_of_text(bytes, 'SMTP', start, stop) >= 0 || index_of_text(bytes, 'LMTP', start, stop) >= 0;
    return { score: named ? 3 : 1, says };
  }
  if (code === 354) return { score: 2, says };
  // An enhanced status code: class, dot, subject, dot, detail.
  const enhanced = bytes[start + 4] === bytes[start] && bytes[start + 5] === 46;
  return { score: enhanced ? 2 : 1, says };
}
