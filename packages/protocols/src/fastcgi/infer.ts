import { starts_with, u8 } from '../bytes.ts';
import { type Guess, NO_GUESS, TO_CLIENT, TO_SERVER } from '../protocol.ts';
import { TYPE, TYPE_MAX } from './messages.ts';
import { are_records, content_bytes, HEAD_BYTES, record_size, type_of } from './record.ts';

const BODY_BYTES = 8;
/** Variables of GET_VALUES (section 4.1). */
const VARIABLE = 'FCGI_';

/** Bytes of a connection that nobody claims yet. Sure are the record that begins a request, and whole answers with their end. */
export function infer(bytes: Uint8Array, start: number, end: number): Guess {
  if (end <= start || u8(bytes, start) !== 1) return NO_GUESS;
  if (end - start < HEAD_BYTES + BODY_BYTES) return { score: 0, says: 'either', more: may_begin(bytes, start, end) };
  if (u8(bytes, start + 7) !== 0) return NO_GUESS;
  if (record_size(bytes, start, end, TO_SERVER) > 0) return request_guess(bytes, start, end);
  if (record_size(bytes, start, end, TO_CLIENT) > 0) return answer_guess(bytes, start, end);
  return NO_GUESS;
}

function may_begin(bytes: Uint8Array, start: number, end: number): boolean {
  return end - start < 2 || (u8(bytes, start + 1) >= 1 && u8(bytes, start + 1) <= TYPE_MAX);
}

function request_guess(bytes: Uint8Array, start: number, end: number): Guess {
  const type = type_of(bytes, start);
  if (type === TYPE.begin_request) {
    for (let at = start + 11; at < start + 16; at++) if (u8(bytes, at) !== 0) return NO_GUESS;
    return { score: 3, says: 'request' };
  }
  const name = start + HEAD_BYTES + 2;
  if (type === TYPE.get_values)
    return starts_with(bytes, name, end, VARIABLE) ? { score: 3, says: 'request' } : NO_GUESS;
  return whole(bytes, start, end) ? { score: 2, says: 'request' } : NO_GUESS;
}

function answer_guess(bytes: Uint8Array, start: number, end: number): Guess {
  const type = type_of(bytes, start);
  if (type === TYPE.get_values_result) {
    return starts_with(bytes, start + HEAD_BYTES + 2, end, VARIABLE) ? { score: 3, says: 'response' } : NO_GUESS;
  }
  if (are_records(bytes, start, end, TO_CLIENT)) {
    return { score: type === TYPE.stdout || type === TYPE.stderr ? 3 : 2, says: 'response' };
  }
  return type === TYPE.stdout && begins_header(bytes, start, end) ? { score: 2, says: 'response' } : NO_GUESS;
}

function whole(bytes: Uint8Array, start: number, end: number): boolean {
  return are_records(bytes, start, end, TO_SERVER) && content_bytes(bytes, start) > 0;
}

/** The name of a header field: letters, digits and "-" up to a colon. */
function begins_header(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start + HEAD_BYTES; at < end; at++) {
    const byte = u8(bytes, at);
    if (byte === 58) return at > start + HEAD_BYTES;
    const lower = byte | 32;
    if (byte !== 45 && !(lower >= 97 && lower <= 122) && !(byte >= 48 && byte <= 57)) return false;
  }
  return false;
}
