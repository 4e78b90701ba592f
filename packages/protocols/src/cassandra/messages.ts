// Frames of the CQL binary protocol (native_protocol_v3.spec to v5.spec) and what each opcode becomes. A frame: version (its
// top bit: a response), flags, stream (2), opcode, length of the body (4, big endian). Versions 1 and 2 have another header
// and are ignored on purpose: no server since 2015 needs them.
import { latin1, u8, u16be, u32be } from '../bytes.ts';

export const HEADER_BYTES = 9;
/** Section 2 of the specification: a body is at most 256 MB long. */
const BODY_BYTES_MAX = 268_435_456;

export const OPCODE = {
  error: 0x00,
  startup: 0x01,
  ready: 0x02,
  authenticate: 0x03,
  options: 0x05,
  supported: 0x06,
  query: 0x07,
  result: 0x08,
  prepare: 0x09,
  execute: 0x0a,
  register: 0x0b,
  event: 0x0c,
  batch: 0x0d,
  auth_challenge: 0x0e,
  auth_response: 0x0f,
  auth_success: 0x10,
} as const;

/** Requests: each is a row. */
export const REQUESTS: ReadonlyMap<number, string> = new Map<number, string>([
  [OPCODE.startup, 'STARTUP'],
  [OPCODE.options, 'OPTIONS'],
  [OPCODE.query, 'QUERY'],
  [OPCODE.prepare, 'PREPARE'],
  [OPCODE.execute, 'EXECUTE'],
  [OPCODE.register, 'REGISTER'],
  [OPCODE.batch, 'BATCH'],
  [OPCODE.auth_response, 'AUTH_RESPONSE'],
]);

/** Responses, each to the request of its stream; an EVENT is pushed: a one-way row. */
export const RESPONSES: ReadonlyMap<number, string> = new Map<number, string>([
  [OPCODE.error, 'ERROR'],
  [OPCODE.ready, 'READY'],
  [OPCODE.authenticate, 'AUTHENTICATE'],
  [OPCODE.supported, 'SUPPORTED'],
  [OPCODE.result, 'RESULT'],
  [OPCODE.event, 'EVENT'],
  [OPCODE.auth_challenge, 'AUTH_CHALLENGE'],
  [OPCODE.auth_success, 'AUTH_SUCCESS'],
]);

/** What a RESULT is (section 4.2.5). */
export const RESULTS: ReadonlyMap<number, string> = new Map([
  [1, 'void'],
  [2, 'rows'],
  [3, 'set_keyspace'],
  [4, 'prepared'],
  [5, 'schema_change'],
]);
export const PREPARED = 4;

export const FLAG = { compressed: 1, tracing: 2, custom_payload: 4, warning: 8 } as const;
const FLAGS_KNOWN = 0x1f;
const SERVER_STREAM = 0xffff;

export function is_response(bytes: Uint8Array, at: number): boolean {
  return (u8(bytes, at) & 0x80) !== 0;
}

/** Whether the 9 bytes at `at` are a header. */
export function header_holds(bytes: Uint8Array, at: number): boolean {
  const version = u8(bytes, at) & 0x7f;
  const opcode = u8(bytes, at + 4);
  const response = is_response(bytes, at);
  if (version < 3 || version > 5 || (u8(bytes, at + 1) & ~FLAGS_KNOWN) !== 0) return false;
  if (!(response ? RESPONSES : REQUESTS).has(opcode) || u32be(bytes, at + 5) > BODY_BYTES_MAX) return false;
  const stream = u16be(bytes, at + 2);
  return opcode === OPCODE.event ? response && stream === SERVER_STREAM : stream < 0x8000;
}

/** Whether the body begins as its opcode demands, by what is known of it before `stop`. */
export function body_holds(bytes: Uint8Array, at: number, stop: number): boolean {
  const length = u32be(bytes, at + 5);
  const from = at + HEADER_BYTES;
  const flags = u8(bytes, at + 1);
  if ((flags & FLAG.compressed) !== 0) return length > 0;
  if (flags !== 0 || stop - from < Math.min(length, 4)) return true;
  switch (u8(bytes, at + 4)) {
    case OPCODE.options:
    case OPCODE.ready:
      return length === 0;
    case OPCODE.startup:
      return (
        length > 6 &&
        length < 4096 &&
        u16be(bytes, from) < 32 &&
        latin1(bytes, from, Math.min(stop, from + length)).includes('CQL_VERSION')
      );
    case OPCODE.query:
    case OPCODE.prepare: {
      const text = u32be(bytes, from);
      const first = u8(bytes, from + 4);
      return text > 0 && 4 + text <= length && (stop < from + 5 || (first >= 9 && first < 127));
    }
    case OPCODE.execute:
      return u16be(bytes, from) > 0 && u16be(bytes, from) <= 64 && 2 + u16be(bytes, from) < length;
    case OPCODE.batch:
      return length > 7 && u8(bytes, from) <= 2;
    case OPCODE.result:
      return RESULTS.has(u32be(bytes, from));
    case OPCODE.error:
      return u32be(bytes, from) <= 0x2500 && length >= 6;
    case OPCODE.auth_response:
    case OPCODE.auth_challenge:
    case OPCODE.auth_success:
      return u32be(bytes, from) === 0xffffffff || 4 + u32be(bytes, from) === length;
    case OPCODE.authenticate:
      return 2 + u16be(bytes, from) === length;
    default:
      return length >= 2 && u16be(bytes, from) > 0;
  }
}

/** Only these travel outside of segments in version 5: the peers agree on segments by them. */
const BEFORE_SEGMENTS = new Set<number>([
  OPCODE.error,
  OPCODE.startup,
  OPCODE.ready,
  OPCODE.authenticate,
  OPCODE.options,
  OPCODE.supported,
]);

/** Whether a frame stands at `at` without a segment around it. */
export function is_bare(bytes: Uint8Array, at: number): boolean {
  return (u8(bytes, at) & 0x7f) < 5 || BEFORE_SEGMENTS.has(u8(bytes, at + 4));
}
