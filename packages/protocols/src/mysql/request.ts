// Commands of the client, each to the message it becomes.
import { u8, u24le, utf8 } from '../bytes.ts';
import { type Message, MESSAGE_TYPE, type ParseOptions, new_message } from '../protocol.ts';
import { read_statement, type StatementText } from '../sql/statement.ts';
import { COM, COMMANDS, type Command } from './commands.ts';
import { read_change_user } from './login.ts';
import { Cursor, HEADER_BYTES, type PacketReader } from './packet.ts';
import { statement_start } from './query.ts';
import type { Statements } from './statements.ts';
import { read_parameters } from './values.ts';

export interface Request {
  message: Message;
  command: Command;
  /** Text of a COM_STMT_PREPARE, to be kept under the id that the answer brings. */
  text: StatementText | undefined;
}

const NAME_BYTES_MAX = 512;
/** COM_BINLOG_DUMP: position, flags, server id; the others of its kind are longer. */
const DUMP_BYTES_MIN = 11;
/** Behind the statement's id, flags and iteration count. */
const PARAMETER_COUNT_AVAILABLE = 0x08;
/** Parameters that are tried when the statement was prepared before the connection was seen. */
const TRIED_MAX = 32;

/** Whether [from, end) is one command, or several, from the first byte to the last. */
export function are_commands(bytes: Uint8Array, from: number, end: number): boolean {
  let at = from;
  while (at + HEADER_BYTES < end) {
    const length = u24le(bytes, at);
    if (length === 0 || u8(bytes, at + 3) !== 0 || !COMMANDS.has(u8(bytes, at + HEADER_BYTES))) return false;
    at += HEADER_BYTES + length;
  }
  return at === end && at > from;
}

export class CommandReader {
  readonly statements: Statements;
  /** Whether query attributes were agreed on; undefined when the login was not seen. */
  attributes: boolean | undefined;
  readonly #options: ParseOptions;

  constructor(options: ParseOptions, statements: Statements) {
    this.#options = options;
    this.statements = statements;
  }

  /** Bytes of a payload that are stored at most, with room for what stands before a statement. */
  get wanted(): number {
    return this.#options.string_bytes_max + 256;
  }

  /** Undefined when the payload is no command. */
  read(packet: PacketReader, bytes: Uint8Array): Request | undefined {
    const { start, stop, length } = packet;
    const code = stop > start ? bytes[start]! : -1;
    const command = COMMANDS.get(code);
    if (command === undefined || length === 0) return undefined;
    if (command.answer === 'stream' && length < DUMP_BYTES_MIN) return undefined;
    const one_way = command.answer === 'none';
    const message = new_message(one_way ? MESSAGE_TYPE.session : MESSAGE_TYPE.request);
    message.request_type = command.name;
    message.length = length + 4;
    if (one_way) message.one_way = true;
    const request: Request = { message, command, text: undefined };
    this.#details(code, new Cursor(bytes, start + 1, stop), request);
    return request;
  }

  #details(code: number, cursor: Cursor, request: Request): void {
    const { message } = request;
    const { bytes, at, end } = cursor;
    switch (code) {
      case COM.query:
        read_statement(bytes, statement_start(cursor, this.attributes), end, 'mysql', this.#options, message);
        return;
      case COM.stmt_prepare:
        request.text = read_statement(bytes, at, end, 'mysql', this.#options, message);
        return;
      case COM.stmt_execute:
      case COM.stmt_bulk_execute:
        this.#execute(cursor, message, code === COM.stmt_execute);
        return;
      case COM.init_db:
      case COM.create_db:
      case COM.drop_db:
        message.request_resource = utf8(bytes, at, end, NAME_BYTES_MAX);
        return;
      case COM.field_list:
        message.request_resource = utf8(bytes, at, cursor.to_zero(), NAME_BYTES_MAX);
        return;
      case COM.change_user:
        message.request_resource = read_change_user(bytes, at, end);
        message.endpoint = message.request_resource;
        this.statements.clear();
        return;
      case COM.process_kill:
        message.request_resource = String(cursor.u32());
        return;
      case COM.stmt_close:
      case COM.stmt_reset:
      case COM.stmt_fetch:
      case COM.stmt_send_long_data:
        this.#by_statement(code, cursor, message);
        return;
    }
  }

  #by_statement(code: number, cursor: Cursor, message: Message): void {
    const id = cursor.u32();
    if (cursor.cut) return;
    message.request_id = id;
    const statement = this.statements.get(id);
    if (code === COM.stmt_close) this.statements.delete(id);
    if (statement === undefined) return;
    if (code === COM.stmt_reset) statement.long = undefined;
    if (code !== COM.stmt_send_long_data) return;
    statement.long ??= new Set();
    if (statement.long.size < 1024) statement.long.add(cursor.u16());
  }

  #execute(cursor: Cursor, message: Message, plain: boolean): void {
    const id = cursor.u32();
    const flags = cursor.u8();
    cursor.skip(plain ? 4 : 1);
    if (cursor.cut) return;
    message.request_id = id;
    const statement = this.statements.get(id);
    if (statement !== undefined) {
      message.attribute_names = ['db.statement'];
      message.attribute_values = [statement.text];
      if (statement.endpoint !== undefined) message.endpoint = statement.endpoint;
    }
    if (!plain) return;
    const counted = (flags & PARAMETER_COUNT_AVAILABLE) !== 0;
    const named = this.attributes ?? counted;
    let count = statement?.parameters;
    if (named && counted) count = cursor.lenenc();
    const { redact, string_bytes_max } = this.#options;
    if (count === undefined) {
      const text = fitting(cursor, named, redact, string_bytes_max);
      if (text !== undefined) message.request_resource = text;
    } else if (count === 0) message.request_resource = '';
    else {
      const bound = read_parameters(cursor, count, statement?.types, statement?.long, named, redact, string_bytes_max);
      if (bound !== undefined) message.request_resource = bound.text;
      if (statement !== undefined && bound !== undefined) statement.types = bound.types;
    }
    if (statement !== undefined) statement.long = undefined;
  }
}

/** Values of a statement of unknown parameters: the one count for which types and values fill the packet exactly. */
function fitting(cursor: Cursor, named: boolean, redact: boolean, bytes_max: number): string | undefined {
  if (cursor.left === 0) return '';
  let found: string | undefined;
  let fits = 0;
  for (let count = 1; count <= TRIED_MAX && fits < 2; count++) {
    const trial = new Cursor(cursor.bytes, cursor.at, cursor.end);
    const flag_at = cursor.at + ((count + 7) >> 3);
    if (flag_at >= cursor.end || cursor.bytes[flag_at] !== 1) continue;
    const bound = read_parameters(trial, count, undefined, undefined, named, redact, bytes_max);
    if (bound === undefined || !bound.whole || trial.left !== 0) continue;
    found = bound.text;
    fits++;
  }
  return fits === 1 ? found : undefined;
}
