// What the header of a DNS message may say; multicast DNS, whose format is the same, allows more.
import { type Header, read_header as read } from '../domain/header.ts';
import { OPCODES } from './messages.ts';

export { HEADER_BYTES } from '../domain/header.ts';

/** The reserved bit Z, which must be zero. */
const Z = 0x0040;

/** Undefined when the bytes are too few or no DNS header. */
export function read_header(bytes: Uint8Array, at: number, end: number): Header | undefined {
  const header = read(bytes, at, end);
  if (header === undefined || (header.flags & Z) !== 0 || header.questions > 1) return undefined;
  const opcode = OPCODES.get(header.opcode);
  if (opcode === undefined) return undefined;
  // A query only asks; its response code is zero.
  if (!header.response && opcode === 'QUERY' && (header.answers !== 0 || header.rcode !== 0)) return undefined;
  return header;
}
