import { u8, u16be } from '../bytes.ts';
import { type Guess, NO_GUESS } from '../protocol.ts';
import { BEGIN_BYTES, CALL, ONE_WAY, read_head, start_at } from './header.ts';

const NOT_YET: Guess = { score: 0, says: 'either', more: true };

function may_begin(bytes: Uint8Array, start: number, end: number): boolean {
  if (end <= start) return false;
  const first = u8(bytes, start);
  if (first === 0x82) return end - start < 2 || (u8(bytes, start + 1) & 0x1f) === 1;
  if (first === 0x80) return end - start < 2 || u16be(bytes, start) === 0x8001;
  return first < 0x10 && (end - start < 5 || u8(bytes, start + 4) === 0x80 || u8(bytes, start + 4) === 0x82);
}

export function infer(bytes: Uint8Array, start: number, end: number): Guess {
  if (end - start < BEGIN_BYTES) return may_begin(bytes, start, end) ? NOT_YET : NO_GUESS;
  const begin = start_at(bytes, start);
  if (begin === undefined) return NO_GUESS;
  const head = read_head(bytes, begin, begin.framed ? Math.min(end, start + begin.length) : end);
  if (head === 'short') return end - start < 300 ? { score: 1, says: 'either', more: true } : NO_GUESS;
  if (head === 'bad') return NO_GUESS;
  return { score: 3, says: head.type === CALL || head.type === ONE_WAY ? 'request' : 'response' };
}
