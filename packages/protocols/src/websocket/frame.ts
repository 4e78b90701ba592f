// Frame headers of RFC 6455 section 5.2.
import { u16be, u64be } from '../bytes.ts';
import { type Direction, TO_SERVER } from '../protocol.ts';

export const OPCODE = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

export interface Frame {
  final: boolean;
  /** Meaning of the payload is an extension's: it is compressed (RFC 7692 section 6). */
  coded: boolean;
  opcode: number;
  masked: boolean;
  header_bytes: number;
  length: number;
  /** Where the masking key stands, when masked. */
  key: number;
}

export function new_frame(): Frame {
  return { final: false, coded: false, opcode: 0, masked: false, header_bytes: 0, length: 0, key: 0 };
}

const CONTROL_BYTES_MAX = 125;
const LENGTH_MAX = 2 ** 48;

/** Reads the header at `at` into `to`. 1: done; 0: this is none; -1: it goes beyond `end`. */
export function read_frame(bytes: Uint8Array, at: number, end: number, direction: Direction, to: Frame): -1 | 0 | 1 {
  if (end - at < 2) return at < end && !valid_first(bytes[at]!) ? 0 : -1;
  const [first, second] = [bytes[at]!, bytes[at + 1]!];
  to.masked = second >= 0x80;
  // Clients mask, servers do not (RFC 6455 section 5.1).
  if (!valid_first(first) || to.masked !== (direction === TO_SERVER)) return 0;
  to.final = first >= 0x80;
  to.coded = (first & 0x40) !== 0;
  to.opcode = first & 0x0f;
  const short = second & 0x7f;
  const length_bytes = short === 126 ? 2 : short === 127 ? 8 : 0;
  to.key = at + 2 + length_bytes;
  to.header_bytes = 2 + length_bytes + (to.masked ? 4 : 0);
  if (to.opcode >= OPCODE.close && (!to.final || to.coded || short > CONTROL_BYTES_MAX)) return 0;
  if (end - at < to.header_bytes) return -1;
  to.length = short;
  if (length_bytes === 2) to.length = u16be(bytes, at + 2);
  else if (length_bytes === 8) to.length = u64be(bytes, at + 2);
  // The shortest form of the length is prescribed.
  if ((length_bytes === 2 && to.length < 126) || (length_bytes === 8 && to.length < 65_536)) return 0;
  return to.length > LENGTH_MAX ? 0 : 1;
}

function valid_first(byte: number): boolean {
  const opcode = byte & 0x0f;
  return (byte & 0x30) === 0 && (opcode <= OPCODE.binary || (opcode >= OPCODE.close && opcode <= OPCODE.pong));
}

/** Copy of the payload's first `length` bytes without the mask. */
export function unmasked(bytes: Uint8Array, at: number, frame: Frame, length: number): Uint8Array {
  const from = at + frame.header_bytes;
  const out = Uint8Array.from(bytes.subarray(from, from + length));
  if (frame.masked) for (let i = 0; i < out.length; i++) out[i]! ^= bytes[frame.key + (i & 3)]!;
  return out;
}
