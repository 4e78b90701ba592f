// What the header of a DNS message may say; multicast DNS, whose format is the same, allows more.
import { type Header, read_header as read } from '../domain/header.ts';

export { HEADER_BYTES } from '../domain/header.ts';

// QUERY, IQUERY, STATUS, NOTIFY, UPDATE (RFC 6895 section 2.2), DSO (RFC 8490), which has no question.
const OPCODES = new Set([0, 1, 2, 4, 5, 6]);
/** The reserved bit Z, which must be zero. */
const Z = 0x0040;

/** Undefined when the bytes are too few or no DNS header. */
export function read_header(bytes: Uint8Array, at: number, end: number): Header | undefined {
  const header = read(bytes, at, end);
  if (header === undefined || (header.flags & Z) !== 0 || !OPCODES.has(header.opcode)) return undefined;
  if (header.questions > 1) return undefined;
  // A query asks (only NOTIFY and UPDATE carry records); its response code is zero.
  if (!header.response && header.opcode === 0 && (header.answers !== 0 || header.rcode !== 0)) return undefined;
  return header;
}
