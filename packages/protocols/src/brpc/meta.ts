// RpcMeta (brpc, baidu_rpc_meta.proto): a protobuf message between the 12-byte header and the body. Field numbers below
// are those of that file; authentication data (field 7) are passed over unread.
import { u8, u32be, utf8 } from '../bytes.ts';

export const HEADER_BYTES = 12;
const BODY_BYTES_MAX = 2_147_483_647;
const FIELDS_MAX = 256;

const VARINT = 0;
const FIXED64 = 1;
const BYTES = 2;
const FIXED32 = 5;

export interface Meta {
  /** Whether it has the part of a request, of a response. */
  request: boolean;
  response: boolean;
  service?: string;
  method?: string;
  log_id?: bigint;
  request_id?: string;
  trace_id?: bigint;
  span_id?: bigint;
  parent_span_id?: bigint;
  error_code: number;
  error_text?: string;
  correlation_id: number;
}

export type Pair = (key: string, value: string) => void;

/** Length of the message at `at`, as `Framing.size`: "PRPC" is a call, "STRM" a piece of a stream; body and meta sizes follow. */
export function message_size(bytes: Uint8Array, at: number, end: number): number {
  if (end - at < HEADER_BYTES) return 0;
  const magic = u32be(bytes, at);
  if (magic !== 0x50525043 && magic !== 0x5354524d) return -1;
  const body_bytes = u32be(bytes, at + 4);
  return u32be(bytes, at + 8) <= body_bytes && body_bytes <= BODY_BYTES_MAX ? HEADER_BYTES + body_bytes : -1;
}

export function is_stream(bytes: Uint8Array, at: number): boolean {
  return u8(bytes, at) === 0x53;
}

/** One field: [start, end) of its bytes, or its number. Protocol Buffers encoding, "Message structure". */
type OnField = (number: number, start: number, end: number, value: bigint) => void;

const MASK_64 = (1n << 64n) - 1n;

/** Hands out the fields of [start, end); false when that is no protobuf message. */
function each_field(bytes: Uint8Array, start: number, end: number, on_field: OnField): boolean {
  let at = start;
  const varint = (): bigint | undefined => {
    let low = 0;
    let high = 0n;
    for (let i = 0; i < 10 && at < end; i++) {
      const byte = u8(bytes, at++);
      if (i < 4) low |= (byte & 0x7f) << (7 * i);
      else high |= BigInt(byte & 0x7f) << BigInt(7 * i);
      if (byte < 0x80) return (high | BigInt(low)) & MASK_64;
    }
    return undefined;
  };
  for (let n = 0; n < FIELDS_MAX && at < end; n++) {
    const key = varint();
    if (key === undefined || key >> 3n === 0n || key > 0xffff_ffffn) return false;
    const number = Number(key >> 3n);
    const wire = Number(key & 7n);
    if (wire === VARINT) {
      const value = varint();
      if (value === undefined) return false;
      on_field(number, at, at, value);
    } else {
      const length = wire === BYTES ? varint() : wire === FIXED64 ? 8n : wire === FIXED32 ? 4n : undefined;
      if (length === undefined || length > BigInt(end - at)) return false;
      on_field(number, at, at + Number(length), 0n);
      at += Number(length);
    }
  }
  return at === end;
}

function read_request(meta: Meta, bytes: Uint8Array, start: number, end: number, max: number): boolean {
  meta.request = true;
  return each_field(bytes, start, end, (number, from, to, value) => {
    if (number === 1) meta.service = utf8(bytes, from, to, max);
    else if (number === 2) meta.method = utf8(bytes, from, to, max);
    else if (number === 3) meta.log_id = value;
    else if (number === 4) meta.trace_id = value;
    else if (number === 5) meta.span_id = value;
    else if (number === 6) meta.parent_span_id = value;
    else if (number === 7) meta.request_id = utf8(bytes, from, to, max);
  });
}

function read_response(meta: Meta, bytes: Uint8Array, start: number, end: number, max: number): boolean {
  meta.response = true;
  return each_field(bytes, start, end, (number, from, to, value) => {
    if (number === 1) meta.error_code = Number(BigInt.asIntN(32, value));
    else if (number === 2) meta.error_text = utf8(bytes, from, to, max);
  });
}

function read_pair(bytes: Uint8Array, start: number, end: number, max: number, pair: Pair): void {
  let key = '';
  let text = '';
  each_field(bytes, start, end, (number, from, to) => {
    if (number === 1) key = utf8(bytes, from, to, max);
    else if (number === 2) text = utf8(bytes, from, to, max);
  });
  pair(key, text);
}

/** The meta data in [start, end); undefined when they are none. */
export function read_meta(bytes: Uint8Array, start: number, end: number, max: number, pair?: Pair): Meta | undefined {
  const meta: Meta = { request: false, response: false, error_code: 0, correlation_id: 0 };
  let sound = true;
  const whole = each_field(bytes, start, end, (number, from, to, value) => {
    if (number === 1) sound &&= read_request(meta, bytes, from, to, max);
    else if (number === 2) sound &&= read_response(meta, bytes, from, to, max);
    // Exact as a number and as good a key: the lower 53 of its 64 bits.
    else if (number === 4) meta.correlation_id = Number(value & 0x1f_ffff_ffff_ffffn);
    else if (number === 9 && pair !== undefined) read_pair(bytes, from, to, max, pair);
  });
  return whole && sound ? meta : undefined;
}
