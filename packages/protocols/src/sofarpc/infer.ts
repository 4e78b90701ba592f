import { latin1, u8 } from '../bytes.ts';
import { type Guess, NO_GUESS } from '../protocol.ts';
import { command_size, HEAD_BYTES_MIN, head_bytes, RESPONSE, read_header } from './header.ts';

const CLASS_NAME = /^[A-Za-z_$][\w$]*(?:\.[\w$]+)+$/;
const CLASS_BYTES_MAX = 255;
const NOT_YET: Guess = { score: 0, says: 'either', more: true };

/** The class names that commands carry are what tells them from other small numbers. */
export function infer(bytes: Uint8Array, start: number, end: number): Guess {
  const version = u8(bytes, start);
  if (end <= start || (version !== 1 && version !== 2)) return NO_GUESS;
  if (end - start < HEAD_BYTES_MIN)
    return end - start < 6 || u8(bytes, start + version - 1 + 4) === 1 ? NOT_YET : NO_GUESS;
  const head = head_bytes(bytes, start);
  if (head === 0) return NO_GUESS;
  if (end - start < head) return NOT_YET;
  if (command_size(bytes, start, end) < 0) return NO_GUESS;
  const { type, class_at, header_at, length } = read_header(bytes, start);
  const says = type === RESPONSE ? 'response' : 'request';
  const class_bytes = header_at - class_at;
  // A heartbeat is nothing but its head.
  if (class_bytes === 0) return length === head && length === end - start ? { score: 2, says } : NO_GUESS;
  if (class_bytes > CLASS_BYTES_MAX) return NO_GUESS;
  if (header_at > end) return NOT_YET;
  return CLASS_NAME.test(latin1(bytes, class_at, header_at)) ? { score: 3, says } : NO_GUESS;
}
