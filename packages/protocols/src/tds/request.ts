// What a message of the client asks.
import { u16le, u32le, u8 } from '../bytes.ts';
import { type Message, MESSAGE_TYPE, new_message, type ParseOptions } from '../protocol.ts';
import { type StatementText, tell_statement } from '../sql/statement.ts';
import { TdsCursor, utf16 } from './cursor.ts';
import { encryption, encryption_name, login_message, login_version } from './login.ts';
import { MESSAGES, PROCEDURES, TRANSACTIONS, TYPE } from './messages.ts';
import type { Agreement } from './tokens.ts';
import { read_type } from './types.ts';
import { read_value } from './values.ts';

/** What its answer will be read by. */
export interface Asked {
  message: Message;
  type: number;
  /** Of a statement that is prepared: its handle comes with the answer. */
  prepared?: StatementText;
}

const HEADERS_BYTES_MAX = 512;
/** Kinds of headers: notification, transaction, trace activity. */
const HEADER_KIND_MAX = 3;
const TRACE_ACTIVITY = 3;
const BY_NUMBER = 0xffff;
const PARAMETERS_MAX = 2100;
const PARAMETERS_TOLD_MAX = 64;
const VALUE_CHARACTERS_MAX = 1024;
/** In place of a parameter: another call follows (before TDS 7.2: 0x80). */
const NEXT_CALL = new Set([0xfe, 0xff]);
const NEXT_OLD_CALL = 0x80;
const ENCRYPTED = 0x08;
const STATEMENTS_MAX = 1024;

/** Which parameter is the statement, which the handle, and where values begin. */
const SPECIAL: Readonly<Record<string, { statement?: number; handle?: number; values: number }>> = {
  sp_executesql: { statement: 0, values: 2 },
  sp_prepare: { statement: 2, values: 4 },
  sp_prepexec: { statement: 2, values: 3 },
  sp_prepexecrpc: { statement: 1, values: 2 },
  sp_execute: { handle: 0, values: 1 },
  sp_unprepare: { handle: 0, values: 1 },
  sp_cursoropen: { statement: 1, values: 5 },
  sp_cursorprepare: { statement: 2, values: 6 },
  sp_cursorprepexec: { statement: 3, values: 7 },
  sp_cursorexecute: { handle: 0, values: 5 },
  sp_cursorunprepare: { handle: 0, values: 1 },
};
const PREPARES = new Set(['sp_prepare', 'sp_prepexec', 'sp_cursorprepare', 'sp_cursorprepexec']);

/**
 * Length of the headers that begin a message since TDS 7.2, its own included (ALL_HEADERS, [MS-TDS] 2.2.5.3.1); 0: none.
 */
export function headers_bytes(bytes: Uint8Array, start: number, stop: number): number {
  if (stop - start < 10) return 0;
  const total = u32le(bytes, start);
  if (total < 10 || total > HEADERS_BYTES_MAX || start + total > stop) return 0;
  let at = start + 4;
  while (at < start + total) {
    const length = u32le(bytes, at);
    const kind = u16le(bytes, at + 4);
    if (length < 6 || kind < 1 || kind > HEADER_KIND_MAX) return 0;
    at += length;
  }
  return at === start + total ? total : 0;
}

export class Requests {
  readonly #options: ParseOptions;
  readonly #agreement: Agreement;
  readonly #cursor = new TdsCursor();
  readonly #statements = new Map<number, StatementText>();

  constructor(options: ParseOptions, agreement: Agreement) {
    this.#options = options;
    this.#agreement = agreement;
  }

  /** The server named a prepared statement. */
  prepared(handle: number, statement: StatementText): void {
    if (this.#statements.size >= STATEMENTS_MAX) this.#statements.delete(this.#statements.keys().next().value!);
    this.#statements.set(handle, statement);
  }

  /** The message in [start, stop), perhaps cut. */
  read(type: number, bytes: Uint8Array, start: number, stop: number): Asked {
    const cursor = this.#cursor.set(bytes, start, stop);
    const message = new_message(MESSAGE_TYPE.request);
    message.request_type = MESSAGES.get(type)!;
    const asked: Asked = { message, type };
    switch (type) {
      case TYPE.prelogin: {
        const said = encryption(bytes, start, stop);
        if (said >= 0) tell(message, 'encryption', encryption_name(said));
        return asked;
      }
      case TYPE.login:
        if (stop - start > 8) {
          const version = login_version(cursor);
          this.#agreement.wide = version >= 0x72000000 || version === 0x08000000;
          this.#agreement.encrypted_columns = false;
        }
        asked.message = login_message(cursor);
        return asked;
      case TYPE.batch:
        this.#headers(cursor, message);
        this.#tell_sql(utf16(bytes, cursor.at, stop, this.#options.string_bytes_max), message);
        return asked;
      case TYPE.rpc:
        this.#headers(cursor, message);
        this.#calls(cursor, asked);
        return asked;
      case TYPE.transaction: {
        this.#headers(cursor, message);
        const kind = cursor.u16();
        message.request_type = TRANSACTIONS.get(kind) ?? `TM ${kind}`;
        return asked;
      }
      default:
        return asked;
    }
  }

  #headers(cursor: TdsCursor, message: Message): void {
    const { bytes, at, stop } = cursor;
    const total = headers_bytes(bytes, at, stop);
    // Without them the connection is of TDS 7.1 or older, whatever was understood of its login.
    if (stop - at > 10) this.#agreement.wide = total > 0;
    for (let from = at + 4; from < at + total; from += u32le(bytes, from)) {
      if (u16le(bytes, from + 4) !== TRACE_ACTIVITY) continue;
      tell(message, 'activity_id', Buffer.from(bytes.subarray(from + 6, from + 22)).toString('hex'));
    }
    cursor.at = at + total;
  }

  #tell_sql(text: string, message: Message): StatementText {
    const most = this.#options.string_bytes_max;
    // Cut by bytes, as everything is: few texts are so long, and of them few have characters of more than one byte.
    const cut =
      text.length * 3 > most && Buffer.byteLength(text) > most ? Buffer.from(text).toString('utf8', 0, most - 3) : text;
    return tell_statement(cut, 'transact', this.#options, message);
  }

  /** One call, or several, of which the first is told. */
  #calls(cursor: TdsCursor, asked: Asked): void {
    let calls = 0;
    do {
      if (calls > 0) cursor.u8();
      const call = this.#call(cursor, calls === 0 ? asked : undefined);
      if (!call) break;
      calls++;
    } while (cursor.at < cursor.stop);
    if (calls > 1) tell(asked.message, 'batch_size', String(calls));
  }

  /** True when it ended where another call begins, or the message ends. */
  #call(cursor: TdsCursor, asked: Asked | undefined): boolean {
    const length = cursor.u16();
    const name = length === BY_NUMBER ? (PROCEDURES.get(cursor.u16()) ?? '') : cursor.text(length, 256);
    cursor.u16();
    if (!cursor.ok) return false;
    const plain = name.replace(/^.*\./, '').toLowerCase();
    const special = Object.hasOwn(SPECIAL, plain) ? SPECIAL[plain] : undefined;
    const message = asked?.message ?? new_message(MESSAGE_TYPE.request);
    const told: string[] = [];
    let index = 0;
    for (; index < PARAMETERS_MAX && !this.#call_ends(cursor); index++) {
      const needed = special !== undefined && (index === special.statement || index === special.handle);
      const values = !this.#options.redact && index >= (special?.values ?? 0) && index < PARAMETERS_TOLD_MAX;
      const parameter = this.#parameter(cursor, needed, values);
      if (parameter === undefined) break;
      if (needed && asked !== undefined) this.#use(plain, index === special.handle, parameter[1], asked);
      else if (index >= (special?.values ?? 0) && index < PARAMETERS_TOLD_MAX) {
        const label = parameter[0] === '' ? String(index + 1) : parameter[0];
        told.push(label);
        tell(message, `param_${label}`, parameter[1]);
      }
    }
    if (special === undefined) name_call(message, name, told);
    else message.request_type = plain;
    return cursor.ok;
  }

  #call_ends(cursor: TdsCursor): boolean {
    if (cursor.at >= cursor.stop) return true;
    const next = u8(cursor.bytes, cursor.at);
    return this.#agreement.wide !== false ? NEXT_CALL.has(next) : next === NEXT_OLD_CALL;
  }

  /** Name and value. Undefined when it is cut, or of a type that is not walked (tables). */
  #parameter(cursor: TdsCursor, needed: boolean, values: boolean): [string, string] | undefined {
    const name = cursor.b_text();
    const status = cursor.u8();
    const type = read_type(cursor, false, this.#agreement.wide !== false);
    if (type === undefined || (status & ENCRYPTED) !== 0) {
      cursor.bad = true;
      return undefined;
    }
    const most = needed ? this.#options.string_bytes_max : VALUE_CHARACTERS_MAX;
    const at = cursor.at;
    const value = read_value(cursor, type, needed || values, most);
    if (value !== undefined) return [name, value];
    // A statement that is cut is still one.
    return needed && cursor.stop - at > 32
      ? [name, utf16(cursor.bytes, at + (type.form === 'partial' ? 12 : 2), cursor.stop, most)]
      : undefined;
  }

  /** A statement, or the handle of one that is known. */
  #use(procedure: string, is_handle: boolean, value: string, asked: Asked): void {
    const { message } = asked;
    if (!is_handle) {
      const statement = this.#tell_sql(value, message);
      if (PREPARES.has(procedure)) asked.prepared = statement;
      return;
    }
    const statement = this.#statements.get(Number(value));
    if (statement === undefined) return;
    if (procedure.endsWith('unprepare')) this.#statements.delete(Number(value));
    tell(message, 'db.statement', statement.stored);
    if (statement.endpoint !== undefined) message.endpoint = statement.endpoint;
  }
}

/** A procedure by its name, with its parameters' names. */
function name_call(message: Message, name: string, parameters: readonly string[]): void {
  message.request_resource = parameters.length === 0 ? name : `${name} ${parameters.join(', ')}`;
  if (name !== '') message.endpoint = `EXEC ${name}`;
}

function tell(message: Message, name: string, value: string): void {
  message.attribute_names ??= [];
  message.attribute_values ??= [];
  message.attribute_names.push(name);
  message.attribute_values.push(value);
}
