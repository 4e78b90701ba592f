// What is stored of a statement's text; shared by the SQL protocols.
import { utf8 } from '../bytes.ts';
import type { Message, ParseOptions } from '../protocol.ts';
import { read_trace_header } from '../trace-headers.ts';
import { comment_values } from './comments.ts';
import { sql_endpoint } from './endpoint.ts';
import { storable_sql } from './redact.ts';
import type { Dialect } from './tokens.ts';

export interface StatementText {
  stored: string;
  endpoint: string | undefined;
}

/** Fills in what the statement in [start, stop) gives: text, endpoint, and trace context from its comments. */
export function read_statement(
  bytes: Uint8Array,
  start: number,
  stop: number,
  dialect: Dialect,
  options: ParseOptions,
  into: Message,
): StatementText {
  const text = utf8(bytes, start, stop, options.string_bytes_max);
  const statement = { stored: storable_sql(text, dialect, options.redact), endpoint: sql_endpoint(text, dialect) };
  into.request_resource = statement.stored;
  if (statement.endpoint !== undefined) into.endpoint = statement.endpoint;
  const values = comment_values(text, dialect, options.trace_headers);
  if (values !== undefined) read_trace(values, options.trace_headers, into);
  return statement;
}

function read_trace(values: Map<string, string>, keys: readonly string[], into: Message): void {
  for (const key of keys) {
    const value = values.get(key);
    const ids = value === undefined ? undefined : read_trace_header(key, value);
    if (ids === undefined) continue;
    if (ids.trace_id !== undefined) into.trace_id = ids.trace_id;
    if (ids.span_id !== undefined) into.span_id = ids.span_id;
    return;
  }
}
