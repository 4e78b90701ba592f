// Heads of Bolt commands (sofa-bolt, RpcProtocol and RpcProtocolV2). Version 2 has two bytes more: a version behind the
// first byte and switches behind the codec. Then lengths, a class name, a header of pairs, content, perhaps a CRC32.
import { u8, u16be, u32be } from '../bytes.ts';

export const HEAD_BYTES_MIN = 12;
export const RESPONSE = 0;
export const ONE_WAY = 2;
export const HEARTBEAT = 0;
const COMMAND_MAX = 2;
const CRC_SWITCH = 1;
const CRC_BYTES = 4;
const CONTENT_BYTES_MAX = 268_435_456;
/** Lengths of class name, header and content. */
const LENGTHS_BYTES = 8;

export interface Header {
  version: number;
  /** Response, request or one-way request. */
  type: number;
  command: number;
  id: number;
  /** Of a response. */
  status: number;
  class_at: number;
  header_at: number;
  content_at: number;
  content_end: number;
  length: number;
}

/** Bytes of the head that begins at `at`, of which HEAD_BYTES_MIN are there; 0 when none begins. */
export function head_bytes(bytes: Uint8Array, at: number): number {
  const version = u8(bytes, at);
  const from = at + version - 1;
  if (version !== 1 && version !== 2) return 0;
  const type = u8(bytes, from + 1);
  const command = u16be(bytes, from + 2);
  const inner_version = u8(bytes, from + 4);
  // Requests are command 1, responses 2, heartbeats 0 both ways.
  const fits = command === HEARTBEAT || (type === RESPONSE) === (command === COMMAND_MAX);
  if (type > ONE_WAY || command > COMMAND_MAX || inner_version !== 1 || !fits) return 0;
  if (version === 2 && (u8(bytes, at + 1) < 1 || u8(bytes, at + 1) > 2 || u8(bytes, at + 11) > 1)) return 0;
  return (version === 1 ? 10 : 12) + (type === RESPONSE ? 2 : 4) + LENGTHS_BYTES;
}

export function read_header(bytes: Uint8Array, at: number): Header {
  const version = u8(bytes, at);
  const from = at + version - 1;
  const type = u8(bytes, from + 1);
  const class_at = at + head_bytes(bytes, at);
  const lengths = class_at - LENGTHS_BYTES;
  const header_at = class_at + u16be(bytes, lengths);
  const content_at = header_at + u16be(bytes, lengths + 2);
  const content_end = content_at + u32be(bytes, lengths + 4);
  const crc = version === 2 && (u8(bytes, at + 11) & CRC_SWITCH) !== 0 ? CRC_BYTES : 0;
  return {
    version,
    type,
    command: u16be(bytes, from + 2),
    id: u32be(bytes, from + 5),
    status: type === RESPONSE ? u16be(bytes, lengths - 2) : 0,
    ...{ class_at, header_at, content_at, content_end },
    length: content_end - at + crc,
  };
}

/** Length of the command at `at`; as `Framing.size`. */
export function command_size(bytes: Uint8Array, at: number, end: number): number {
  if (end - at < HEAD_BYTES_MIN) return 0;
  const head = head_bytes(bytes, at);
  if (head === 0) return -1;
  if (end - at < head) return 0;
  const header = read_header(bytes, at);
  return header.content_end - header.content_at <= CONTENT_BYTES_MAX ? header.length : -1;
}
