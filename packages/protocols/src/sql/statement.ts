// What is stored of a statement's text; shared by the SQL protocols.
import { utf8 } from '../bytes.ts';
import type { Message, ParseOptions } from '../protocol.ts';
import { TracePairs } from '../trace-pairs.ts';
import { may_have_comments, note_comments } from './comments.ts';
import { sql_endpoint } from './endpoint.ts';
import { storable_sql } from './redact.ts';
import type { Dialect } from './tokens.ts';

export interface StatementText {
  stored: string;
  endpoint: string | undefined;
}

// Programs send the same few parametrised statements over and over: scanning each once is three quarters of the cost.
const KNOWN_MAX = 512;
const KNOWN_CHARACTERS_MAX = 1024;
const known = new Map<string, Map<string, StatementText>>();

function known_statement(text: string, dialect: Dialect, redact: boolean): StatementText {
  if (text.length > KNOWN_CHARACTERS_MAX) return scan(text, dialect, redact);
  const kind = redact ? dialect : `${dialect}, open`;
  let statements = known.get(kind);
  if (statements === undefined) {
    statements = new Map();
    known.set(kind, statements);
  }
  let statement = statements.get(text);
  if (statement === undefined) {
    statement = scan(text, dialect, redact);
    if (statements.size >= KNOWN_MAX) statements.delete(statements.keys().next().value!);
    statements.set(text, statement);
  }
  return statement;
}

function scan(text: string, dialect: Dialect, redact: boolean): StatementText {
  return { stored: storable_sql(text, dialect, redact), endpoint: sql_endpoint(text, dialect) };
}

/** Fills in what the UTF-8 text of a statement in [start, stop) gives: text, endpoint, and trace context from its comments. */
export function read_statement(
  bytes: Uint8Array,
  start: number,
  stop: number,
  dialect: Dialect,
  options: ParseOptions,
  into: Message,
): StatementText {
  return tell_statement(utf8(bytes, start, stop, options.string_bytes_max), dialect, options, into);
}

/** As `read_statement`, of a text that is cut already. */
export function tell_statement(text: string, dialect: Dialect, options: ParseOptions, into: Message): StatementText {
  const statement = known_statement(text, dialect, options.redact);
  into.request_resource = statement.stored;
  if (statement.endpoint !== undefined) into.endpoint = statement.endpoint;
  if (may_have_comments(text, dialect)) {
    const traces = new TracePairs(options);
    note_comments(text, dialect, traces);
    traces.put(into);
  }
  return statement;
}
