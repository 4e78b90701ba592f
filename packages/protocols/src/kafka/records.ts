// Trace context in the headers of records (Kafka documentation, "Message Format": record batch of magic 2; the older message
// sets of magic 0 and 1 have no headers). The first record that has any counts, compressed or not.
import { u16be, u8 } from '../bytes.ts';
import type { TracePairs } from '../trace-pairs.ts';
import { FieldReader } from './reader.ts';
import { unpack_records } from './unpack.ts';

/** Places in a batch: magic, attributes, number of records, first record. */
const MAGIC_AT = 16;
const ATTRIBUTES_AT = 21;
const COUNT_AT = 57;
const RECORDS_AT = 61;
const COMPRESSION_BITS = 7;
/** A marker of the transaction's end: no message. */
const CONTROL_BIT = 0x20;
const RECORDS_MAX = 8;
const HEADERS_MAX = 64;

/** Notes the headers of the batch in [at, stop), of which the end may be missing. */
export function note_headers(bytes: Uint8Array, at: number, stop: number, traces: TracePairs): void {
  if (stop - at < RECORDS_AT || u8(bytes, at + MAGIC_AT) !== 2) return;
  const attributes = u16be(bytes, at + ATTRIBUTES_AT);
  if ((attributes & CONTROL_BIT) !== 0) return;
  const codec = attributes & COMPRESSION_BITS;
  const count = new FieldReader(bytes, at + COUNT_AT, stop, true).int32();
  const plain = codec === 0 ? bytes : unpack_records(bytes, at + RECORDS_AT, stop, codec);
  if (plain === undefined) return;
  const reader =
    codec === 0 ? new FieldReader(bytes, at + RECORDS_AT, stop, true) : new FieldReader(plain, 0, plain.length, true);
  for (let n = Math.min(count, RECORDS_MAX); n > 0 && !reader.short && !traces.any; n--) record(reader, traces);
}

/** Length, attributes, two deltas, key, value, headers. */
function record(reader: FieldReader, traces: TracePairs): void {
  reader.varint();
  reader.skip(1);
  reader.skip_varlong();
  reader.varint();
  reader.skip(Math.max(0, reader.varint()));
  reader.skip(Math.max(0, reader.varint()));
  for (let n = Math.min(reader.varint(), HEADERS_MAX); n > 0; n--) {
    const name_length = reader.varint();
    if (!reader.skip(name_length)) return;
    const name_end = reader.at;
    const value_length = Math.max(0, reader.varint());
    if (!reader.skip(value_length)) return;
    traces.note_bytes(reader.bytes, name_end - name_length, name_end, reader.at - value_length, reader.at);
  }
}
