import { type Direction, type Guess, NO_GUESS } from '../protocol.ts';
import { integer_at, TAG } from '../asn1/ber.ts';
import { BIND, HEAD_BYTES, head_at } from './messages.ts';

/** Bytes of a connection that nobody claims yet. */
export function infer(bytes: Uint8Array, start: number, end: number, _direction?: Direction): Guess {
  if (end <= start || bytes[start] !== TAG.sequence) return NO_GUESS;
  const head = head_at(bytes, start, end);
  if (head === 'more') return end - start < HEAD_BYTES ? { score: 0, says: 'either', more: true } : NO_GUESS;
  if (head === undefined) return NO_GUESS;
  const says = head.operation.from === 'client' ? 'request' : 'response';
  // RFC 4511 section 4.2: a bind begins with the version, which is 3.
  if (head.tag === BIND && head.start + 3 <= end && integer_at(bytes, head.start, head.start + 3) !== 0x020103)
    return NO_GUESS;
  return { score: 3, says };
}
