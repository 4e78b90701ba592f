// Bodies of small packets, and whether a packet may begin at some place at all.
import { u8 } from '../bytes.ts';
import { type Direction, TO_SERVER } from '../protocol.ts';
import { ClickhouseCursor } from './cursor.ts';
import { FRAME_HEADER_BYTES, frame_size } from './frames.ts';
import { CLIENT, CLIENT_PACKETS, SERVER, SERVER_PACKETS, SINCE } from './messages.ts';

const IDS_MAX = 1_000_000;
const TABLES_MAX = 100_000;
const TEXT_BYTES_MAX = 1_048_576;
const ID_BYTES = 16;
/** Small packets in a row that are looked at. */
const CHAIN_MAX = 16;

/** What of the connection decides how bodies are read. */
export interface Reading {
  revision: number;
  packed: boolean;
  interserver: boolean;
}

/** Whether a packet is a name and a block. */
export function holds_block(direction: Direction, type: number): boolean {
  if (direction === TO_SERVER) return type === CLIENT.data || type === CLIENT.scalar;
  return BLOCKS.has(type);
}
const BLOCKS = new Set<number>([
  SERVER.data,
  SERVER.totals,
  SERVER.extremes,
  SERVER.log,
  SERVER.profile_events,
  SERVER.preview_data,
]);
const LATELY_PACKED = new Set<number>([SERVER.log, SERVER.profile_events, SERVER.table_columns]);

export function is_packed(direction: Direction, type: number, reading: Reading): boolean {
  if (!reading.packed) return false;
  return direction === TO_SERVER || !LATELY_PACKED.has(type) || reading.revision >= SINCE.packed_logs;
}

/** Passes the body of a packet that is of no interest, or its fields; false when it is not walked. */
export function pass_body(cursor: ClickhouseCursor, direction: Direction, type: number, reading: Reading): boolean {
  if (direction === TO_SERVER) {
    switch (type) {
      case CLIENT.cancel:
      case CLIENT.ping:
      case CLIENT.keep_alive:
      case CLIENT.ssh_challenge_request:
        return true;
      case CLIENT.tables_status:
        pass_names(cursor);
        if (reading.interserver && reading.revision >= SINCE.secret_of_status) cursor.text(TEXT_BYTES_MAX);
        return true;
      case CLIENT.ignored_part_uuids:
        pass_ids(cursor);
        return true;
      case CLIENT.ssh_challenge_response:
        cursor.text(TEXT_BYTES_MAX);
        return true;
      default:
        return false;
    }
  }
  switch (type) {
    case SERVER.pong:
    case SERVER.end_of_stream:
    case SERVER.read_task_request:
      return true;
    case SERVER.part_uuids:
      pass_ids(cursor);
      return true;
    case SERVER.table_columns:
      cursor.text(TEXT_BYTES_MAX);
      cursor.text(16 * TEXT_BYTES_MAX);
      return true;
    case SERVER.timezone_update:
    case SERVER.ssh_challenge:
      cursor.text(TEXT_BYTES_MAX);
      return true;
    case SERVER.tables_status:
      pass_status(cursor, reading.revision);
      return true;
    default:
      return false;
  }
}

/** Pairs of database and table. */
function pass_names(cursor: ClickhouseCursor): void {
  let tables = cursor.number();
  if (tables > TABLES_MAX) cursor.bad = true;
  for (; tables > 0 && cursor.ok; tables--) {
    cursor.text(TEXT_BYTES_MAX);
    cursor.text(TEXT_BYTES_MAX);
  }
}

/** Pairs of names, each with whether it is replicated, and then its delay. */
function pass_status(cursor: ClickhouseCursor, revision: number): void {
  let tables = cursor.number();
  if (tables > TABLES_MAX) cursor.bad = true;
  for (; tables > 0 && cursor.ok; tables--) {
    cursor.text(TEXT_BYTES_MAX);
    cursor.text(TEXT_BYTES_MAX);
    if (!cursor.flag()) continue;
    cursor.number();
    if (revision >= SINCE.read_only_check) cursor.number();
  }
}

function pass_ids(cursor: ClickhouseCursor): void {
  const count = cursor.number();
  if (count > IDS_MAX) cursor.bad = true;
  else cursor.take(count * ID_BYTES);
}

const looking = new ClickhouseCursor();

/** Whether a server's packets stand at `at`, by what is known before `end`: a block begins, or small packets fill it all. */
export function answers_hold(bytes: Uint8Array, at: number, end: number, reading: Reading): 'yes' | 'no' | 'short' {
  looking.set(bytes, at, end);
  for (let i = 0; i < CHAIN_MAX; i++) {
    if (looking.at >= end) return i > 0 ? 'yes' : 'short';
    const type = looking.u8();
    if (type >= SERVER_PACKETS.length) return 'no';
    if (holds_block(1, type)) return block_holds(bytes, looking.at, end, is_packed(1, type, reading));
    if (type === SERVER.exception) return exception_holds(bytes, looking.at, end);
    if (type === SERVER.table_columns && is_packed(1, type, reading)) {
      return end - looking.at < FRAME_HEADER_BYTES ? 'short' : frame_size(bytes, looking.at) > 0 ? 'yes' : 'no';
    }
    if (type === SERVER.progress) pass_progress(looking, reading.revision);
    else if (type === SERVER.profile_info) pass_profile(looking, reading.revision);
    else if (!pass_body(looking, 1, type, reading)) return 'no';
    if (looking.bad) return 'no';
    if (looking.short) return 'short';
  }
  return 'yes';
}

function pass_progress(cursor: ClickhouseCursor, revision: number): void {
  const numbers =
    3 +
    (revision >= SINCE.total_bytes ? 1 : 0) +
    (revision >= SINCE.written_rows ? 2 : 0) +
    (revision >= SINCE.elapsed ? 1 : 0);
  for (let i = 0; i < numbers; i++) cursor.number();
}

function pass_profile(cursor: ClickhouseCursor, revision: number): void {
  for (let i = 0; i < 3; i++) cursor.number();
  cursor.flag();
  cursor.number();
  cursor.flag();
  if (revision >= SINCE.rows_before_aggregation) {
    cursor.flag();
    cursor.number();
  }
}

/** Behind the packet type: mostly an empty name, then the frame or the fields that every block begins with. */
export function block_holds(bytes: Uint8Array, at: number, end: number, packed: boolean): 'yes' | 'no' | 'short' {
  if (at >= end) return 'short';
  const name = u8(bytes, at);
  if (name > 127) return 'no';
  const from = at + 1 + name;
  if (packed) {
    if (end - from < FRAME_HEADER_BYTES) return 'short';
    return frame_size(bytes, from) > 0 ? 'yes' : 'no';
  }
  if (end - from < 3) return 'short';
  return u8(bytes, from) === 1 && u8(bytes, from + 1) <= 1 && u8(bytes, from + 2) === 2 ? 'yes' : 'no';
}

/** Behind the packet type: a code and the name of a C++ class. */
export function exception_holds(bytes: Uint8Array, at: number, end: number): 'yes' | 'no' | 'short' {
  if (end - at < 9) return 'short';
  const length = u8(bytes, at + 4);
  if (length < 3 || length > 100 || u8(bytes, at + 3) !== 0 || u8(bytes, at + 2) !== 0) return 'no';
  for (let i = at + 5; i < Math.min(end, at + 5 + length); i++) {
    const byte = u8(bytes, i);
    const letter = (byte | 32) >= 97 && (byte | 32) <= 122;
    if (!letter && byte !== 58 && byte !== 95 && byte !== 46) return 'no';
  }
  return 'yes';
}

/** Names in rows and tests. */
export function request_name(type: number): string {
  return CLIENT_PACKETS[type]?.name ?? String(type);
}
