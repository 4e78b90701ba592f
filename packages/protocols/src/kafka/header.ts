// Frames of both directions: length (4 bytes, not counting itself), then the request or response header
// (kafka.apache.org/protocol, "Protocol Request Header").
import { u16be, u32be, u8 } from '../bytes.ts';
import { type Api, known_api } from './messages.ts';

export const LENGTH_BYTES = 4;
/** Brokers refuse larger requests (socket.request.max.bytes is 100 MiB by default); answers may be somewhat larger. */
const FRAME_BYTES_MAX = 256 * 1024 * 1024;
/** Length, key, version, correlation id, length of the client's name. */
export const REQUEST_HEADER_BYTES = 14;
const CLIENT_ID_BYTES_MAX = 512;
const NULL = 0xffff;

export interface RequestHeader {
  key: number;
  version: number;
  api: Api;
  correlation_id: number;
  /** Of the client's name; empty for null. */
  client_start: number;
  client_end: number;
}

/** Length of the frame at `at` with its length field; as `Framing.size`. */
export function frame_size(bytes: Uint8Array, at: number, end: number): number {
  if (end - at < LENGTH_BYTES) return 0;
  const length = u32be(bytes, at);
  return length < 4 || length > FRAME_BYTES_MAX ? -1 : length + LENGTH_BYTES;
}

/** The header of a request, if the bytes can be one; undefined also when it is not all there, but for the client's name. */
export function request_header(bytes: Uint8Array, at: number, end: number): RequestHeader | undefined {
  if (end - at < REQUEST_HEADER_BYTES) return undefined;
  const size = frame_size(bytes, at, end);
  const key = u16be(bytes, at + 4);
  const version = u16be(bytes, at + 6);
  const api = known_api(key, version);
  const correlation_id = u32be(bytes, at + 8);
  if (size < REQUEST_HEADER_BYTES || api === undefined || correlation_id > 0x7fff_ffff) return undefined;
  const client_start = at + REQUEST_HEADER_BYTES;
  const length = u16be(bytes, at + 12);
  const client_end = client_start + (length === NULL ? 0 : length);
  if (length !== NULL && (length > CLIENT_ID_BYTES_MAX || client_end > at + size)) return undefined;
  const readable = Math.min(client_end, end);
  for (let i = client_start; i < readable; i++) if (u8(bytes, i) < 32 || u8(bytes, i) === 127) return undefined;
  return { key, version, api, correlation_id, client_start, client_end: readable };
}

/** Whether whole requests, one behind the other, fill [at, end) exactly. */
export function are_requests(bytes: Uint8Array, at: number, end: number): boolean {
  let next = at;
  while (next < end) {
    if (request_header(bytes, next, end) === undefined) return false;
    next += frame_size(bytes, next, end);
  }
  return next === end && end > at;
}
