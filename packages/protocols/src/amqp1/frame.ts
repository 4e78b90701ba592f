// Frames (specification part 2.3): size (4 bytes, itself included), data offset in words of four bytes, type, channel (2);
// then a performative, and the payload of a transfer. Before the first one, and after a login, each side sends a protocol
// header of eight bytes (part 2.2).
import { starts_with, u16be, u32be, u8 } from '../bytes.ts';
import { PERFORMATIVES, SASL_PERFORMATIVES } from './messages.ts';
import { ValueReader } from './types.ts';

export const HEAD_BYTES = 8;
/** Peers agree on a size (max-frame-size), 64 KiB or 1 MiB mostly; what is much longer is a damaged length. */
const FRAME_BYTES_MAX = 16 * 1024 * 1024;
const DATA_OFFSET_MIN = 2;
const AMQP_FRAME = 0;
const SASL_FRAME = 1;
const TRANSFER = 'transfer';

/** Protocol ids of headers. */
export const PROTOCOL = { amqp: 0, tls: 2, sasl: 3 } as const;
const LETTERS = 'AMQP';
const VERSION = '\x01\0\0';

/** Protocol id of the header at `at`, all of which is there; -1: there is none of version 1.0.0. */
export function header_protocol(bytes: Uint8Array, at: number, end: number): number {
  if (!starts_with(bytes, at, end, LETTERS) || !starts_with(bytes, at + 5, end, VERSION)) return -1;
  const id = u8(bytes, at + 4);
  return id === PROTOCOL.amqp || id === PROTOCOL.tls || id === PROTOCOL.sasl ? id : -1;
}

function header_size(bytes: Uint8Array, at: number, end: number): number {
  const have = end - at;
  if (!starts_with(bytes, at, end, LETTERS.slice(0, have))) return -1;
  if (have >= HEAD_BYTES) return header_protocol(bytes, at, end) < 0 ? -1 : HEAD_BYTES;
  if (have > 4 && ![PROTOCOL.amqp, PROTOCOL.tls, PROTOCOL.sasl].includes(u8(bytes, at + 4) as 0 | 2 | 3)) return -1;
  return have > 5 && !starts_with(bytes, at + 5, end, VERSION.slice(0, have - 5)) ? -1 : 0;
}

export function is_header(bytes: Uint8Array, at: number): boolean {
  return u8(bytes, at) === LETTERS.charCodeAt(0);
}

/** Whether a header of any version stands at `at`. */
export function starts_header(bytes: Uint8Array, at: number, end: number): boolean {
  return end - at >= HEAD_BYTES && starts_with(bytes, at, end, LETTERS);
}

/** Length of the frame or protocol header at `at`; as `Framing.size`. */
export function frame_size(bytes: Uint8Array, at: number, end: number): number {
  if (end <= at) return 0;
  if (is_header(bytes, at)) return header_size(bytes, at, end);
  if (end - at < HEAD_BYTES) return u8(bytes, at) === 0 ? 0 : -1;
  const size = u32be(bytes, at);
  const body = body_start(bytes, at);
  if (size > FRAME_BYTES_MAX || u8(bytes, at + 4) < DATA_OFFSET_MIN || body > at + size) return -1;
  const type = u8(bytes, at + 5);
  if (type !== AMQP_FRAME && type !== SASL_FRAME) return -1;
  if (body === at + size) return type === AMQP_FRAME ? size : -1;
  if (end < body + 3) return 0;
  return performative_name(bytes, at, end) === undefined ? -1 : size;
}

export function body_start(bytes: Uint8Array, at: number): number {
  return at + u8(bytes, at + 4) * 4;
}

export function channel_of(bytes: Uint8Array, at: number): number {
  return u16be(bytes, at + 6);
}

export function is_sasl(bytes: Uint8Array, at: number): boolean {
  return u8(bytes, at + 5) === SASL_FRAME;
}

const scratch = new ValueReader();

/** Name of the frame's performative, of whose descriptor three bytes are there; a longer one may be cut: then any. */
function performative_name(bytes: Uint8Array, at: number, end: number): string | undefined {
  const reader = scratch.begin(bytes, body_start(bytes, at), Math.min(end, at + u32be(bytes, at)));
  const code = reader.descriptor();
  if (code < 0 && reader.failed && u8(bytes, reader.at - 1) === 0) return '';
  return is_sasl(bytes, at) ? SASL_PERFORMATIVES[code] : PERFORMATIVES[code];
}

/** Whether a whole frame stands at `at` that its performative fills, or a header. */
export function is_whole_frame(bytes: Uint8Array, at: number, end: number): boolean {
  const size = frame_size(bytes, at, end);
  if (size <= 0 || at + size > end) return false;
  const body = is_header(bytes, at) ? at + size : body_start(bytes, at);
  if (body === at + size) return true;
  const name = performative_name(bytes, at, end);
  const reader = scratch.begin(bytes, body, at + size);
  reader.skip();
  return !reader.failed && (reader.at === at + size || name === TRANSFER);
}
