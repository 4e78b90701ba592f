import { u8 } from '../bytes.ts';
import { type Guess, NO_GUESS } from '../protocol.ts';
import { HEADER_BYTES, message_size, read_header } from './header.ts';

const MESSAGES_MAX = 32;
// Section 4.1.2: these methods are events, which servers send of their own accord.
const EVENT = 0x8000;

const NOT_YET: Guess = { score: 0, says: 'either', more: true };

/** Of less than a header: the length is not above 64 MiB, and the protocol version is 1. */
function may_begin(bytes: Uint8Array, start: number, end: number): boolean {
  return (end - start < 5 || u8(bytes, start + 4) < 4) && (end - start < 13 || u8(bytes, start + 12) === 1);
}

/** 3: messages fill the bytes exactly; 2: a message that is longer. */
export function infer(bytes: Uint8Array, start: number, end: number): Guess {
  if (end - start < HEADER_BYTES) return may_begin(bytes, start, end) ? NOT_YET : NO_GUESS;
  let at = start;
  for (let n = 0; n < MESSAGES_MAX && at < end; n++) {
    const length = message_size(bytes, at, end);
    if (length <= 0) return NO_GUESS;
    at += length;
  }
  const { type, method, service } = read_header(bytes, start);
  // Two zero ids are what empty fields of others look like.
  if (service === 0 && method === 0) return NO_GUESS;
  const score = at === end ? 3 : 2;
  if (type >= 0x80) return { score, says: 'response' };
  return { score, says: (method & EVENT) !== 0 || type === 0x02 ? 'either' : 'request' };
}
