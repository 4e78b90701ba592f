import { CR, i32be, LF, u8, u32be } from '../bytes.ts';
import { type Guess, NO_GUESS } from '../protocol.ts';
import {
  is_connect,
  is_connected,
  is_notification,
  is_whole_reply,
  is_whole_request,
  LENGTH_BYTES,
  reply_size,
  REQUEST_HEAD_BYTES,
  request_size,
} from './frame.ts';
import { operation_of, word_of, XID } from './messages.ts';

const SLASH = 47;
const WORD_BYTES = 4;

/** Bytes of a connection that nobody claims yet. Sure are records that open a session, paths, pings and events. */
export function infer(bytes: Uint8Array, start: number, end: number): Guess {
  if (end - start < WORD_BYTES) return { score: 0, says: 'either', more: may_begin(bytes, start, end) };
  if (is_word(bytes, start, end)) return { score: 2, says: 'request' };
  const request = request_guess(bytes, start, end);
  if (request.score >= 2) return request;
  const reply = reply_guess(bytes, start, end);
  if (reply.score > request.score) return reply;
  return request.more === true ? request : reply;
}

/** Of less than a length or word: a length of less than 16 MiB, or small letters. */
function may_begin(bytes: Uint8Array, start: number, end: number): boolean {
  if (end <= start || bytes[start] === 0) return end > start;
  for (let at = start; at < end; at++) if (u8(bytes, at) < 97 || u8(bytes, at) > 122) return false;
  return true;
}

/** A four-letter word, and perhaps the end of its line, is all there is. */
function is_word(bytes: Uint8Array, start: number, end: number): boolean {
  if (word_of(u32be(bytes, start)) === undefined) return false;
  for (let at = start + WORD_BYTES; at < end; at++) if (bytes[at] !== CR && bytes[at] !== LF) return false;
  return end - start <= WORD_BYTES + 2;
}

function request_guess(bytes: Uint8Array, start: number, end: number): Guess {
  const size = request_size(bytes, start, end);
  if (size < 0) return NO_GUESS;
  if (size === 0) return { score: 0, says: 'either', more: u8(bytes, start) === 0 };
  if (is_connect(bytes, start, end)) return { score: 3, says: 'request' };
  const fields = operation_of(i32be(bytes, start + 8))!.fields;
  const xid = i32be(bytes, start + LENGTH_BYTES);
  const path_at = start + REQUEST_HEAD_BYTES + 4;
  const has_path = fields[0] === 'p' && path_at < end && u8(bytes, path_at) === SLASH;
  if (fields[0] === 'p' && !has_path) {
    return path_at < end ? NO_GUESS : { score: 0, says: 'request', more: true };
  }
  if (is_whole_request(bytes, start, end)) return { score: has_path || xid < 0 ? 3 : 2, says: 'request' };
  // Of a longer one the path has to fit.
  const path_bytes = u32be(bytes, path_at - 4);
  if (start + size <= end || !has_path || path_bytes > size) return NO_GUESS;
  return { score: 2, says: 'request' };
}

function reply_guess(bytes: Uint8Array, start: number, end: number): Guess {
  const size = reply_size(bytes, start, end);
  if (size < 0) return NO_GUESS;
  if (size === 0) return { score: 0, says: 'either', more: u8(bytes, start) === 0 };
  if (is_connected(bytes, start, end) || is_notification(bytes, start, end)) return { score: 3, says: 'response' };
  const xid = i32be(bytes, start + LENGTH_BYTES);
  if (xid === XID.connect || xid === XID.notification) return NO_GUESS;
  if (!is_whole_reply(bytes, start, end, () => true)) return NO_GUESS;
  // The zxid is that of a server that just began, where a session is opened first.
  if (xid > 0 && u32be(bytes, start + 8) === 0 && u32be(bytes, start + 12) === 0) return NO_GUESS;
  // An error has nothing behind it.
  if (xid < 0) return { score: 3, says: 'response' };
  return { score: i32be(bytes, start + 16) < 0 ? 2 : 1, says: 'response' };
}
