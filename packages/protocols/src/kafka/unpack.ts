// Records of a compressed batch (attributes bits 0 to 2 of Kafka's "Record Batch"), as far as their beginning is needed.
import { i32be, u32le, u8 } from '../bytes.ts';
import { inflate } from '../packing/inflate.ts';
import { unpack_lz4 } from '../packing/lz4.ts';
import { unpack_snappy } from '../packing/snappy.ts';

const [GZIP, SNAPPY, LZ4] = [1, 2, 3] as const;
/** More than this of a batch is never needed. */
const PLAIN_BYTES_MAX = 65_536;
/** "\x82SNAPPY\0", two versions: blocks with their lengths follow, as the library of the Java client writes them. */
const SNAPPY_MAGIC = 0x82534e41;
const SNAPPY_HEAD_BYTES = 16;
/** LZ4 frame format (lz4_Frame_format.md): magic, flags, block size, then what the flags say, a checksum, blocks. */
const LZ4_MAGIC = 0x184d2204;
const LZ4_FLAG = { content_size: 0x08, dictionary: 0x01 } as const;
const LZ4_STORED = 0x80000000;

/** The beginning of the records; undefined when they are damaged or packed by what cannot be read (Zstandard). */
export function unpack_records(bytes: Uint8Array, start: number, stop: number, codec: number): Uint8Array | undefined {
  if (codec === GZIP) return inflate(bytes, start, stop, PLAIN_BYTES_MAX);
  if (codec === SNAPPY) return snappy(bytes, start, stop);
  return codec === LZ4 ? lz4(bytes, start, stop) : undefined;
}

function snappy(bytes: Uint8Array, start: number, stop: number): Uint8Array | undefined {
  if (i32be(bytes, start) >>> 0 !== SNAPPY_MAGIC) return unpack_snappy(bytes, start, stop, PLAIN_BYTES_MAX);
  const block = start + SNAPPY_HEAD_BYTES + 4;
  if (block > stop) return undefined;
  const end = Math.min(stop, block + Math.max(0, i32be(bytes, block - 4)));
  return unpack_snappy(bytes, block, end, PLAIN_BYTES_MAX);
}

function lz4(bytes: Uint8Array, start: number, stop: number): Uint8Array | undefined {
  if (stop - start < 11 || u32le(bytes, start) !== LZ4_MAGIC) return undefined;
  const flags = u8(bytes, start + 4);
  const extra = (flags & LZ4_FLAG.content_size ? 8 : 0) + (flags & LZ4_FLAG.dictionary ? 4 : 0);
  const block = start + 7 + extra + 4;
  if (block > stop) return undefined;
  const size = u32le(bytes, block - 4);
  const end = Math.min(stop, block + (size % LZ4_STORED));
  return size >= LZ4_STORED ? bytes.subarray(block, end) : unpack_lz4(bytes, block, end, PLAIN_BYTES_MAX);
}
