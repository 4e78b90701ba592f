// Trace ids out of the first record batch of a partition that has any (Kafka documentation, "Message Format": record batch
// of magic 2). Older formats have no headers; compressed batches are not opened.
import { u8, u16be } from '../bytes.ts';
import { latin1 } from '../bytes.ts';
import { read_trace_header, type TraceIds } from '../trace-headers.ts';
import { FieldReader } from './reader.ts';

/** Places in a batch: magic, attributes, first record. */
const MAGIC_AT = 16;
const ATTRIBUTES_AT = 21;
const RECORDS_AT = 61;
const COMPRESSION_BITS = 7;
const HEADERS_MAX = 64;
const VALUE_BYTES_MAX = 1024;

export function batch_trace(
  bytes: Uint8Array,
  at: number,
  stop: number,
  names: readonly string[],
): TraceIds | undefined {
  if (stop - at < RECORDS_AT || u8(bytes, at + MAGIC_AT) !== 2) return undefined;
  if ((u16be(bytes, at + ATTRIBUTES_AT) & COMPRESSION_BITS) !== 0) return undefined;
  const reader = new FieldReader(bytes, at + RECORDS_AT, stop, true);
  reader.varint();
  reader.skip(1);
  reader.skip_varlong();
  reader.varint();
  reader.skip(Math.max(0, reader.varint()));
  reader.skip(Math.max(0, reader.varint()));
  let best = names.length;
  let found: TraceIds | undefined;
  for (let n = Math.min(reader.varint(), HEADERS_MAX); n > 0 && !reader.short; n--) {
    const name_length = reader.varint();
    if (!reader.skip(name_length)) break;
    const name_at = reader.at - name_length;
    const value_length = Math.max(0, reader.varint());
    if (!reader.skip(value_length)) break;
    if (name_length > 64 || value_length > VALUE_BYTES_MAX) continue;
    const name = latin1(bytes, name_at, name_at + name_length).toLowerCase();
    const rank = names.indexOf(name);
    if (rank < 0 || rank >= best) continue;
    const ids = read_trace_header(name, latin1(bytes, reader.at - value_length, reader.at));
    if (ids === undefined) continue;
    best = rank;
    found = ids;
  }
  return found;
}
