import { type Guess, NO_GUESS } from '../protocol.ts';
import { command_size, is_response, read_header } from './header.ts';
import { is_from_server, is_known_request, is_known_response, request_name } from './messages.ts';

const NAME_BYTES_MAX = 128;
const NOT_YET: Guess = { score: 0, says: 'either', more: true };
const LIKELY: Guess = { score: 2, says: 'either', more: true };

/** A header that is read from its first to its last byte is what nothing else begins with. */
export function infer(bytes: Uint8Array, start: number, end: number): Guess {
  if (end <= start) return NO_GUESS;
  const size = command_size(bytes, start, end);
  if (size < 0) return NO_GUESS;
  if (size === 0) return NOT_YET;
  const header = read_header(bytes, start, end, NAME_BYTES_MAX);
  if (header === undefined) return NO_GUESS;
  if (header === 'part') return begins_with_code(bytes, start + 8, end) ? LIKELY : NOT_YET;
  if (is_response(header)) return { score: is_known_response(header.code) ? 3 : 2, says: 'response' };
  if (!is_known_request(header.code)) return { score: 2, says: 'request' };
  return { score: 3, says: is_from_server(request_name(header.code)) ? 'response' : 'request' };
}

const CODE = Buffer.from('{"code":');

function begins_with_code(bytes: Uint8Array, at: number, end: number): boolean {
  return end - at >= CODE.length && CODE.every((byte, i) => bytes[at + i] === byte);
}
