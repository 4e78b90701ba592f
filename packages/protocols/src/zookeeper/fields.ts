// The record of a request, field by field as its operation says (messages.ts, `Operation.fields`).
import type { JuteReader } from './jute.ts';
import { operation_of } from './messages.ts';

export interface Found {
  path: string | undefined;
  scheme: string | undefined;
  /** Kind of a new node. */
  flags: number | undefined;
  watch: boolean;
  watch_mode: number | undefined;
  /** Servers that join, leave or are all there are. */
  servers: string | undefined;
  /** Members of a transaction: "operation path" each, as many as are kept. */
  members: string[] | undefined;
  /** There is more that is not to be read. */
  opaque: boolean;
}

/** Members of a transaction that are told; the others are passed over. */
const MEMBERS_KEPT = 16;

export function read_fields(reader: JuteReader, fields: string, bytes_max: number): Found {
  const found: Found = {
    path: undefined,
    scheme: undefined,
    flags: undefined,
    watch: false,
    watch_mode: undefined,
    servers: undefined,
    members: undefined,
    opaque: false,
  };
  for (let i = 0; i < fields.length && !reader.failed; i++) read_field(reader, fields[i]!, found, bytes_max);
  return found;
}

function read_field(reader: JuteReader, letter: string, found: Found, bytes_max: number): void {
  switch (letter) {
    case 'p':
      found.path = reader.text(bytes_max);
      break;
    case 'd':
      reader.buffer();
      break;
    case 'a':
      access_list(reader);
      break;
    case 'f':
      found.flags = number_of(reader);
      break;
    case 'w':
      found.watch = reader.boolean();
      break;
    case 'm':
      found.watch_mode = number_of(reader);
      break;
    case 'i':
      reader.skip(4);
      break;
    case 'l':
      reader.skip(8);
      break;
    case 'c':
      found.scheme = reader.text(bytes_max);
      break;
    case 's':
      found.servers = joined(found.servers, reader.text(bytes_max));
      break;
    case 'M':
      found.members = members(reader, bytes_max);
      break;
    default:
      found.opaque = true;
  }
}

function number_of(reader: JuteReader): number | undefined {
  const number = reader.int();
  return reader.failed ? undefined : number;
}

function joined(before: string | undefined, text: string | undefined): string | undefined {
  return before === undefined || text === undefined ? (before ?? text) : `${before} ${text}`;
}

/** Permissions, scheme and id each. */
function access_list(reader: JuteReader): void {
  for (let left = reader.int(); left > 0 && !reader.failed; left--) {
    reader.skip(4);
    reader.buffer();
    reader.buffer();
  }
}

/** Each member has a head (operation, whether this is the end, error) before its record. */
function members(reader: JuteReader, bytes_max: number): string[] {
  const kept: string[] = [];
  while (!reader.failed) {
    const type = reader.int();
    const done = reader.boolean();
    reader.skip(4);
    if (done || reader.failed) break;
    const operation = operation_of(type);
    // A transaction holds none.
    if (operation === undefined || operation.fields === 'M') {
      reader.failed = true;
      break;
    }
    const { path } = read_fields(reader, operation.fields, bytes_max);
    if (kept.length < MEMBERS_KEPT) kept.push(path === undefined ? operation.name : `${operation.name} ${path}`);
  }
  return kept;
}
