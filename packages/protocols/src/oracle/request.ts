// What a message of the client asks.
import { u16le, u32be, u32le, u8 } from '../bytes.ts';
import { type Message, MESSAGE_TYPE, new_message, type ParseOptions } from '../protocol.ts';
import { type StatementText, tell_statement } from '../sql/statement.ts';
import { read_trace_header } from '../trace-headers.ts';
import { tell } from './connect.ts';
import { Cursor } from './cursor.ts';
import { CALL, CALLS, MESSAGES, NATIVE_SERVICES, TTC } from './messages.ts';
import { find_bare_text, find_text } from './text.ts';

/** What its answer will be read by. */
export interface Asked {
  message: Message;
  /** What agrees on something, or logs in, is answered by more than an outcome. */
  agrees: boolean;
  /** Asks for a login's secrets or statements: the cursor that the answer names is of this. */
  statement?: StatementText | undefined;
  /** The client's number of it, 1 to 255; what agrees on something has none. */
  sequence: number;
  /** Of a pipeline: which answer is its own; 0 without. */
  token: number;
  one_way: boolean;
}

/** The portable encoding's call has an array of so many numbers. */
const NUMBERS = 13;
const TOKEN_SINCE = 18;
/** Beyond the header that all versions have: pointers and lengths of newer ones. */
const TAIL_MAX = 32;
/** The native header of a statement: 170 to 210 bytes, in front of whose text nothing is as long. */
const NATIVE_FROM = 40;
const NATIVE_TO = 400;
/** From the length of a user's name to the name. */
const NATIVE_LOGIN = 64;
const STATEMENTS_MAX = 1024;
const NAME_BYTES_MAX = 128;
const DESCRIPTOR_BYTES_MAX = 512;
/** Of what rides in front of a call, so much is passed over. */
const PIGGYBACK_BYTES_MAX = 8192;
/** Place of the client's field version in its capabilities. */
const FIELD_VERSION = 7;
const TRACE_CONTEXT = 'ora$opentelem$tracectx';
const LOGIN_NAMES = [
  ['program', 'AUTH_PROGRAM_NM'],
  ['host', 'AUTH_MACHINE'],
  ['os_user', 'AUTH_SID'],
] as const;

/** Whether a pointer of the native encoding stands at `at`: 0xfe and ones. */
function is_pointer(bytes: Uint8Array, at: number): boolean {
  return u32be(bytes, at) === 0xfeffffff;
}

export class Requests {
  /** What client and server know of the protocol; -1: not seen. */
  client_version = -1;
  server_version = -1;
  readonly #options: ParseOptions;
  readonly #cursor = new Cursor();
  readonly #statements = new Map<number, StatementText>();
  /** Whether calls have a token, as the last statement showed. */
  #tokens: boolean | undefined;

  constructor(options: ParseOptions) {
    this.#options = options;
  }

  /** The server told which cursor a statement has. */
  opened(cursor: number, statement: StatementText): void {
    if (this.#statements.size >= STATEMENTS_MAX) this.#statements.delete(this.#statements.keys().next().value!);
    this.#statements.set(cursor, statement);
  }

  /** The message in [at, stop); undefined when it is none that is known. */
  read(bytes: Uint8Array, at: number, stop: number): Asked | undefined {
    const message = new_message(MESSAGE_TYPE.request);
    const asked: Asked = { message, agrees: false, sequence: 0, token: 0, one_way: false };
    if (u32be(bytes, at) === NATIVE_SERVICES && stop - at >= 4) {
      message.request_type = 'Native network services';
      asked.agrees = true;
      return asked;
    }
    const call = this.#pass_piggybacks(bytes, at, stop, asked);
    if (call < 0) return undefined;
    const kind = MESSAGES.get(u8(bytes, call));
    if (kind === undefined) return undefined;
    switch (kind.use) {
      case 'agree':
        message.request_type = kind.name;
        asked.agrees = true;
        this.#agree(bytes, call, stop, asked);
        return asked;
      case 'call':
      case 'one_way':
        if (stop - call < 3) return undefined;
        asked.one_way = kind.use === 'one_way';
        this.#call(bytes, call, stop, asked);
        return asked;
      case 'piggyback':
        // Where the call behind it begins was not found.
        message.request_type = CALLS.get(u8(bytes, call + 1)) ?? `Call ${u8(bytes, call + 1)}`;
        return asked;
      default:
        return undefined;
    }
  }

  #agree(bytes: Uint8Array, at: number, stop: number, asked: Asked): void {
    if (u8(bytes, at) === TTC.data_types) this.#learn_version(bytes, at, stop);
    if (u8(bytes, at) !== TTC.fast_auth) return;
    // Within: the versions, the types and the first step of the login.
    for (let i = at + 1; i < stop - 8; i++) {
      if (u8(bytes, i) === TTC.call && u8(bytes, i + 1) === CALL.session_key && this.#login(bytes, i + 3, stop, asked))
        return;
    }
  }

  /** Two character sets (2 each), flags, then the capabilities behind their length. */
  #learn_version(bytes: Uint8Array, at: number, stop: number): void {
    const capabilities = at + 6;
    const length = u8(bytes, capabilities);
    if (length > FIELD_VERSION && capabilities + 1 + length <= stop) {
      this.client_version = u8(bytes, capabilities + 1 + FIELD_VERSION);
    }
  }

  /** Whether calls have a token behind their number; undefined: not known. */
  get #has_tokens(): boolean | undefined {
    if (this.#tokens !== undefined) return this.#tokens;
    if (this.client_version < 0 || this.server_version < 0) return undefined;
    return Math.min(this.client_version, this.server_version) >= TOKEN_SINCE;
  }

  /** Place of the call behind what rides in front of it, or of the last of that; -1: none is there. */
  #pass_piggybacks(bytes: Uint8Array, start: number, stop: number, asked: Asked): number {
    let at = start;
    while (at < stop && u8(bytes, at) === TTC.piggyback) {
      const next = this.#pass_piggyback(bytes, at, stop, asked);
      if (next < 0) return at;
      at = next;
    }
    return at < stop ? at : -1;
  }

  /** Cursors that are closed are walked; of others what is next begins by its kind, a known call and the next number. */
  #pass_piggyback(bytes: Uint8Array, at: number, stop: number, asked: Asked): number {
    const code = u8(bytes, at + 1);
    const cursor = this.#cursor.set(bytes, at + 3, stop);
    if (this.#has_tokens ?? (cursor.at < stop && u8(bytes, cursor.at) === 0)) cursor.number(8);
    const body = cursor.at;
    if (code === CALL.close_cursors || code === CALL.cancel_cursors) {
      cursor.skip(1);
      for (let left = cursor.number(4); left > 0 && !cursor.bad; left--) cursor.number(4);
      if (!cursor.bad && this.#may_follow(bytes, cursor.at, stop, at)) return cursor.at;
    } else if (code === CALL.context) this.#trace(body, asked);
    const until = Math.min(stop - 2, at + PIGGYBACK_BYTES_MAX);
    for (let i = at + 3; i < until; i++) if (this.#may_follow(bytes, i, stop, at)) return i;
    return -1;
  }

  #may_follow(bytes: Uint8Array, at: number, stop: number, before: number): boolean {
    if (stop - at < 3) return false;
    const kind = u8(bytes, at);
    if (kind !== TTC.call && kind !== TTC.piggyback && kind !== TTC.one_way) return false;
    const number = u8(bytes, before + 2) === 255 ? 1 : u8(bytes, before + 2) + 1;
    return CALLS.has(u8(bytes, at + 1)) && u8(bytes, at + 2) === number;
  }

  /** Application context: a name space, then names and values. Drivers keep the W3C trace context there. */
  #trace(at: number, asked: Asked): void {
    const cursor = this.#cursor;
    cursor.at = at;
    cursor.bad = false;
    cursor.skip(1);
    cursor.number(4);
    cursor.skip(1);
    let left = cursor.number(4);
    cursor.number(2);
    cursor.skip(1);
    cursor.pass();
    for (; left > 0 && !cursor.bad; left--) {
      const name = cursor.number(4) > 0 ? cursor.text(NAME_BYTES_MAX) : '';
      const value = cursor.number(4) > 0 ? cursor.text(DESCRIPTOR_BYTES_MAX) : '';
      cursor.number(4);
      if (name !== TRACE_CONTEXT || cursor.bad) continue;
      for (const line of value.split('\r\n')) {
        const colon = line.indexOf(':');
        if (line.slice(0, colon).trim().toLowerCase() !== 'traceparent') continue;
        const ids = read_trace_header('traceparent', line.slice(colon + 1));
        if (ids?.trace_id !== undefined) asked.message.trace_id = ids.trace_id;
        if (ids?.span_id !== undefined) asked.message.span_id = ids.span_id;
      }
    }
  }

  #call(bytes: Uint8Array, call: number, stop: number, asked: Asked): void {
    const { message } = asked;
    const code = u8(bytes, call + 1);
    asked.sequence = u8(bytes, call + 2);
    message.request_type = CALLS.get(code) ?? `Call ${code}`;
    const cursor = this.#cursor.set(bytes, call + 3, stop);
    // Without what both agreed on: options, cursors and pointers that begin a call are never 0, a token mostly is.
    if (this.#has_tokens ?? (call + 3 < stop && u8(bytes, call + 3) === 0)) asked.token = cursor.number(8);
    const body = cursor.at;
    switch (code) {
      case CALL.all8:
        this.#statement(bytes, call + 3, body, stop, asked);
        return;
      case CALL.re_execute:
      case CALL.re_execute_fetch:
      case CALL.fetch:
        this.#use(this.#cursor_of(bytes, body, stop), asked);
        return;
      case CALL.session_key:
      case CALL.auth:
      case CALL.logon_name:
      case CALL.logon_password:
        asked.agrees = true;
        this.#login(bytes, body, stop, asked);
        return;
      default:
        return;
    }
  }

  /** With a token or, if that was wrong, without, or the other way round; else in the native encoding. */
  #statement(bytes: Uint8Array, start: number, body: number, stop: number, asked: Asked): void {
    if (this.#execute(body, asked)) {
      this.#tokens = body > start;
      return;
    }
    const cursor = this.#cursor.set(bytes, start, stop);
    const token = body > start ? 0 : cursor.number(8);
    if (this.#execute(cursor.at, asked)) {
      asked.token = token;
      this.#tokens = cursor.at > start;
    } else this.#execute_native(bytes, start, stop, asked);
  }

  /** In the native encoding it has four bytes, of which the portable one could have as many only for a huge number. */
  #cursor_of(bytes: Uint8Array, at: number, stop: number): number {
    const native = stop - at >= 8 && u16le(bytes, at + 2) === 0 && u16le(bytes, at + 6) === 0;
    if (native) return u32le(bytes, at);
    this.#cursor.at = at;
    return this.#cursor.number(4);
  }

  /** OALL8 in the portable encoding; false when it is not. */
  #execute(body: number, asked: Asked): boolean {
    const cursor = this.#cursor;
    const { bytes, stop } = cursor;
    cursor.at = body;
    cursor.bad = false;
    cursor.number(4);
    const id = cursor.number(4);
    const has_text = cursor.u8() !== 0;
    const declared = cursor.number(4);
    cursor.skip(1);
    if (cursor.number(4) !== NUMBERS || cursor.bad) return false;
    cursor.skip(2);
    for (let i = 0; i < 3; i++) cursor.number(4);
    cursor.skip(1);
    cursor.number(4);
    cursor.skip(5 + 1);
    cursor.number(4);
    cursor.number(4);
    cursor.skip(3);
    cursor.number(4);
    cursor.skip(1);
    cursor.number(4);
    cursor.number(4);
    if (!has_text || declared === 0) {
      this.#use(id, asked);
      return true;
    }
    if (cursor.bad) return true;
    const { at } = cursor;
    const most = this.#options.string_bytes_max;
    const text =
      find_text(bytes, at, at + TAIL_MAX, stop, declared, most) ??
      find_bare_text(bytes, at, at + TAIL_MAX, stop, declared, most);
    if (text !== undefined) asked.statement = tell_statement(text, 'oracle', this.#options, asked.message);
    return true;
  }

  /** OALL8 as OCI writes it on the server's kind of machine: options and cursor (4 each), a pointer to the text, its length. */
  #execute_native(bytes: Uint8Array, start: number, stop: number, asked: Asked): void {
    for (const body of [start, start + 8]) {
      const pointer = body + 8;
      const declared = u32le(bytes, pointer + (u32be(bytes, pointer + 4) === 0xffffffff ? 8 : 4));
      if (is_pointer(bytes, pointer) && declared > 0) {
        const most = this.#options.string_bytes_max;
        const text = find_text(bytes, body + NATIVE_FROM, body + NATIVE_TO, stop, declared, most);
        if (text !== undefined) asked.statement = tell_statement(text, 'oracle', this.#options, asked.message);
        return;
      }
      if (stop - body >= 16 && u32le(bytes, body + 4) > 0 && u32le(bytes, pointer) === 0) {
        this.#use(u32le(bytes, body + 4), asked);
        return;
      }
    }
  }

  #use(id: number, asked: Asked): void {
    const statement = this.#statements.get(id);
    if (statement === undefined) return;
    tell(asked.message, 'db.statement', statement.stored);
    if (statement.endpoint !== undefined) asked.message.endpoint = statement.endpoint;
  }

  /** A pointer, the length of the user's name and so on, the name, then names and values; false when it is none. */
  #login(bytes: Uint8Array, at: number, stop: number, asked: Asked): boolean {
    const native = is_pointer(bytes, at);
    let user: string | undefined;
    let from = at;
    if (native) {
      from += u32be(bytes, at + 4) === 0xffffffff ? 8 : 4;
      const declared = u32le(bytes, from);
      if (declared > 0) user = find_text(bytes, from + 4, from + NATIVE_LOGIN, stop, declared, NAME_BYTES_MAX);
    } else {
      const cursor = this.#cursor.set(bytes, at, stop);
      if (cursor.u8() > 1) return false;
      const declared = cursor.number(4);
      cursor.number(4);
      cursor.skip(1);
      cursor.number(4);
      cursor.skip(2);
      if (cursor.bad || declared > NAME_BYTES_MAX) return false;
      from = cursor.at;
      if (declared > 0) {
        user =
          find_text(bytes, from, from + 1, stop, declared, NAME_BYTES_MAX) ??
          find_bare_text(bytes, from, from + 1, stop, declared, NAME_BYTES_MAX);
      }
    }
    if (user !== undefined) tell(asked.message, 'user', user);
    this.#login_names(bytes, from, stop, native, asked);
    return true;
  }

  /** Only of these names the values are read: among the others are keys and passwords. */
  #login_names(bytes: Uint8Array, start: number, stop: number, native: boolean, asked: Asked): void {
    const text = Buffer.from(bytes.buffer, bytes.byteOffset + start, Math.max(0, Math.min(stop - start, 4096)));
    for (const [name, key] of LOGIN_NAMES) {
      const at = text.indexOf(key, 0, 'latin1');
      if (at < 0) continue;
      const cursor = this.#cursor.set(bytes, start + at + key.length, stop);
      if (native) cursor.skip(4);
      else if (cursor.number(4) === 0) continue;
      const value = cursor.text(NAME_BYTES_MAX);
      if (value !== '' && !cursor.bad) tell(asked.message, name, value);
    }
  }
}
