// The 12 bytes that begin every message of DNS, multicast DNS too (RFC 1035 section 4.1.1).
import { u16be } from '../bytes.ts';

export const HEADER_BYTES = 12;

export interface Header {
  id: number;
  flags: number;
  response: boolean;
  opcode: number;
  rcode: number;
  questions: number;
  answers: number;
  authorities: number;
  additionals: number;
}

/** Undefined when the bytes are too few. */
export function read_header(bytes: Uint8Array, at: number, end: number): Header | undefined {
  if (end - at < HEADER_BYTES) return undefined;
  const flags = u16be(bytes, at + 2);
  return {
    id: u16be(bytes, at),
    flags,
    response: flags >= 0x8000,
    opcode: (flags >> 11) & 15,
    rcode: flags & 15,
    questions: u16be(bytes, at + 4),
    answers: u16be(bytes, at + 6),
    authorities: u16be(bytes, at + 8),
    additionals: u16be(bytes, at + 10),
  };
}
