// Where a message begins: with its own first bytes, or behind four bytes of length (framed transport).
import { i32be, u8, u16be, u32be, utf8 } from '../bytes.ts';
import { ThriftReader } from './values.ts';

export const CALL = 1;
export const REPLY = 2;
export const EXCEPTION = 3;
export const ONE_WAY = 4;
/** Shortest message: head, no name, an empty struct. */
export const BEGIN_BYTES = 8;
// Default limit of the framed transport's servers is 16 MiB; some are set higher.
const FRAME_BYTES_MAX = 268_435_456;
const NAME_BYTES_MAX = 256;
const NAME = /^[A-Za-z_][\w.:/-]*$/;

export interface Start {
  framed: boolean;
  compact: boolean;
  /** First byte of the message. */
  at: number;
  /** Length with frame; 0 when only walking tells it. */
  length: number;
}

export interface Head {
  type: number;
  name: string;
  sequence: number;
  /** First byte of the struct behind it. */
  at: number;
}

// Strict binary protocol: 0x8001, a zero, the type. Compact protocol: 0x82, type and version 1.
function kind_at(bytes: Uint8Array, at: number): 'binary' | 'compact' | undefined {
  if (u16be(bytes, at) === 0x8001 && u8(bytes, at + 2) === 0) {
    return is_type(u8(bytes, at + 3)) ? 'binary' : undefined;
  }
  if (u8(bytes, at) !== 0x82 || (u8(bytes, at + 1) & 0x1f) !== 1) return undefined;
  return is_type(u8(bytes, at + 1) >> 5) ? 'compact' : undefined;
}

function is_type(type: number): boolean {
  return type >= CALL && type <= ONE_WAY;
}

/** Of BEGIN_BYTES at `at`; undefined when no message begins there. */
export function start_at(bytes: Uint8Array, at: number): Start | undefined {
  const bare = kind_at(bytes, at);
  if (bare !== undefined) return { framed: false, compact: bare === 'compact', at, length: 0 };
  const frame = u32be(bytes, at);
  if (frame < 5 || frame > FRAME_BYTES_MAX) return undefined;
  const kind = kind_at(bytes, at + 4);
  return kind === undefined ? undefined : { framed: true, compact: kind === 'compact', at: at + 4, length: frame + 4 };
}

/** Type, name and sequence id of the message in [start.at, end). */
export function read_head(bytes: Uint8Array, start: Start, end: number): Head | 'short' | 'bad' {
  const reader = new ThriftReader(bytes, start.at + (start.compact ? 2 : 4), end, start.compact);
  const type = start.compact ? u8(bytes, start.at + 1) >> 5 : u8(bytes, start.at + 3);
  let sequence = start.compact ? reader.varint() : 0;
  const name_length = start.compact ? reader.varint() : (reader.i32() ?? 0);
  if (reader.fault !== undefined) return reader.fault;
  if (name_length < 0 || name_length > NAME_BYTES_MAX) return 'bad';
  const name_at = reader.at;
  const at = name_at + name_length + (start.compact ? 0 : 4);
  if (at > end) return 'short';
  const name = utf8(bytes, name_at, name_at + name_length);
  if (!NAME.test(name)) return 'bad';
  if (!start.compact) sequence = i32be(bytes, at - 4) >>> 0;
  return { type, name, sequence, at };
}
