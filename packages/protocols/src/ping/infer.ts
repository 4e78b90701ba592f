import { type Direction, type Guess, NO_GUESS } from '../protocol.ts';
import { echo_at } from './echo.ts';

/** Nothing else travels by ICMP alone. */
export function infer(bytes: Uint8Array, start: number, end: number, _direction?: Direction): Guess {
  const echo = echo_at(bytes, start, end);
  if (echo === undefined) return NO_GUESS;
  return { score: 3, says: echo.kind === 'request' ? 'request' : 'response' };
}
