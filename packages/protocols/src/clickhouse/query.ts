// The query packet: who asks, settings, statement, parameters (documentation, "Query" and "ClientInfo").
import { u8 } from '../bytes.ts';
import { type Message, MESSAGE_TYPE, type ParseOptions } from '../protocol.ts';
import { read_statement } from '../sql/statement.ts';
import type { ClickhouseCursor } from './cursor.ts';
import { INTERFACE, QUERY_LAYOUTS, REVISION_MAX, REVISION_MIN, SINCE } from './messages.ts';
import { pass_settings } from './hello.ts';

const ID_BYTES_MAX = 1024;
const TEXT_BYTES_MAX = 16_777_216;
const STATEMENT_BYTES_MAX = 1_073_741_824;
export const INITIAL = 1;
const SECONDARY = 2;
/** Stages of processing: 0 to 4, and 7 with a plan. */
const STAGE_MAX = 7;
const PARAMETERS_TOLD_MAX = 64;
const SETTING_NAME_BYTES_MAX = 96;

/** Places of what is told of a query; `cursor` stands at its statement's first byte afterwards. */
export interface Query {
  revision: number;
  id: string;
  /** Place of the trace context; -1 without. */
  trace: number;
  packed: boolean;
  /** Length of the statement, perhaps more than is readable. */
  length: number;
  /** Revision of the asking program itself, which may be newer; 0: not told. */
  own: number;
  /** 0: it tells nothing of who asks; 1: asked by this client; 2: on behalf of another. */
  kind: number;
}

/** Behind the packet type. Undefined while `cursor` is short, or when no query of this revision begins so. */
export function read_query(cursor: ClickhouseCursor, revision: number): Query | undefined {
  cursor.text(ID_BYTES_MAX);
  let id = cursor.ok ? cursor.name : '';
  const client = { trace: -1, own: 0, kind: 0 };
  if (revision >= SINCE.client_info) {
    const kind = cursor.u8();
    if (kind > SECONDARY) cursor.bad = true;
    client.kind = kind;
    if (kind > 0) {
      cursor.text(TEXT_BYTES_MAX);
      cursor.text(ID_BYTES_MAX);
      if (id === '' && cursor.ok) id = cursor.name;
      read_client(cursor, revision, client);
    }
  }
  if (revision >= SINCE.settings_as_text) pass_settings(cursor);
  else pass_old_settings(cursor);
  if (revision >= SINCE.external_roles) cursor.text(TEXT_BYTES_MAX);
  if (revision >= SINCE.secret) cursor.text(ID_BYTES_MAX);
  const stage = cursor.number();
  const packed = cursor.flag();
  const length = cursor.number();
  if (stage > STAGE_MAX || length > STATEMENT_BYTES_MAX) cursor.bad = true;
  return cursor.ok ? { revision, id, packed, length, ...client } : undefined;
}

/** The rest of who asks. */
function read_client(cursor: ClickhouseCursor, revision: number, into: { trace: number; own: number }): void {
  cursor.text(ID_BYTES_MAX);
  if (cursor.ok && !is_address(cursor)) cursor.bad = true;
  if (revision >= SINCE.start_time) cursor.take(8);
  const through = cursor.u8();
  if (through === INTERFACE.tcp) {
    for (let i = 0; i < 3; i++) cursor.text(TEXT_BYTES_MAX);
    cursor.number();
    cursor.number();
    into.own = cursor.number();
    if (cursor.ok && (into.own < REVISION_MIN || into.own > REVISION_MAX)) cursor.bad = true;
  } else if (through === INTERFACE.http) {
    cursor.u8();
    cursor.text(TEXT_BYTES_MAX);
    if (revision >= SINCE.forwarded_for) cursor.text(TEXT_BYTES_MAX);
    if (revision >= SINCE.referer) cursor.text(TEXT_BYTES_MAX);
  }
  if (revision >= SINCE.quota_key) cursor.text(TEXT_BYTES_MAX);
  if (revision >= SINCE.distributed_depth) cursor.number();
  if (through === INTERFACE.tcp && revision >= SINCE.version_patch) cursor.number();
  if (revision >= SINCE.open_telemetry && cursor.flag()) {
    into.trace = cursor.take(24);
    cursor.text(TEXT_BYTES_MAX);
    cursor.u8();
  }
  if (revision >= SINCE.parallel_replicas) for (let i = 0; i < 3; i++) cursor.number();
  if (revision >= SINCE.script_numbers) for (let i = 0; i < 2; i++) cursor.number();
  // A token of the login: passed over.
  if (revision >= SINCE.jwt && cursor.flag()) cursor.text(TEXT_BYTES_MAX);
  if (revision >= SINCE.client_agent) cursor.text(TEXT_BYTES_MAX);
  if (revision >= SINCE.internal_flag) cursor.flag();
  if (revision >= SINCE.current_roles) cursor.text(TEXT_BYTES_MAX);
}

/** An IP address and a port, a path, or nothing. */
function is_address(cursor: ClickhouseCursor): boolean {
  for (let at = cursor.text_start; at < cursor.text_stop; at++) {
    const byte = u8(cursor.bytes, at);
    if (byte < 32 || byte > 126) return false;
  }
  return true;
}

/**
 * Before texts (revision 54429) values stand without their type: a number or a text, as the setting is one. The next
 * name, or the end and what follows it, tells which it was.
 */
function pass_old_settings(cursor: ClickhouseCursor): void {
  while (cursor.ok) {
    const length = cursor.number();
    if (length === 0) return;
    if (length > SETTING_NAME_BYTES_MAX) cursor.bad = true;
    const at = cursor.take(length);
    if (at < 0) return;
    if (!is_setting(cursor.bytes, at, at + length)) cursor.bad = true;
    const from = cursor.at;
    if (pass_number(cursor, from)) continue;
    if (cursor.short) return;
    cursor.at = from;
    cursor.text(TEXT_BYTES_MAX);
    if (cursor.ok && !goes_on(cursor)) cursor.bad = true;
  }
}

/** Whether a number stands at `from`, or flags and a text (a setting of the user's own). */
function pass_number(cursor: ClickhouseCursor, from: number): boolean {
  const value = cursor.number();
  if (cursor.bad) cursor.bad = false;
  else if (cursor.short || goes_on(cursor)) return !cursor.short;
  if (value !== 2) return false;
  const text = cursor.at;
  cursor.at = from + 1;
  if (cursor.text(TEXT_BYTES_MAX) && goes_on(cursor)) return true;
  cursor.short = false;
  cursor.bad = false;
  cursor.at = text;
  return false;
}

/** Whether the name of a setting stands here, or the end of the settings and what must follow it. */
function goes_on(cursor: ClickhouseCursor): boolean {
  const { bytes, at, stop } = cursor;
  if (at >= stop) return true;
  const length = u8(bytes, at);
  if (length > 0) return length <= SETTING_NAME_BYTES_MAX && is_setting(bytes, at + 1, Math.min(stop, at + 1 + length));
  return (at + 1 >= stop || u8(bytes, at + 1) <= STAGE_MAX) && (at + 2 >= stop || u8(bytes, at + 2) <= 1);
}

function is_setting(bytes: Uint8Array, start: number, stop: number): boolean {
  for (let at = start; at < stop; at++) {
    const byte = u8(bytes, at);
    const letter = (byte | 32) >= 97 && (byte | 32) <= 122;
    if (!letter && byte !== 95 && byte !== 46 && (at === start || byte < 48 || byte > 57)) return false;
  }
  return true;
}

/** Whether the cursor stands where a query of this revision ends: a block follows, or nothing. */
export function ends_well(cursor: ClickhouseCursor, query: Query): boolean {
  const { bytes, at, stop } = cursor;
  if (at + query.length > stop) return true;
  // The statement begins with a letter, a bracket, a space or a comment.
  if (query.length === 0 || u8(bytes, at) < 9 || u8(bytes, at) > 126) return false;
  cursor.take(query.length);
  if (query.revision >= SINCE.parameters) pass_settings(cursor);
  if (cursor.bad) return false;
  const next = cursor.short || cursor.at >= stop ? 2 : u8(bytes, cursor.at);
  return next === 2 || next === 7;
}

/**
 * As `read_query`, of a connection whose hellos were not seen: the newest layout that holds to the end. `cursor` stands
 * as after `read_query`.
 */
export function find_query(cursor: ClickhouseCursor): Query | undefined {
  const from = cursor.at;
  const { bytes, stop } = cursor;
  let short = false;
  let newer = REVISION_MAX;
  for (const revision of QUERY_LAYOUTS) {
    cursor.set(bytes, from, stop);
    const query = read_query(cursor, revision);
    if (query === undefined) short ||= cursor.short && !cursor.bad;
    const text = cursor.at;
    const possible = query !== undefined && (query.own === 0 || query.own >= revision);
    if (possible && ends_well(cursor, query)) {
      cursor.set(bytes, text, stop);
      // Answers change between the layouts of queries, too: the newest revision of this layout that the client knows.
      query.revision = Math.max(revision, Math.min(newer - 1, query.own));
      return query;
    }
    newer = revision;
  }
  cursor.short = short;
  cursor.bad = !short;
  return undefined;
}

/** The oldest revision whose queries are laid out as those of this one. */
export function layout_of(revision: number): number {
  return QUERY_LAYOUTS.find((layout) => layout <= revision) ?? 0;
}

/** The message of a query whose statement stands at [start, stop), perhaps cut. */
export function query_message(
  bytes: Uint8Array,
  start: number,
  stop: number,
  query: Query,
  options: ParseOptions,
): Message {
  const message: Message = { type: MESSAGE_TYPE.request, request_type: 'Query' };
  if (query.id !== '') tell(message, 'query_id', query.id);
  read_statement(bytes, start, stop, 'clickhouse', options, message);
  if (query.trace >= 0) {
    // Halves of eight bytes, each little endian.
    message.trace_id = hex_of_long(bytes, query.trace) + hex_of_long(bytes, query.trace + 8);
    message.span_id = hex_of_long(bytes, query.trace + 16);
  }
  return message;
}

function tell(message: Message, name: string, value: string): void {
  message.attribute_names ??= [];
  message.attribute_values ??= [];
  message.attribute_names.push(name);
  message.attribute_values.push(value);
}

function hex_of_long(bytes: Uint8Array, at: number): string {
  let text = '';
  for (let i = 7; i >= 0; i--)
    text += u8(bytes, at + i)
      .toString(16)
      .padStart(2, '0');
  return text;
}

/** Parameters behind the statement; their values only when nothing is hidden. */
export function read_parameters(cursor: ClickhouseCursor, options: ParseOptions, into: Message): void {
  for (let i = 0; cursor.ok && cursor.text(65_536) && cursor.text_stop > cursor.text_start; i++) {
    const name = cursor.value(256);
    cursor.number();
    if (!cursor.text(TEXT_BYTES_MAX) || i >= PARAMETERS_TOLD_MAX) continue;
    tell(into, `param_${name}`, options.redact ? '?' : cursor.value(options.string_bytes_max));
  }
}
