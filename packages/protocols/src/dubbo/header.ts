// The 16 bytes in front of every Dubbo message: magic, flags and serialization, status, request id, length.
import { u8, u16be, u32be } from '../bytes.ts';

export const HEADER_BYTES = 16;
const MAGIC = 0xdabb;
const REQUEST = 0x80;
const TWO_WAY = 0x40;
const EVENT = 0x20;
const SERIALIZATION = 0x1f;

/** Ids of serializations, in the lower five bits of the flags. */
export const SERIALIZATIONS: ReadonlyMap<number, string> = new Map([
  [2, 'hessian2'],
  [3, 'java'],
  [4, 'compactedjava'],
  [6, 'fastjson'],
  [7, 'nativejava'],
  [8, 'kryo'],
  [9, 'fst'],
  [10, 'native-hessian'],
  [11, 'avro'],
  [12, 'protostuff'],
  [16, 'gson'],
  [18, 'jackson'],
  [21, 'protobuf-json'],
  [22, 'protobuf'],
  [23, 'fastjson2'],
  [25, 'kryo2'],
  [27, 'msgpack'],
  [28, 'fury'],
  [31, 'custom-msgpack'],
]);

export const OK = 20;
/** Response status -> its name; the first number of a response's header. */
export const STATUS_NAMES: ReadonlyMap<number, string> = new Map([
  [OK, 'OK'],
  [25, 'SERIALIZATION_ERROR'],
  [30, 'CLIENT_TIMEOUT'],
  [31, 'SERVER_TIMEOUT'],
  [35, 'CHANNEL_INACTIVE'],
  [40, 'BAD_REQUEST'],
  [50, 'BAD_RESPONSE'],
  [60, 'SERVICE_NOT_FOUND'],
  [70, 'SERVICE_ERROR'],
  [80, 'SERVER_ERROR'],
  [90, 'CLIENT_ERROR'],
  [100, 'SERVER_THREADPOOL_EXHAUSTED_ERROR'],
]);

/** Far above any limit that servers are run with (their default is 8 MiB): more is damage. */
const BODY_BYTES_MAX = 268_435_456;

export interface Header {
  request: boolean;
  /** The client waits for a response. */
  two_way: boolean;
  event: boolean;
  serialization: number;
  status: number;
  /** Lower 53 of its 64 bits: exact as a number, and as good a key. */
  id: number;
  body_bytes: number;
}

/** Length of the message at `at`; as `Framing.size`. */
export function message_size(bytes: Uint8Array, at: number, end: number): number {
  if (end - at < HEADER_BYTES) return 0;
  if (u16be(bytes, at) !== MAGIC) return -1;
  const flags = u8(bytes, at + 2);
  const body_bytes = u32be(bytes, at + 12);
  if (!SERIALIZATIONS.has(flags & SERIALIZATION) || body_bytes > BODY_BYTES_MAX) return -1;
  // Requests carry no status; some clients leave a stale byte there, but none that means a response.
  if ((flags & REQUEST) === 0 && !STATUS_NAMES.has(u8(bytes, at + 3))) return -1;
  return HEADER_BYTES + body_bytes;
}

export function read_header(bytes: Uint8Array, at: number): Header {
  const flags = u8(bytes, at + 2);
  return {
    request: (flags & REQUEST) !== 0,
    two_way: (flags & TWO_WAY) !== 0,
    event: (flags & EVENT) !== 0,
    serialization: flags & SERIALIZATION,
    status: u8(bytes, at + 3),
    id: (u32be(bytes, at + 4) & 0x1f_ffff) * 4_294_967_296 + u32be(bytes, at + 8),
    body_bytes: u32be(bytes, at + 12),
  };
}

/** Whether the bytes that are there may begin a header. */
export function may_begin(bytes: Uint8Array, start: number, end: number): boolean {
  return end > start && u8(bytes, start) === 0xda && (end - start < 2 || u8(bytes, start + 1) === 0xbb);
}
