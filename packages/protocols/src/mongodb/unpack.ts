// Content of OP_COMPRESSED: operation (4), length before compression (4), compressor (1), then the content.
import { u8, u32le } from '../bytes.ts';
import { inflate } from '../packing/inflate.ts';
import { unpack_snappy } from '../packing/snappy.ts';

/** 0 as it is, 1 Snappy, 2 zlib, 3 Zstandard. */
export const COMPRESSOR_MAX = 3;
/** More than this of a message is never needed. */
const PLAIN_BYTES_MAX = 65_536;

/** The content's beginning; undefined when it is damaged or of a compressor that cannot be read (Zstandard). */
export function unpack(bytes: Uint8Array, at: number, stop: number): Uint8Array | undefined {
  const start = at + 9;
  switch (u8(bytes, at + 8)) {
    case 0:
      return bytes.subarray(start, stop);
    case 1:
      return unpack_snappy(bytes, start, stop, Math.min(u32le(bytes, at + 4), PLAIN_BYTES_MAX));
    case 2:
      return inflate(bytes, start, stop, PLAIN_BYTES_MAX);
    default:
      return undefined;
  }
}
