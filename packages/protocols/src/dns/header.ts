// The 12 bytes that begin every DNS message (RFC 1035 section 4.1.1).
import { u16be } from '../bytes.ts';

export const HEADER_BYTES = 12;

export interface Header {
  id: number;
  response: boolean;
  opcode: number;
  rcode: number;
  questions: number;
  answers: number;
  authorities: number;
  additionals: number;
}

// QUERY, IQUERY, STATUS, NOTIFY, UPDATE (RFC 6895 section 2.2).
const OPCODES = new Set([0, 1, 2, 4, 5]);
/** The reserved bit Z, which must be zero. */
const Z = 0x0040;

/** Undefined when the bytes are too few or no DNS header. */
export function read_header(bytes: Uint8Array, at: number, end: number): Header | undefined {
  if (end - at < HEADER_BYTES) return undefined;
  const flags = u16be(bytes, at + 2);
  const opcode = (flags >> 11) & 15;
  const questions = u16be(bytes, at + 4);
  if ((flags & Z) !== 0 || !OPCODES.has(opcode) || questions > 1) return undefined;
  const response = flags >= 0x8000;
  const answers = u16be(bytes, at + 6);
  // A query asks (only NOTIFY and UPDATE carry records); its response code is zero.
  if (!response && opcode === 0 && (answers !== 0 || (flags & 15) !== 0)) return undefined;
  return {
    id: u16be(bytes, at),
    response,
    opcode,
    rcode: flags & 15,
    questions,
    answers,
    authorities: u16be(bytes, at + 8),
    additionals: u16be(bytes, at + 10),
  };
}
