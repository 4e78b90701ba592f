// Frames: type (1 byte), channel (2), size (4), payload, end mark (specification 0-9-1 section 2.3.5 and 4.2.3). Before the
// first one a client sends the protocol header of eight bytes; a server that wants another version answers with its own.
import { starts_with, u16be, u32be, u8 } from '../bytes.ts';
import { FRAME, method_of } from './messages.ts';

export const FRAME_HEAD_BYTES = 7;
const END_MARK = 0xce;
const END_BYTES = 1;
/** Peers agree on 128 KiB and the like; what is much longer is a damaged length. */
const PAYLOAD_BYTES_MAX = 16 * 1024 * 1024;
const METHOD_BYTES_MAX = 1024 * 1024;
export const PROTOCOL_HEADER = 'AMQP\0\0\x09\x01';
const CHANNEL_MAX = 0xffff;

/** Length of the frame or protocol header at `at`; as `Framing.size`. */
export function frame_size(bytes: Uint8Array, at: number, end: number): number {
  if (end <= at) return 0;
  const type = u8(bytes, at);
  if (type === 65) {
    const text = PROTOCOL_HEADER.slice(0, Math.min(end - at, PROTOCOL_HEADER.length));
    if (!starts_with(bytes, at, end, text)) return -1;
    return text.length < PROTOCOL_HEADER.length ? 0 : PROTOCOL_HEADER.length;
  }
  if (type !== FRAME.method && type !== FRAME.header && type !== FRAME.body && type !== FRAME.heartbeat) return -1;
  if (end - at < FRAME_HEAD_BYTES) return 0;
  const payload = u32be(bytes, at + 3);
  const size = FRAME_HEAD_BYTES + payload + END_BYTES;
  if (!payload_fits(type, bytes, at, end, payload) || u16be(bytes, at + 1) > CHANNEL_MAX) return -1;
  return at + size <= end && u8(bytes, at + size - 1) !== END_MARK ? -1 : size;
}

function payload_fits(type: number, bytes: Uint8Array, at: number, end: number, payload: number): boolean {
  if (type === FRAME.heartbeat) return payload === 0;
  if (type === FRAME.body) return payload <= PAYLOAD_BYTES_MAX;
  // Class and method, or class, weight (always 0), body size and property flags.
  if (payload < (type === FRAME.method ? 4 : 14) || payload > METHOD_BYTES_MAX) return false;
  const readable = end - at - FRAME_HEAD_BYTES;
  if (readable < 4) return true;
  const [first, second] = [u16be(bytes, at + FRAME_HEAD_BYTES), u16be(bytes, at + FRAME_HEAD_BYTES + 2)];
  return type === FRAME.method ? method_of(first, second) !== undefined : first === 60 && second === 0;
}

/** Whether a whole method, header or heartbeat stands at `at`, end mark included. */
export function is_whole_frame(bytes: Uint8Array, at: number, end: number): boolean {
  const size = frame_size(bytes, at, end);
  return size > 0 && at + size <= end && u8(bytes, at) !== FRAME.body;
}
