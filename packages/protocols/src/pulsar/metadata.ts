// Properties of messages: in MessageMetadata, or, in a batch, in the SingleMessageMetadata before each message. Only the
// first message of a batch is looked at; one that is compressed is unpacked as far as needed, an encrypted one is not.
import { u32be, utf8 } from '../bytes.ts';
import { inflate } from '../packing/inflate.ts';
import { unpack_lz4 } from '../packing/lz4.ts';
import { unpack_snappy } from '../packing/snappy.ts';
import type { TracePairs } from '../trace-pairs.ts';
import { Fields } from './protobuf.ts';

const [PROPERTIES, COMPRESSION, MESSAGES, ENCRYPTION_KEYS] = [4, 8, 11, 13] as const;
const SINGLE_PROPERTIES = 1;
const [NONE, LZ4, ZLIB, SNAPPY] = [0, 1, 2, 4] as const;
/** More than this of a batch is never needed. */
const PLAIN_BYTES_MAX = 8192;
const INFLATED_BYTES_MAX = 65_536;
const KEY_BYTES_MAX = 256;

/** Notes the properties of the (first) message whose MessageMetadata stand in [start, end) and whose payload ends at `stop`. */
export function note_properties(
  bytes: Uint8Array,
  start: number,
  end: number,
  stop: number,
  bytes_max: number,
  traces: TracePairs,
): void {
  const fields = new Fields(bytes, start, end);
  let [compression, in_batch, encrypted] = [0, false, false];
  while (fields.next()) {
    if (fields.stop > end) return;
    if (fields.number === PROPERTIES) note_pair(bytes, fields.start, fields.stop, bytes_max, traces);
    else if (fields.number === COMPRESSION) compression = fields.low;
    else if (fields.number === MESSAGES) in_batch = true;
    else if (fields.number === ENCRYPTION_KEYS) encrypted = true;
  }
  if (!in_batch || encrypted) return;
  if (compression === NONE) {
    note_single(bytes, end, stop, bytes_max, traces);
    return;
  }
  const plain = unpack(compression, bytes, end, stop);
  if (plain !== undefined) note_single(plain, 0, plain.length, bytes_max, traces);
}

function note_single(bytes: Uint8Array, at: number, end: number, bytes_max: number, traces: TracePairs): void {
  const stop = at + 4 + u32be(bytes, at);
  if (at + 4 > end || stop > end) return;
  const fields = new Fields(bytes, at + 4, stop);
  while (fields.next() && fields.stop <= stop) {
    if (fields.number === SINGLE_PROPERTIES) note_pair(bytes, fields.start, fields.stop, bytes_max, traces);
  }
}

/** KeyValue: key, value. */
function note_pair(bytes: Uint8Array, start: number, end: number, bytes_max: number, traces: TracePairs): void {
  const fields = new Fields(bytes, start, end);
  let [key, value] = ['', ''];
  while (fields.next() && fields.stop <= end) {
    if (fields.number === 1) key = utf8(bytes, fields.start, fields.stop, KEY_BYTES_MAX);
    else if (fields.number === 2) value = utf8(bytes, fields.start, fields.stop, bytes_max);
  }
  traces.note(key, value);
}

function unpack(compression: number, bytes: Uint8Array, start: number, stop: number): Uint8Array | undefined {
  if (compression === LZ4) return unpack_lz4(bytes, start, stop, PLAIN_BYTES_MAX);
  if (compression === SNAPPY) return unpack_snappy(bytes, start, stop, PLAIN_BYTES_MAX);
  return compression === ZLIB ? inflate(bytes, start, stop, INFLATED_BYTES_MAX) : undefined;
}
