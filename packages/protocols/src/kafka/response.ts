// What is read of a response's body: its error code, and of Produce and Fetch also topic, partition and offset.
import type { TracePairs } from '../trace-pairs.ts';
import { type Api, FETCH, PRODUCE } from './messages.ts';
import type { FieldReader } from './reader.ts';
import { note_headers } from './records.ts';
import { TOPIC_IDS } from './request.ts';

export interface ResponseBody {
  code?: number;
  topic?: string;
  partition?: number;
  offset?: number;
}

const FIND_COORDINATOR = 10;
const TOPIC_BYTES_MAX = 256;
/** Topics, partitions and elements in them that are looked at for an error. */
const ELEMENTS_MAX = 64;

/** Trace context of what was fetched goes to `traces`. */
export function read_response(
  key: number,
  version: number,
  api: Api,
  r: FieldReader,
  traces: TracePairs,
): ResponseBody {
  if (key === PRODUCE) return produce(r, version);
  if (key === FETCH) return fetch(r, version, traces);
  if (key === FIND_COORDINATOR) return version > 3 ? {} : behind_throttle(r, version >= 1);
  if (api.code === undefined) return {};
  return behind_throttle(r, api.code !== 'first' && version >= api.code);
}

function behind_throttle(r: FieldReader, throttled: boolean): ResponseBody {
  if (throttled) r.skip(4);
  const code = r.int16();
  return r.short ? {} : { code };
}

/** The first error of any partition; without one, 0. */
function note(body: ResponseBody, code: number, partition: number): void {
  if (body.code === undefined || (body.code === 0 && code !== 0)) body.code = code;
  body.partition ??= partition;
}

function produce(r: FieldReader, version: number): ResponseBody {
  const body: ResponseBody = {};
  for (let topics = Math.min(r.count(), ELEMENTS_MAX); topics > 0 && !r.short; topics--) {
    const topic = version >= TOPIC_IDS.produce ? r.uuid() : r.text(TOPIC_BYTES_MAX);
    if (r.short) break;
    body.topic ??= topic;
    for (let n = Math.min(r.count(), ELEMENTS_MAX); n > 0 && !r.short; n--) {
      const partition = r.int32();
      const code = r.int16();
      if (r.short) break;
      note(body, code, partition);
      const offset = r.int64();
      if (!r.short && offset >= 0) body.offset ??= offset;
      if (version >= 2) r.skip(8);
      if (version >= 5) r.skip(8);
      if (version >= 8) record_errors(r);
      r.tags();
    }
    r.tags();
  }
  return body;
}

function record_errors(r: FieldReader): void {
  for (let n = Math.min(r.count(), ELEMENTS_MAX); n > 0 && !r.short; n--) {
    r.skip(4);
    r.text(0);
    r.tags();
  }
  r.text(0);
}

function fetch(r: FieldReader, version: number, traces: TracePairs): ResponseBody {
  const body: ResponseBody = {};
  if (version >= 1) r.skip(4);
  if (version >= 7) {
    const code = r.int16();
    if (r.short) return body;
    body.code = code;
    r.skip(4);
  }
  for (let topics = Math.min(r.count(), ELEMENTS_MAX); topics > 0 && !r.short; topics--) {
    const topic = version >= TOPIC_IDS.fetch ? r.uuid() : r.text(TOPIC_BYTES_MAX);
    if (r.short) break;
    body.topic ??= topic;
    for (let n = Math.min(r.count(), ELEMENTS_MAX); n > 0 && !r.short; n--) fetched(r, version, traces, body);
    r.tags();
  }
  if (body.code === undefined && !r.short) body.code = 0;
  return body;
}

function fetched(r: FieldReader, version: number, traces: TracePairs, body: ResponseBody): void {
  const partition = r.int32();
  const code = r.int16();
  if (r.short) return;
  note(body, code, partition);
  r.skip(8);
  if (version >= 4) r.skip(8);
  if (version >= 5) r.skip(8);
  if (version >= 4) {
    for (let n = Math.min(r.count(), ELEMENTS_MAX); n > 0 && !r.short; n--) {
      r.skip(16);
      r.tags();
    }
  }
  if (version >= 11) r.skip(4);
  const length = Math.max(0, r.bytes_length());
  if (r.short) return;
  if (!traces.any) note_headers(r.bytes, r.at, Math.min(r.stop, r.at + length), traces);
  r.skip(length);
  r.tags();
}
