// Records (section 3.3): version, type, request id (2 bytes), length of the content (2), of the padding (1), reserved (1).
import { u16be, u32be, u8 } from '../bytes.ts';
import { type Direction, TO_SERVER } from '../protocol.ts';
import { MANAGEMENT, PROTOCOL_STATUS, ROLES, TYPE, TYPE_MAX } from './messages.ts';

export const HEAD_BYTES = 8;
/** A whole record without its padding. */
export const RECORD_BYTES_MAX = HEAD_BYTES + 0xffff;
const VERSION = 1;
/** Content of BEGIN_REQUEST, END_REQUEST and UNKNOWN_TYPE. */
const BODY_BYTES = 8;

const SENT_BY_CLIENT = new Set<number>([
  ...[TYPE.begin_request, TYPE.abort_request, TYPE.params, TYPE.stdin, TYPE.data, TYPE.get_values],
]);

export function type_of(bytes: Uint8Array, at: number): number {
  return u8(bytes, at + 1);
}

export function request_id_of(bytes: Uint8Array, at: number): number {
  return u16be(bytes, at + 2);
}

export function content_bytes(bytes: Uint8Array, at: number): number {
  return u16be(bytes, at + 4);
}

/** Length of the record at `at`, head and padding included; as `Framing.size`. */
export function record_size(bytes: Uint8Array, at: number, end: number, direction: Direction): number {
  if (end <= at) return 0;
  if (u8(bytes, at) !== VERSION) return -1;
  if (end - at < HEAD_BYTES) return 0;
  if (!fits(bytes, at, end, direction)) return -1;
  return HEAD_BYTES + content_bytes(bytes, at) + u8(bytes, at + 6);
}

/** Whether type, id and length go together, and what a record of fixed content says is defined. */
function fits(bytes: Uint8Array, at: number, end: number, direction: Direction): boolean {
  const type = type_of(bytes, at);
  const id = request_id_of(bytes, at);
  if (type === 0) return false;
  // Only management records may have types that the specification does not know.
  if (type > TYPE_MAX) return id === MANAGEMENT && direction === TO_SERVER;
  if (SENT_BY_CLIENT.has(type) !== (direction === TO_SERVER)) return false;
  const management = type >= TYPE.get_values;
  if (management !== (id === MANAGEMENT)) return false;
  const content = content_bytes(bytes, at);
  const there = end - at >= HEAD_BYTES + BODY_BYTES;
  if (type === TYPE.begin_request) {
    return content === BODY_BYTES && (!there || (ROLES[u16be(bytes, at + 8)] !== undefined && u8(bytes, at + 10) <= 1));
  }
  if (type === TYPE.end_request) {
    return content === BODY_BYTES && (!there || u8(bytes, at + 12) < PROTOCOL_STATUS.length);
  }
  if (type === TYPE.unknown_type) return content === BODY_BYTES;
  return type !== TYPE.abort_request || content === 0;
}

/** Whether whole records, one behind the other, fill [at, end) exactly. */
export function are_records(bytes: Uint8Array, at: number, end: number, direction: Direction): boolean {
  let next = at;
  while (next < end) {
    const size = record_size(bytes, next, end, direction);
    if (size <= 0 || u8(bytes, next + 7) !== 0) return false;
    next += size;
  }
  return next === end && end > at;
}

export interface End {
  app_status: number;
  protocol_status: number;
}

/** Content of the END_REQUEST at `at`. */
export function read_end(bytes: Uint8Array, at: number): End {
  return { app_status: u32be(bytes, at + HEAD_BYTES), protocol_status: u8(bytes, at + HEAD_BYTES + 4) };
}
