// The text of a statement as it is stored, and what is read from it.
import { utf8 } from '../bytes.ts';
import type { Message, ParseOptions } from '../protocol.ts';
import { comment_values } from '../sql/comments.ts';
import { sql_endpoint } from '../sql/endpoint.ts';
import { storable_sql } from '../sql/redact.ts';
import type { Cursor } from './packet.ts';
import { read_value } from './values.ts';

const ATTRIBUTES_MAX = 64;

/**
 * Where the statement begins in a COM_QUERY's payload. A client with CLIENT_QUERY_ATTRIBUTES puts before it: count, number of
 * sets (1), and with a count: null bitmap, flag, types with names, values. `agreed` undefined = capabilities not seen.
 */
export function statement_start(cursor: Cursor, agreed: boolean | undefined): number {
  const { at, bytes } = cursor;
  // No statement begins with a byte below 9, and the second number is always 1.
  const looks = (bytes[at] ?? 255) < 9 && bytes[at + 1] === 1;
  if (agreed === false || !looks) return at;
  const count = cursor.lenenc();
  cursor.lenenc();
  if (count === 0) return cursor.at;
  if (count > ATTRIBUTES_MAX) return at;
  const nulls = cursor.skip((count + 7) >> 3);
  if (cursor.u8() !== 1) return at;
  const types: number[] = [];
  for (let i = 0; i < count; i++) {
    types.push(cursor.u16());
    cursor.skip(cursor.lenenc());
  }
  for (let i = 0; i < count; i++) {
    if (((bytes[nulls + (i >> 3)]! >> (i & 7)) & 1) === 0) read_value(cursor, types[i]!, true, 0);
  }
  return cursor.cut ? at : cursor.at;
}

export interface Text {
  stored: string;
  endpoint: string | undefined;
}

/** Fills in what a statement's text gives. */
export function read_statement(
  bytes: Uint8Array,
  start: number,
  stop: number,
  options: ParseOptions,
  into: Message,
): Text {
  const text = utf8(bytes, start, stop, options.string_bytes_max);
  const endpoint = sql_endpoint(text, 'mysql');
  const stored = storable_sql(text, 'mysql', options.redact);
  into.request_resource = stored;
  if (endpoint !== undefined) into.endpoint = endpoint;
  const values = comment_values(text, 'mysql', options.trace_headers);
  if (values !== undefined) read_trace(values, options.trace_headers, into);
  return { stored, endpoint };
}

/** traceparent: version-trace-span-flags (W3C Trace Context 3.2); other keys give their value as the trace id. */
export function read_trace(values: Map<string, string>, keys: readonly string[], into: Message): void {
  for (const key of keys) {
    const value = values.get(key);
    if (value === undefined) continue;
    const parts = /^[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-/.exec(value);
    if (parts !== null) {
      into.trace_id = parts[1]!;
      into.span_id = parts[2]!;
    } else into.trace_id = value;
    return;
  }
}
