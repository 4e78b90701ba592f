// Beginning of a connection: hellos of both sides, and what the client adds once it knows the server's revision.
import { type Message, MESSAGE_TYPE } from '../protocol.ts';
import type { ClickhouseCursor } from './cursor.ts';
import { INTERSERVER_USER, REVISION_MAX, REVISION_MIN, SINCE } from './messages.ts';

/** Documentation, "ServerHello": longest text in a hello, and rules for passwords in it. */
const TEXT_BYTES_MAX = 4096;
const RULES_MAX = 256;
const NAME_BYTES_MAX = 256;
const VERSION_MAX = 1000;

/** What was agreed on. */
export interface Session {
  /** 0: not known. */
  client_revision: number;
  server_revision: number;
  database: string;
  /** The client is another server. */
  interserver: boolean;
}

/** Of a connection whose hellos were not both seen: 0. */
export function agreed(session: Session): number {
  const { client_revision, server_revision } = session;
  return client_revision > 0 && server_revision > 0 ? Math.min(client_revision, server_revision) : 0;
}

function named(cursor: ClickhouseCursor): boolean {
  cursor.text(NAME_BYTES_MAX);
  const { bytes, text_start, text_stop } = cursor;
  if (!cursor.ok) return !cursor.bad;
  if (text_stop === text_start) return false;
  for (let at = text_start; at < text_stop; at++) if (bytes[at]! < 32 || bytes[at]! === 127) return false;
  return true;
}

function revision(cursor: ClickhouseCursor): number {
  if (cursor.number() > VERSION_MAX || cursor.number() > VERSION_MAX) cursor.bad = true;
  const value = cursor.number();
  if (cursor.ok && (value < REVISION_MIN || value > REVISION_MAX)) cursor.bad = true;
  return value;
}

/** The client's, behind its packet type. Undefined while `cursor` is short, or when it is none. The password is passed over. */
export function read_client_hello(cursor: ClickhouseCursor, session: Session): Message | undefined {
  if (!named(cursor)) cursor.bad = true;
  const client = cursor.name;
  const client_revision = revision(cursor);
  cursor.text(TEXT_BYTES_MAX);
  const database = cursor.ok ? cursor.name : '';
  cursor.text(TEXT_BYTES_MAX);
  const user = cursor.ok ? cursor.name : '';
  cursor.text(65_536);
  const interserver = user === INTERSERVER_USER;
  if (interserver) {
    cursor.text(TEXT_BYTES_MAX);
    cursor.text(TEXT_BYTES_MAX);
  }
  if (!cursor.ok) return undefined;
  session.client_revision = client_revision;
  session.server_revision = 0;
  session.database = database;
  session.interserver = interserver;
  const message: Message = {
    type: MESSAGE_TYPE.request,
    request_type: 'Hello',
    version: String(client_revision),
    attribute_names: ['client', 'user'],
    attribute_values: [client, user],
  };
  if (database !== '') message.request_domain = database;
  return message;
}

/** The server's, behind its packet type; false while `cursor` is short, or when it is none. */
export function read_server_hello(cursor: ClickhouseCursor, session: Session): boolean {
  if (!named(cursor)) cursor.bad = true;
  const server_revision = revision(cursor);
  // The server writes what the client's revision knows.
  const both = session.client_revision > 0 ? Math.min(server_revision, session.client_revision) : server_revision;
  if (both >= SINCE.replicas_protocol) cursor.number();
  if (both >= SINCE.timezone) cursor.text(TEXT_BYTES_MAX);
  if (both >= SINCE.display_name) cursor.text(TEXT_BYTES_MAX);
  if (both >= SINCE.version_patch) cursor.number();
  if (both >= SINCE.chunked) {
    cursor.text(TEXT_BYTES_MAX);
    cursor.text(TEXT_BYTES_MAX);
  }
  if (both >= SINCE.password_rules) {
    let rules = cursor.number();
    if (rules > RULES_MAX) cursor.bad = true;
    for (; rules > 0 && cursor.ok; rules--) {
      cursor.text(TEXT_BYTES_MAX);
      cursor.text(TEXT_BYTES_MAX);
    }
  }
  if (both >= SINCE.nonce) cursor.take(8);
  if (both >= SINCE.server_settings) pass_settings(cursor);
  if (both >= SINCE.query_plan) cursor.number();
  if (both >= SINCE.cluster_functions) cursor.number();
  if (!cursor.ok) return false;
  session.server_revision = server_revision;
  return true;
}

/** Whether both directions are framed from here on: [the client's, the server's]. */
export type Chunked = readonly [boolean, boolean];

/** Undefined while `cursor` is short, or when it is none. */
export function read_addendum(cursor: ClickhouseCursor, revision_agreed: number): Chunked | undefined {
  cursor.text(TEXT_BYTES_MAX);
  const chunked = [false, false] as [boolean, boolean];
  if (revision_agreed >= SINCE.chunked) {
    for (const direction of [0, 1] as const) {
      cursor.text(TEXT_BYTES_MAX);
      const word = cursor.ok ? cursor.name : '';
      if (cursor.ok && !/^(?:not)?chunked$/.test(word)) cursor.bad = true;
      chunked[direction] = word === 'chunked';
    }
  }
  if (revision_agreed >= SINCE.replicas_protocol) cursor.number();
  return cursor.ok ? chunked : undefined;
}

/** Name, flags and value of each, ended by an empty name. */
export function pass_settings(cursor: ClickhouseCursor): void {
  while (cursor.ok && cursor.text(65_536) && cursor.text_stop > cursor.text_start) {
    cursor.number();
    cursor.text(16_777_216);
  }
}
