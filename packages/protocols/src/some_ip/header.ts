// The 16 bytes in front of every message (AUTOSAR SOME/IP Protocol Specification, section 4.1.2, "Header"):
// service, method, length from here on, client, session, protocol version, interface version, type, return code.
import { u8, u16be, u32be } from '../bytes.ts';

export const HEADER_BYTES = 16;
/** What `length` does not count: itself and what stands before it. */
const UNCOUNTED = 8;
const PROTOCOL_VERSION = 1;
const MESSAGE_BYTES_MAX = 67_108_864;
/** Bit of the type: a segment of a message too long for a datagram (SOME/IP-TP). */
export const SEGMENT = 0x20;
export const SEGMENT_HEADER_BYTES = 4;

/** Section 4.1.2.7, "Message Type". */
export const TYPES: ReadonlyMap<number, string> = new Map([
  [0x00, 'REQUEST'],
  [0x01, 'REQUEST_NO_RETURN'],
  [0x02, 'NOTIFICATION'],
  [0x40, 'REQUEST_ACK'],
  [0x41, 'REQUEST_NO_RETURN_ACK'],
  [0x42, 'NOTIFICATION_ACK'],
  [0x80, 'RESPONSE'],
  [0x81, 'ERROR'],
  [0xc0, 'RESPONSE_ACK'],
  [0xc1, 'ERROR_ACK'],
]);

/** Section 4.2.6, "Return Codes". */
export const RETURN_CODES: ReadonlyMap<number, string> = new Map([
  [0x00, 'E_OK'],
  [0x01, 'E_NOT_OK'],
  [0x02, 'E_UNKNOWN_SERVICE'],
  [0x03, 'E_UNKNOWN_METHOD'],
  [0x04, 'E_NOT_READY'],
  [0x05, 'E_NOT_REACHABLE'],
  [0x06, 'E_TIMEOUT'],
  [0x07, 'E_WRONG_PROTOCOL_VERSION'],
  [0x08, 'E_WRONG_INTERFACE_VERSION'],
  [0x09, 'E_MALFORMED_MESSAGE'],
  [0x0a, 'E_WRONG_MESSAGE_TYPE'],
  [0x0b, 'E_E2E_REPEATED'],
  [0x0c, 'E_E2E_WRONG_SEQUENCE'],
  [0x0d, 'E_E2E'],
  [0x0e, 'E_E2E_NOT_AVAILABLE'],
  [0x0f, 'E_E2E_NO_NEW_DATA'],
]);
/** 0x10 to 0x1f are reserved for generic errors, 0x20 to 0x5e for errors of services. */
const RETURN_CODE_MAX = 0x5e;

export interface Header {
  service: number;
  method: number;
  client: number;
  session: number;
  interface_version: number;
  type: number;
  segment: boolean;
  code: number;
}

/** Length of the message at `at`; as `Framing.size`. */
export function message_size(bytes: Uint8Array, at: number, end: number): number {
  if (end - at < HEADER_BYTES) return 0;
  const length = UNCOUNTED + u32be(bytes, at + 4);
  const type = u8(bytes, at + 14) & ~SEGMENT;
  const code = u8(bytes, at + 15);
  const fits = length >= HEADER_BYTES && length <= MESSAGE_BYTES_MAX && u8(bytes, at + 12) === PROTOCOL_VERSION;
  if (!fits || !TYPES.has(type) || code > RETURN_CODE_MAX) return -1;
  // Only responses and errors carry a code.
  return type >= 0x80 || code === 0 ? length : -1;
}

export function read_header(bytes: Uint8Array, at: number): Header {
  const type = u8(bytes, at + 14);
  return {
    service: u16be(bytes, at),
    method: u16be(bytes, at + 2),
    client: u16be(bytes, at + 8),
    session: u16be(bytes, at + 10),
    interface_version: u8(bytes, at + 13),
    type: type & ~SEGMENT,
    segment: (type & SEGMENT) !== 0,
    code: u8(bytes, at + 15),
  };
}
