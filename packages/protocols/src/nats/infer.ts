import { starts_with, u8 } from '../bytes.ts';
import { type Direction, type Guess, NO_GUESS } from '../protocol.ts';
import { line_at } from './line.ts';

const LETTERS = /^[+\-A-Za-z]/;

/** Bytes of a connection that nobody claims yet. PING, PONG, +OK and -ERR are words of others too. */
export function infer(bytes: Uint8Array, start: number, end: number, _direction: Direction): Guess {
  if (end <= start || !LETTERS.test(String.fromCharCode(u8(bytes, start)))) return NO_GUESS;
  const line = line_at(bytes, start, end);
  if (line === undefined) return NO_GUESS;
  if (line === 'part') {
    const certain = starts_with(bytes, start, end, 'INFO {"') || starts_with(bytes, start, end, 'CONNECT {"');
    if (!certain) return { score: 0, says: 'either', more: true };
    return { score: 2, says: u8(bytes, start) === 73 ? 'response' : 'request', more: true };
  }
  const { verb, sender } = line.operation;
  const says = sender === undefined ? 'either' : sender === 0 ? 'request' : 'response';
  if (verb === 'PING' || verb === 'PONG' || verb === '+OK' || verb === '-ERR')
    return { score: 1, says: sender === 1 ? says : 'either' };
  if (verb === 'SUB' || verb === 'UNSUB') return { score: 2, says };
  return { score: 3, says };
}
