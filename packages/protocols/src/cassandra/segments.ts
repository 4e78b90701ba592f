// Segments of version 5 (native_protocol_v5.spec, section 2.2): header, checksum of it (3 bytes), payload, checksum (4 bytes).
// The header, little endian: length of the payload (17 bits), and whether whole frames are in it (1 bit); with compression
// (LZ4) the length, the length before compression (17 bits; 0 = as it is), and the same bit.
import { u8, u24le } from '../bytes.ts';

const PLAIN_HEADER_BYTES = 3;
const PACKED_HEADER_BYTES = 5;
const CHECKSUM_BYTES = 3;
const TRAILER_BYTES = 4;
/** Appendix: polynomial and initial value of the header's checksum. */
const POLYNOMIAL = 0x1974f0b;
const INITIAL = 0x875060;
/** The longest header with its checksum. */
export const SEGMENT_HEADER_BYTES = PACKED_HEADER_BYTES + CHECKSUM_BYTES;

export interface Segment {
  payload: number;
  /** Bytes of payload on the wire; `plain` before compression, 0 when it is not compressed. */
  length: number;
  plain: number;
  /** False: a piece of a frame that is longer than a segment. */
  self_contained: boolean;
  /** Bytes of the whole. */
  size: number;
}

/** Checksum of a header; exported for its test. */
export function checksum(bytes: Uint8Array, at: number, count: number): number {
  let crc = INITIAL;
  for (let i = 0; i < count; i++) {
    crc ^= u8(bytes, at + i) << 16;
    for (let bit = 0; bit < 8; bit++) {
      crc <<= 1;
      if (crc & 0x1000000) crc ^= POLYNOMIAL;
    }
  }
  return crc & 0xffffff;
}

/** The segment whose header stands at `at`; 8 bytes must be known. Undefined: none. */
export function segment_at(bytes: Uint8Array, at: number): Segment | undefined {
  if (checksum(bytes, at, PLAIN_HEADER_BYTES) === u24le(bytes, at + PLAIN_HEADER_BYTES)) {
    const header = u24le(bytes, at);
    return segment(header & 0x1ffff, 0, (header & 0x20000) !== 0, PLAIN_HEADER_BYTES, at);
  }
  if (checksum(bytes, at, PACKED_HEADER_BYTES) !== u24le(bytes, at + PACKED_HEADER_BYTES)) return undefined;
  const low = u24le(bytes, at);
  const high = u24le(bytes, at + 2);
  return segment(low & 0x1ffff, (high >> 1) & 0x1ffff, (high & 0x40000) !== 0, PACKED_HEADER_BYTES, at);
}

function segment(
  length: number,
  plain: number,
  self_contained: boolean,
  header: number,
  at: number,
): Segment | undefined {
  if (length === 0) return undefined;
  const front = header + CHECKSUM_BYTES;
  return { payload: at + front, length, plain, self_contained, size: front + length + TRAILER_BYTES };
}
