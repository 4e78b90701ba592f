import { index_of, LF, starts_with } from '../bytes.ts';
import { type Guess, NO_GUESS } from '../protocol.ts';
import { method_length } from './methods.ts';
import { status_line, version_start } from './start-line.ts';

const CERTAIN_REQUEST: Guess = { score: 3, says: 'request' };
const LIKELY_REQUEST: Guess = { score: 2, says: 'request', more: true };
const CERTAIN_RESPONSE: Guess = { score: 3, says: 'response' };
const ASK_AGAIN: Guess = { score: 0, says: 'either', more: true };

const SLASH = 47;
const ASTERISK = 42;

export function infer(bytes: Uint8Array, start: number, end: number): Guess {
  if (bytes[start] === 72 && starts_with(bytes, start, end, 'HTTP/1.'.slice(0, end - start))) {
    const status = status_line(bytes, start, end);
    if (status > 0) return CERTAIN_RESPONSE;
    return status < 0 ? ASK_AGAIN : NO_GUESS;
  }
  const method = method_length(bytes, start, end);
  if (method === 0) return NO_GUESS;
  if (method < 0) return ASK_AGAIN;
  const target = start + method + 1;
  if (target >= end) return LIKELY_REQUEST;
  const first = bytes[target];
  // Origin-form, asterisk-form, absolute-form; authority-form only with CONNECT (RFC 9112 section 3.2).
  const connect = bytes[start] === 67 && method === 7;
  const fits = first === SLASH || first === ASTERISK || connect || starts_with(bytes, target, end, 'http');
  if (!fits) return NO_GUESS;
  const line_end = index_of(bytes, LF, target, end);
  if (line_end < 0) return LIKELY_REQUEST;
  return version_start(bytes, target, line_end) > 0 ? CERTAIN_REQUEST : NO_GUESS;
}
