// The response's tokens, walked as they come: rows by the types of their columns, without being kept.
import { u8, u16le, u32le, u64le } from '../bytes.ts';
import type { Stream } from '../stream.ts';
import { TdsCursor } from './cursor.ts';
import { DONE_BIT, DONE_KNOWN, TOKEN, TOKENS, VERSIONS } from './messages.ts';
import { read_type, type Type } from './types.ts';
import { read_value } from './values.ts';

/** A login's features are few; rows have at most 1,024 columns, result sets 4,096. */
const COLUMNS_MAX = 4096;
const NO_COLUMNS = 0xffff;
const TEXT_CHARACTERS_MAX = 2048;
const FEATURES_END = 0xff;
const LENGTH_MAX = 0x7fff_ffff;
/** Of the first word of a value in pieces: all ones is null. */
const ONES = 0xffff_ffff;

export interface Failure {
  number: number;
  severity: number;
  text: string;
}

/** What is shared by all messages of a connection. */
export interface Agreement {
  /** TDS 7.2 and later: counts of 8 bytes, types of users of 4. Undefined while not known. */
  wide: boolean | undefined;
  /** Columns may be encrypted (Always Encrypted): their metadata is laid out in another way, which is not walked. */
  encrypted_columns: boolean;
}

type Step = 'next' | 'more' | 'lost';

export class Tokens {
  readonly #agreement: Agreement;
  readonly #cursor = new TdsCursor();
  #columns: readonly Type[] = [];
  /** Index of the next value of the row being walked; -1: between tokens. */
  #column = -1;
  /** Of the row: a bit for each value that is null; empty when it says so in the values. */
  #nulls: Uint8Array | undefined;
  /** 'length': of a value behind its pointer; 'pieces': of one that comes in pieces. */
  #within: 'value' | 'length' | 'pieces' = 'value';
  #rest = 0;
  /** The place of the next token is not known: only the message's end tells more. */
  lost = false;
  // What was found out of the message so far.
  failure: Failure | undefined;
  failed = false;
  rows = 0;
  counted = false;
  acknowledged = false;
  /** Rows, or their columns, have begun. */
  begun = false;
  /** The last token was a DONE behind which nothing follows. */
  ended = false;
  /** Of a prepared statement; -1 without. */
  handle = -1;
  server = '';
  database = '';

  constructor(agreement: Agreement) {
    this.#agreement = agreement;
  }

  /** At the beginning of a message. */
  begin(): void {
    this.#column = -1;
    this.#within = 'value';
    this.#rest = 0;
    this.lost = false;
    this.failure = undefined;
    this.failed = false;
    this.rows = 0;
    this.counted = false;
    this.acknowledged = false;
    this.begun = false;
    this.ended = false;
    this.handle = -1;
    this.server = '';
    this.database = '';
  }

  /** Walks what has come of the message. */
  run(stream: Stream): void {
    for (;;) {
      if (this.#rest > 0 && !this.#pass(stream)) break;
      const step = this.#column >= 0 ? this.#row(stream) : this.#token(stream);
      if (step === 'next') continue;
      if (step === 'lost' || stream.hole > 0) this.lost = true;
      break;
    }
    // What an earlier packet lacks cannot be told from the next one.
    if (stream.hole > 0) this.lost = true;
  }

  /** Whether the message may end here. */
  get whole(): boolean {
    return !this.lost && this.ended && this.#column < 0 && this.#rest === 0;
  }

  /** False when more of what is passed is to come. */
  #pass(stream: Stream): boolean {
    while (this.#rest > 0) {
      const step = Math.min(this.#rest, stream.end - stream.pos + stream.hole);
      if (step === 0) return false;
      stream.advance(step);
      this.#rest -= step;
    }
    return true;
  }

  #token(stream: Stream): Step {
    const { bytes, pos, end } = stream;
    if (pos >= end) return 'more';
    const token = u8(bytes, pos);
    const known = TOKENS.get(token);
    if (known === undefined) return 'lost';
    const { walk } = known;
    if (typeof walk === 'number') {
      this.ended = false;
      stream.advance(1);
      this.#rest = walk;
      return 'next';
    }
    switch (walk) {
      case 'row':
        return this.#begin_row(stream);
      case 'nbc_row':
        return this.#begin_nbc_row(stream);
      case 'done':
        return this.#done(stream, token);
      case 'short':
        return this.#short(stream, token);
      case 'long':
        if (end - pos < 5) return 'more';
        stream.advance(5);
        this.#rest = u32le(bytes, pos + 1);
        return this.#rest > LENGTH_MAX ? 'lost' : 'next';
      case 'opaque':
        return 'lost';
      default:
        return this.#parse(stream, token);
    }
  }

  #done(stream: Stream, token: number): Step {
    const { bytes, pos, end } = stream;
    const wide = this.#agreement.wide !== false;
    if (end - pos < (wide ? 13 : 9)) return 'more';
    const status = u16le(bytes, pos + 1);
    if ((status & ~DONE_KNOWN) !== 0) return 'lost';
    const rows = wide ? u64le(bytes, pos + 5) : u32le(bytes, pos + 5);
    stream.advance(wide ? 13 : 9);
    this.#count(token, status, rows);
    return 'next';
  }

  #count(token: number, status: number, rows: number): void {
    if ((status & DONE_BIT.count) !== 0) {
      this.rows += rows;
      this.counted = true;
    }
    if ((status & (DONE_BIT.error | DONE_BIT.server_error)) !== 0) this.failed = true;
    if ((status & DONE_BIT.attention) !== 0) this.acknowledged = true;
    this.ended = (status & DONE_BIT.more) === 0 && token !== TOKEN.done_in_proc;
  }

  /** Tokens behind their length in two bytes. */
  #short(stream: Stream, token: number): Step {
    const { bytes, pos, end } = stream;
    if (end - pos < 3) return 'more';
    const length = u16le(bytes, pos + 1);
    const told = token === TOKEN.error || token === TOKEN.login_ack || token === TOKEN.environment;
    if (told && end - pos < 3 + length) return 'more';
    if (token === TOKEN.error) this.#error(bytes, pos + 3, pos + 3 + length);
    else if (token === TOKEN.login_ack) this.#logged_in(bytes, pos + 3, pos + 3 + length);
    else if (token === TOKEN.environment) this.#changed(bytes, pos + 3, pos + 3 + length);
    this.ended = false;
    stream.advance(3);
    this.#rest = length;
    return 'next';
  }

  #error(bytes: Uint8Array, at: number, stop: number): void {
    const cursor = this.#cursor.set(bytes, at, stop);
    const number = cursor.u32();
    cursor.u8();
    const severity = cursor.u8();
    const text = cursor.us_text(TEXT_CHARACTERS_MAX);
    if (cursor.ok) this.failure ??= { number, severity, text };
  }

  /** Kind, version (big endian), name and version of the server. */
  #logged_in(bytes: Uint8Array, at: number, stop: number): void {
    const cursor = this.#cursor.set(bytes, at, stop);
    cursor.u8();
    const version = cursor.take(4);
    const name = cursor.b_text();
    const own = cursor.take(4);
    if (!cursor.ok) return;
    this.#agreement.wide = u8(bytes, version) >= 0x72 || u8(bytes, version) === 0x08;
    this.server = `${name} ${u8(bytes, own)}.${u8(bytes, own + 1)}.${(u8(bytes, own + 2) << 8) | u8(bytes, own + 3)}`;
  }

  #changed(bytes: Uint8Array, at: number, stop: number): void {
    const cursor = this.#cursor.set(bytes, at, stop);
    if (cursor.u8() !== 1) return;
    const name = cursor.b_text();
    if (cursor.ok) this.database = name;
  }

  /** Tokens whose length is told by their content: parsed once they are wholly there. */
  #parse(stream: Stream, token: number): Step {
    const cursor = this.#cursor.set(stream.bytes, stream.pos + 1, stream.end);
    if (token === TOKEN.columns) this.#read_columns(cursor);
    else if (token === TOKEN.return_value) this.#read_return_value(cursor);
    else this.#read_features(cursor);
    if (cursor.bad) return 'lost';
    if (cursor.short) return 'more';
    this.ended = false;
    stream.advance(cursor.at - stream.pos);
    return 'next';
  }

  #read_columns(cursor: TdsCursor): void {
    const wide = this.#agreement.wide !== false;
    const count = cursor.u16();
    if (this.#agreement.encrypted_columns) cursor.bad = true;
    if (count === NO_COLUMNS) return;
    if (count > COLUMNS_MAX) cursor.bad = true;
    const columns: Type[] = [];
    for (let i = 0; i < count && cursor.ok; i++) {
      cursor.take(wide ? 6 : 4);
      const type = read_type(cursor, true, wide);
      cursor.b_text();
      if (type !== undefined) columns.push(type);
    }
    if (!cursor.ok) return;
    this.#columns = columns;
    this.begun = true;
  }

  /** Ordinal, name, status, type of the user, flags, type, value. */
  #read_return_value(cursor: TdsCursor): void {
    const wide = this.#agreement.wide !== false;
    cursor.u16();
    cursor.b_text();
    cursor.u8();
    cursor.take(wide ? 6 : 4);
    const type = read_type(cursor, false, wide);
    if (type === undefined) return;
    const value = read_value(cursor, type, true, 16);
    if (value !== undefined && this.handle < 0 && /^\d+$/.test(value)) this.handle = Number(value);
  }

  #read_features(cursor: TdsCursor): void {
    for (;;) {
      const feature = cursor.u8();
      if (!cursor.ok || feature === FEATURES_END) return;
      const length = cursor.u32();
      if (length > LENGTH_MAX) cursor.bad = true;
      cursor.take(length);
      // COLUMNENCRYPTION ([MS-TDS] 2.2.7.11).
      if (feature === 0x04 && cursor.ok) this.#agreement.encrypted_columns = true;
    }
  }

  #begin_row(stream: Stream): Step {
    if (this.#columns.length === 0) return 'lost';
    stream.advance(1);
    this.#nulls = undefined;
    this.#column = 0;
    return 'next';
  }

  #begin_nbc_row(stream: Stream): Step {
    const { bytes, pos, end } = stream;
    const count = (this.#columns.length + 7) >> 3;
    if (count === 0) return 'lost';
    if (end - pos < 1 + count) return 'more';
    this.#nulls = bytes.slice(pos + 1, pos + 1 + count);
    stream.advance(1 + count);
    this.#column = 0;
    return 'next';
  }

  /** Goes on with a row; every value is passed over. */
  #row(stream: Stream): Step {
    this.begun = true;
    this.ended = false;
    const columns = this.#columns;
    while (this.#column < columns.length) {
      const nulls = this.#nulls;
      const column = this.#column;
      const is_null = nulls !== undefined && ((nulls[column >> 3]! >> (column & 7)) & 1) === 1;
      if (is_null) {
        this.#column++;
        continue;
      }
      const step = this.#value(stream, columns[column]!);
      if (step !== 'next') return step;
      if (this.#rest > 0 && !this.#pass(stream)) return 'more';
    }
    this.#column = -1;
    return 'next';
  }

  /** Passes the length of the current value, or of its next piece; what follows is the rest. */
  #value(stream: Stream, type: Type): Step {
    const { bytes, pos, end } = stream;
    const here = end - pos;
    if (this.#within === 'pieces') return this.#piece(stream);
    switch (type.form) {
      case 'fixed':
        this.#next_value(type.size);
        return 'next';
      case 'byte':
        if (here < 1) return 'more';
        stream.advance(1);
        this.#next_value(u8(bytes, pos));
        return 'next';
      case 'short': {
        if (here < 2) return 'more';
        const length = u16le(bytes, pos);
        stream.advance(2);
        this.#next_value(length === 0xffff ? 0 : length);
        return 'next';
      }
      case 'partial':
        if (here < 8) return 'more';
        stream.advance(8);
        if (u32le(bytes, pos) === ONES && u32le(bytes, pos + 4) === ONES) this.#next_value(0);
        else this.#within = 'pieces';
        return 'next';
      case 'pointed':
        if (this.#within === 'value') {
          if (here < 1) return 'more';
          const length = u8(bytes, pos);
          stream.advance(1);
          if (length === 0) this.#next_value(0);
          else {
            this.#within = 'length';
            this.#rest = length + 8;
          }
          return 'next';
        }
        return this.#long(stream);
      default:
        return this.#long(stream);
    }
  }

  #long(stream: Stream): Step {
    if (stream.end - stream.pos < 4) return 'more';
    const length = u32le(stream.bytes, stream.pos);
    stream.advance(4);
    this.#next_value(length === ONES ? 0 : length);
    return length !== ONES && length > LENGTH_MAX ? 'lost' : 'next';
  }

  #piece(stream: Stream): Step {
    if (stream.end - stream.pos < 4) return 'more';
    const length = u32le(stream.bytes, stream.pos);
    if (length > LENGTH_MAX) return 'lost';
    stream.advance(4);
    if (length === 0) this.#next_value(0);
    else this.#rest = length;
    return 'next';
  }

  #next_value(rest: number): void {
    this.#rest = rest;
    this.#within = 'value';
    this.#column++;
  }

  /**
   * The message was not walked to its end, which stands at `stop`, behind [start, stop) of its last packet: its last token is
   * a DONE, and before it may stand errors and other tokens that tell their length. True when it was found.
   */
  find_end(bytes: Uint8Array, start: number, stop: number): boolean {
    const size = this.#agreement.wide !== false ? 13 : 9;
    const last = stop - size;
    if (last < start || !is_last_done(bytes, last)) return false;
    const status = u16le(bytes, last + 1);
    const rows = size === 13 ? u64le(bytes, last + 5) : u32le(bytes, last + 5);
    if (rows > Number.MAX_SAFE_INTEGER) return false;
    // Counts of what was not walked do not add up.
    this.counted = false;
    this.#count(u8(bytes, last), status & ~DONE_BIT.count, rows);
    if (this.failed && this.failure === undefined) this.#find_error(bytes, start, last, size);
    return true;
  }

  /** An ERROR from which tokens lead exactly to `last`. */
  #find_error(bytes: Uint8Array, start: number, last: number, done_size: number): void {
    for (let at = last - 1; at >= start; at--) {
      if (u8(bytes, at) !== TOKEN.error || !error_holds(bytes, at, last)) continue;
      let to = at + 3 + u16le(bytes, at + 1);
      while (to < last) {
        const size = plain_token_size(bytes, to, last, done_size);
        if (size === 0) break;
        to += size;
      }
      if (to === last) {
        this.failure = undefined;
        this.#error(bytes, at + 3, at + 3 + u16le(bytes, at + 1));
        return;
      }
    }
  }
}

function is_last_done(bytes: Uint8Array, at: number): boolean {
  const token = u8(bytes, at);
  const status = u16le(bytes, at + 1);
  return (
    (token === TOKEN.done || token === TOKEN.done_proc) &&
    (status & ~DONE_KNOWN) === 0 &&
    (status & DONE_BIT.more) === 0
  );
}

/** Number, state, severity, text, server, procedure and line fill the token exactly. */
function error_holds(bytes: Uint8Array, at: number, stop: number): boolean {
  if (stop - at < 16) return false;
  const end = at + 3 + u16le(bytes, at + 1);
  if (end > stop || u8(bytes, at + 8) > 25) return false;
  let to = at + 9;
  to += 2 + 2 * u16le(bytes, to);
  if (to >= end) return false;
  to += 1 + 2 * u8(bytes, to);
  if (to >= end) return false;
  to += 1 + 2 * u8(bytes, to);
  // The line: 4 bytes, before TDS 7.2 2.
  return end - to === 4 || end - to === 2;
}

/** Size of a token that tells its length and can stand behind an error; 0: none. */
function plain_token_size(bytes: Uint8Array, at: number, stop: number, done_size: number): number {
  const token = u8(bytes, at);
  if (token === TOKEN.error || token === TOKEN.info) return error_holds(bytes, at, stop) ? 3 + u16le(bytes, at + 1) : 0;
  if (token === TOKEN.return_status) return 5;
  if (token === TOKEN.environment || token === TOKEN.order) return 3 + u16le(bytes, at + 1);
  const is_done = token === TOKEN.done || token === TOKEN.done_proc || token === TOKEN.done_in_proc;
  return is_done && (u16le(bytes, at + 1) & ~DONE_KNOWN) === 0 ? done_size : 0;
}

/** Version as the client's login tells it. */
export function version_name(version: number): string {
  return VERSIONS.get(version) ?? `0x${version.toString(16)}`;
}
