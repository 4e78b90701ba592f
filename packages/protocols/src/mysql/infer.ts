import { latin1, starts_with, u8, u24le } from '../bytes.ts';
import { type Direction, type Guess, NO_GUESS, TO_SERVER } from '../protocol.ts';
import { COM, COMMANDS } from './commands.ts';
import { framed } from './compress.ts';
import { is_greeting, is_login } from './login.ts';
import { HEADER_BYTES } from './packet.ts';
import { type_name } from './values.ts';

const VERB =
  /^[\s(]*(?:\/\*|--|#|select|insert|update|delete|replace|set|show|use|begin|commit|rollback|start|create|alter|drop|truncate|with|call|explain|desc|lock|unlock|load|prepare|execute|grant|revoke|savepoint|release|analyze|optimize|flush|kill|do|handler|xa|values|table)\b/i;
const WORD_BYTES = 48;
/** Protocol version in a greeting. */
const GREETING = 10;

export function infer(bytes: Uint8Array, start: number, end: number, direction: Direction): Guess {
  const inner = framed(bytes, start, end);
  if (inner >= 0) {
    const guess = plain(bytes, inner, end, direction);
    if (guess.score > 0) return guess;
  }
  return plain(bytes, start, end, direction);
}

function plain(bytes: Uint8Array, start: number, end: number, direction: Direction): Guess {
  const readable = end - start;
  if (readable < HEADER_BYTES + 1)
    return readable > 0 && readable <= HEADER_BYTES ? short(bytes, start, end) : NO_GUESS;
  const length = u24le(bytes, start);
  const sequence = u8(bytes, start + 3);
  const payload = start + HEADER_BYTES;
  const stop = Math.min(end, payload + length);
  if (length === 0) return NO_GUESS;
  if (sequence === 0 && is_greeting(bytes, payload, stop)) return { score: 3, says: 'response' };
  if (sequence === 0 && u8(bytes, payload) === GREETING && stop - payload < Math.min(length, WORD_BYTES)) {
    return { score: 1, says: 'response', more: true };
  }
  if (sequence >= 1 && sequence <= 2 && is_login(bytes, payload, stop, length)) return { score: 3, says: 'request' };
  if (direction === TO_SERVER) {
    const score = sequence === 0 ? command_score(bytes, payload, stop, length, readable - HEADER_BYTES) : 0;
    const come = readable - HEADER_BYTES >= Math.min(length, WORD_BYTES);
    if (score < 2 && !come && sequence === 0 && COMMANDS.has(u8(bytes, payload))) {
      return { score, says: 'request', more: true };
    }
    if (score > 0) return { score, says: 'request' };
  }
  const answered = sequence === 1 ? answer_score(bytes, payload, stop, end, length) : 0;
  return answered > 0 ? { score: answered, says: 'response' } : NO_GUESS;
}

/** A header that came alone: length below 16 MB, sequence 0 or 1. */
function short(bytes: Uint8Array, start: number, end: number): Guess {
  if (
    end - start === HEADER_BYTES &&
    u8(bytes, start + 3) <= 2 &&
    u24le(bytes, start) > 0 &&
    u8(bytes, start + 2) === 0
  ) {
    return { score: 1, says: 'either', more: true };
  }
  return end - start < HEADER_BYTES ? { score: 0, says: 'either', more: true } : NO_GUESS;
}

function command_score(bytes: Uint8Array, at: number, stop: number, length: number, come: number): 0 | 1 | 2 | 3 {
  const code = u8(bytes, at);
  if (!COMMANDS.has(code)) return 0;
  switch (code) {
    case COM.query:
    case COM.stmt_prepare: {
      const skipped = bytes[at + 1] === 0 && bytes[at + 2] === 1 ? 3 : 1;
      const text = latin1(bytes, at + skipped, Math.min(stop, at + WORD_BYTES));
      return VERB.test(text) ? 3 : /^[\x20-\x7e\s]{4,}/.test(text) && length === come ? 1 : 0;
    }
    case COM.stmt_execute: {
      // Flags below 16, one iteration; the first parameter's type exists.
      const once = bytes[at + 6] === 1 && bytes[at + 7] === 0 && bytes[at + 8] === 0 && bytes[at + 9] === 0;
      return length >= 10 && once && u8(bytes, at + 5) < 16 && type_name(u8(bytes, at + 12)) !== undefined ? 2 : 0;
    }
    case COM.init_db:
      return length === come && /^[\x20-\x7e]+$/.test(latin1(bytes, at + 1, stop)) ? 1 : 0;
    case COM.ping:
    case COM.quit:
      return length === 1 && come === 1 ? 1 : 0;
    case COM.stmt_close:
    case COM.stmt_reset:
      return length === 5 && come >= 5 ? 1 : 0;
    default:
      return 0;
  }
}

/** OK, error with SQL state, or a column count with its first definition ("def"). */
function answer_score(bytes: Uint8Array, at: number, stop: number, end: number, length: number): 0 | 1 | 2 {
  const first = u8(bytes, at);
  if (first === 0xff) return length > 9 && bytes[at + 3] === 35 ? 2 : 0;
  if (first === 0) return length >= 7 && length < 512 && stop === at + length ? 1 : 0;
  const next = at + length + HEADER_BYTES;
  return length === 1 && u8(bytes, next - 1) === 2 && starts_with(bytes, next, end, '\x03def') ? 2 : 0;
}
