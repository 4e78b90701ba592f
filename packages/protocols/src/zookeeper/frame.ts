// Frames of both directions: length (4 bytes, not counting itself), then the header of a request (xid, operation) or of
// a reply (xid, zxid, error). The first frame of each direction is a record of its own, for opening or resuming a session.
import { i32be, u32be, u8 } from '../bytes.ts';
import { CODE_MIN, is_known_error, OK } from './errors.ts';
import { read_fields } from './fields.ts';
import { JuteReader } from './jute.ts';
import { operation_of, operations_of_xid, XID } from './messages.ts';

export const LENGTH_BYTES = 4;
export const REQUEST_HEAD_BYTES = 12;
export const REPLY_HEAD_BYTES = 20;
/** Servers refuse more than 1 MiB unless told otherwise (jute.maxbuffer); lists of children may be longer. */
const FRAME_BYTES_MAX = 64 * 1024 * 1024;

// Passwords of sessions have 16 bytes; the read-only flag is missing before 3.4.
const PASSWORD_BYTES = 16;
const CONNECT_BYTES = 44;
const CONNECTED_BYTES = 36;
/** Where the length of the password stands. */
const CONNECT_PASSWORD = LENGTH_BYTES + 24;
const CONNECTED_PASSWORD = LENGTH_BYTES + 16;

const scratch = new JuteReader();

/** 1: the record that opens a session; 0: another frame; -1: the bytes do not tell yet. */
function opens(bytes: Uint8Array, at: number, end: number, record_bytes: number, password: number): 0 | 1 | -1 {
  const length = u32be(bytes, at);
  if (length !== record_bytes && length !== record_bytes + 1) return 0;
  // The version of the protocol, always 0, stands where others have their transaction id.
  if (end - at >= 8 && u32be(bytes, at + LENGTH_BYTES) !== XID.connect) return 0;
  if (end - at < password + 4) return -1;
  return u32be(bytes, at + password) === PASSWORD_BYTES ? 1 : 0;
}

export function is_connect(bytes: Uint8Array, at: number, end: number): boolean {
  return opens(bytes, at, end, CONNECT_BYTES, CONNECT_PASSWORD) === 1;
}

export function is_connected(bytes: Uint8Array, at: number, end: number): boolean {
  return opens(bytes, at, end, CONNECTED_BYTES, CONNECTED_PASSWORD) === 1;
}

/** Length of the request at `at` with its length field; as `Framing.size`. */
export function request_size(bytes: Uint8Array, at: number, end: number): number {
  if (end - at < LENGTH_BYTES) return 0;
  const length = u32be(bytes, at);
  if (length < REQUEST_HEAD_BYTES - LENGTH_BYTES || length > FRAME_BYTES_MAX) return -1;
  const connect = opens(bytes, at, end, CONNECT_BYTES, CONNECT_PASSWORD);
  if (connect < 0 || end - at < REQUEST_HEAD_BYTES) return 0;
  return connect === 1 || is_request_head(bytes, at) ? length + LENGTH_BYTES : -1;
}

function is_request_head(bytes: Uint8Array, at: number): boolean {
  const type = i32be(bytes, at + 8);
  if (operation_of(type) === undefined) return false;
  return operations_of_xid(i32be(bytes, at + LENGTH_BYTES))?.includes(type) ?? true;
}

/** As `request_size`, of a reply. */
export function reply_size(bytes: Uint8Array, at: number, end: number): number {
  if (end - at < LENGTH_BYTES) return 0;
  const length = u32be(bytes, at);
  if (length < REPLY_HEAD_BYTES - LENGTH_BYTES || length > FRAME_BYTES_MAX) return -1;
  const connected = opens(bytes, at, end, CONNECTED_BYTES, CONNECTED_PASSWORD);
  if (connected < 0 || end - at < REPLY_HEAD_BYTES) return 0;
  return connected === 1 || is_reply_head(bytes, at) ? length + LENGTH_BYTES : -1;
}

function is_reply_head(bytes: Uint8Array, at: number): boolean {
  const xid = i32be(bytes, at + 4);
  const error = i32be(bytes, at + 16);
  // Ids of transactions never get negative; an event has none, and -1 instead.
  if (u8(bytes, at + 8) >= 0x80 && xid !== XID.notification) return false;
  return (
    error <= OK && error >= CODE_MIN && (xid >= 0 || xid === XID.notification || operations_of_xid(xid)?.length !== 0)
  );
}

/** Whether a whole request stands at `at` whose every field fits. */
export function is_whole_request(bytes: Uint8Array, at: number, end: number): boolean {
  const size = request_size(bytes, at, end);
  if (size <= 0 || at + size > end) return false;
  if (is_connect(bytes, at, end)) return true;
  const operation = operation_of(i32be(bytes, at + 8))!;
  const reader = scratch.begin(bytes, at + REQUEST_HEAD_BYTES, at + size);
  const { opaque } = read_fields(reader, operation.fields, 0);
  return opaque ? !reader.failed : reader.exhausted;
}

/** Whether a whole reply to a request with one of the transaction ids that `awaits` knows stands at `at`. */
export function is_whole_reply(bytes: Uint8Array, at: number, end: number, awaits: (xid: number) => boolean): boolean {
  const size = reply_size(bytes, at, end);
  if (size <= 0 || at + size > end) return false;
  if (is_connected(bytes, at, end) || is_notification(bytes, at, end)) return true;
  const error = i32be(bytes, at + 16);
  if (error !== OK && (size !== REPLY_HEAD_BYTES || !is_known_error(error))) return false;
  const xid = i32be(bytes, at + LENGTH_BYTES);
  return xid !== XID.notification && awaits(xid);
}

export function is_notification(bytes: Uint8Array, at: number, end: number): boolean {
  const size = reply_size(bytes, at, end);
  if (size <= 0 || at + size > end || i32be(bytes, at + LENGTH_BYTES) !== XID.notification) return false;
  if (i32be(bytes, at + 8) !== -1 || i32be(bytes, at + 12) !== -1 || i32be(bytes, at + 16) !== OK) return false;
  const reader = scratch.begin(bytes, at + REPLY_HEAD_BYTES, at + size);
  reader.skip(8);
  reader.buffer();
  return reader.exhausted;
}
