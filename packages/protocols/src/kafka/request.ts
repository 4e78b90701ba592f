// What is read of a request's body: topic, partition, offset, group, and whether an answer comes at all.
import type { TracePairs } from '../trace-pairs.ts';
import { FETCH, PRODUCE } from './messages.ts';
import type { FieldReader } from './reader.ts';
import { note_headers } from './records.ts';

export interface RequestBody {
  topic?: string;
  partition?: number;
  offset?: number;
  group?: string;
  /** Produce with acks = 0. */
  unanswered?: boolean;
}

/** From these versions on topics are named by id (KIP-516); the name is then unknown. */
export const TOPIC_IDS = { produce: 13, fetch: 13 } as const;
const TOPIC_BYTES_MAX = 256;
const GROUP_BYTES_MAX = 1024;
/** Partitions looked at for one with a trace. */
const PARTITIONS_MAX = 16;

type Body = (r: FieldReader, version: number, traces: TracePairs) => RequestBody;

function produce(r: FieldReader, version: number, traces: TracePairs): RequestBody {
  const body: RequestBody = {};
  if (version >= 3) r.text(0);
  body.unanswered = r.int16() === 0 && !r.short;
  r.int32();
  if (r.count() === 0) return body;
  body.topic = version >= TOPIC_IDS.produce ? r.uuid() : r.text(TOPIC_BYTES_MAX);
  for (let n = Math.min(r.count(), PARTITIONS_MAX); n > 0 && !r.short; n--) {
    const partition = r.int32();
    if (r.short) break;
    body.partition ??= partition;
    const length = Math.max(0, r.bytes_length());
    note_headers(r.bytes, r.at, Math.min(r.stop, r.at + length), traces);
    if (traces.any) break;
    r.skip(length);
    r.tags();
  }
  return body;
}

function fetch(r: FieldReader, version: number): RequestBody {
  if (version <= 14) r.int32();
  r.skip(8);
  if (version >= 3) r.skip(4);
  if (version >= 4) r.skip(1);
  if (version >= 7) r.skip(8);
  if (r.count() === 0) return {};
  const body: RequestBody = { topic: version >= TOPIC_IDS.fetch ? r.uuid() : r.text(TOPIC_BYTES_MAX) };
  if (r.count() === 0) return body;
  const partition = r.int32();
  if (version >= 9) r.skip(4);
  const offset = r.int64();
  if (!r.short) Object.assign(body, { partition, offset });
  return body;
}

const group = (r: FieldReader): RequestBody => ({ group: r.text(GROUP_BYTES_MAX) });
const group_array = (r: FieldReader): RequestBody => (r.count() > 0 ? group(r) : {});
const names_first = (r: FieldReader): RequestBody => (r.count() > 0 ? { topic: r.text(TOPIC_BYTES_MAX) } : {});

function topic_and_partition(r: FieldReader): RequestBody {
  if (r.count() === 0) return {};
  const body: RequestBody = { topic: r.text(TOPIC_BYTES_MAX) };
  if (r.count() > 0) {
    const partition = r.int32();
    if (!r.short) body.partition = partition;
  }
  return body;
}

function metadata(r: FieldReader, version: number): RequestBody {
  if (r.count() === 0) return {};
  if (version >= 10) r.skip(16);
  return { topic: r.text(TOPIC_BYTES_MAX) };
}

function offset_commit(r: FieldReader, version: number): RequestBody {
  const body: RequestBody = { group: r.text(GROUP_BYTES_MAX) };
  if (version >= 1) {
    r.skip(4);
    r.text(0);
  }
  if (version >= 7) r.text(0);
  if (version >= 2 && version <= 4) r.skip(8);
  if (version >= 10) return body;
  return { ...body, ...topic_and_partition(r) };
}

function list_offsets(r: FieldReader, version: number): RequestBody {
  r.skip(version >= 2 ? 5 : 4);
  return topic_and_partition(r);
}

/** Bodies by API key; the keys not listed have none of these. */
const BODIES: Readonly<Record<number, Body>> = {
  [PRODUCE]: produce,
  [FETCH]: fetch,
  2: list_offsets,
  3: metadata,
  8: offset_commit,
  9: (r, version) => (version < 8 ? { ...group(r), ...topic_and_partition(r) } : group_array(r)),
  // Key type 1 (from version 1 on) asks for a transaction; before version 4 the key stands first.
  10: (r, version) => {
    if (version >= 4) return {};
    const key = r.text(GROUP_BYTES_MAX);
    return version === 0 || r.int8() === 0 ? { group: key } : {};
  },
  11: group,
  12: group,
  13: group,
  14: group,
  15: group_array,
  19: names_first,
  20: (r, version) => (version < 6 ? names_first(r) : {}),
  21: topic_and_partition,
  23: (r, version) => {
    if (version >= 3) r.skip(4);
    return topic_and_partition(r);
  },
  28: (r) => {
    r.text(0);
    return group(r);
  },
  37: names_first,
  42: group_array,
  47: group,
  68: group,
  69: group_array,
  76: group,
  77: group_array,
  78: group,
  79: group,
  88: group,
  89: group_array,
  91: group,
  92: group,
};

/** Trace context of what is sent goes to `traces`. */
export function read_body(key: number, version: number, r: FieldReader, traces: TracePairs): RequestBody {
  return BODIES[key]?.(r, version, traces) ?? {};
}
