// Envelopes of packed blocks (documentation, "Compression frame"): checksum (16 bytes), method, length with method and both
// lengths (4), length before packing (4), content. A block is one frame, or several when it fills the writer's buffer.
import { u8, u32le } from '../bytes.ts';

export const FRAME_HEADER_BYTES = 25;
const CHECKSUM_BYTES = 16;
const NONE = 0x02;
const LZ4 = 0x82;
/** ZSTD, and codecs behind it: several at once, encrypted ... */
const ZSTD = 0x90;
const LAST_METHOD = 0x9f;
const BYTES_MAX = 1_073_741_824;
/** The writer's buffer: only a frame of this size may be followed by another of the same block. */
export const FULL_BYTES = 1_048_576;

/** Length of the frame at `at`, or 0 when none begins there. FRAME_HEADER_BYTES must be readable. */
export function frame_size(bytes: Uint8Array, at: number): number {
  const method = u8(bytes, at + CHECKSUM_BYTES);
  if (method !== NONE && method !== LZ4 && (method < ZSTD || method > LAST_METHOD)) return 0;
  const packed = u32le(bytes, at + CHECKSUM_BYTES + 1);
  const plain = plain_size(bytes, at);
  if (packed < 10 || packed > BYTES_MAX || plain === 0 || plain > BYTES_MAX) return 0;
  if (method === NONE && packed !== plain + 9) return 0;
  return CHECKSUM_BYTES + packed;
}

export function plain_size(bytes: Uint8Array, at: number): number {
  return u32le(bytes, at + CHECKSUM_BYTES + 5);
}
