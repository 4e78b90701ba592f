// How an answer ends: its error message, which also tells success. Rows are not walked: the message is found from its end.
import { u16le, u32le, u64le, u8, utf8 } from '../bytes.ts';
import { CHUNKED, Cursor } from './cursor.ts';
import { TTC } from './messages.ts';

/** An error message without its text in the portable encoding has at least, and hardly more than, so many bytes. */
const PORTABLE_MIN = 27;
const PORTABLE_MAX = 160;
/** With its text; what a packet's end is searched for. */
export const END_BYTES_MAX = 2400;
const TEXT_BYTES_MAX = 2048;
/** "ORA-" and five digits. */
const CODE_BYTES = 9;
const LINE_END = 10;
/** Native error messages of 11g, and since 12c with the number again (4) and the count of rows (8). */
const NATIVE_BYTES = 136;
const NATIVE_LONG_BYTES = 144;
/** Behind those of statements that change rows: where the last of them is. */
const NATIVE_ROW_ID_BYTES = 16;
/** Place of the second number; from NATIVE_ZEROES to it all is 0. */
const NATIVE_NUMBER_AT = 132;
const NATIVE_ZEROES = 84;
const STATUS_MAX = 0xffff;

export class Ending {
  number = 0;
  rows = 0;
  cursor = 0;
  text = '';
  readonly #cursor = new Cursor();

  /**
   * Looks for the end of an answer in front of `stop`. 'error': an error message, whose fields are kept; 'status': the plain end
   * of an answer; 'none': it goes on, or ends in a way that is not known.
   */
  find(bytes: Uint8Array, start: number, stop: number): 'error' | 'status' | 'none' {
    const end = stop - start > 1 && u8(bytes, stop - 1) === TTC.end_of_response ? stop - 1 : stop;
    if (this.#find_error(bytes, start, end)) return 'error';
    if (end < stop && this.#find_error(bytes, start, stop)) return 'error';
    return this.#is_status(bytes, start, end) ? 'status' : 'none';
  }

  #find_error(bytes: Uint8Array, start: number, stop: number): boolean {
    const text = this.#text_at(bytes, start, stop);
    const limit = text < 0 ? stop : text;
    const from = Math.max(start, limit - PORTABLE_MAX);
    for (let at = from; at <= limit - PORTABLE_MIN; at++) {
      if (u8(bytes, at) === TTC.error && this.#portable(bytes, at + 1, limit, text >= 0))
        return this.#keep(bytes, limit, stop);
    }
    for (const trailing of [0, NATIVE_ROW_ID_BYTES]) {
      for (const length of [NATIVE_LONG_BYTES, NATIVE_BYTES]) {
        const at = limit - trailing - length;
        if (at >= start && this.#native(bytes, at, length, text >= 0)) return this.#keep(bytes, limit, stop);
      }
    }
    return false;
  }

  /** The text must tell the number that the message has. */
  #keep(bytes: Uint8Array, text_at: number, stop: number): boolean {
    this.text = '';
    if (this.number === 0) return text_at === stop;
    const cursor = this.#cursor.set(bytes, text_at, stop);
    this.text = cursor.text(TEXT_BYTES_MAX);
    return this.text.length >= CODE_BYTES && Number(this.text.slice(4, CODE_BYTES)) === this.number;
  }

  /** Place of the length of a text that ends at `stop` and begins with "ORA-"; -1: there is none. */
  #text_at(bytes: Uint8Array, start: number, stop: number): number {
    // All of them end their last line; one in pieces has a 0 behind it.
    if (stop - start < 12 || (u8(bytes, stop - 1) !== LINE_END && u8(bytes, stop - 2) !== LINE_END)) return -1;
    const first = Math.max(start + 2, stop - TEXT_BYTES_MAX);
    for (let at = stop - CODE_BYTES; at >= first; at--) {
      if (u8(bytes, at) !== 79 || u8(bytes, at + 1) !== 82 || u8(bytes, at + 2) !== 65 || u8(bytes, at + 3) !== 45)
        continue;
      if (u8(bytes, at - 1) === stop - at) return at - 1;
      for (const before of [2, 3, 4]) {
        if (at - before < start || u8(bytes, at - before) !== CHUNKED) continue;
        const cursor = this.#cursor.set(bytes, at - before, stop);
        cursor.pass();
        if (!cursor.bad && cursor.at === stop) return at - before;
      }
    }
    return -1;
  }

  /** The fields in front of the text; true when they end at `limit`. Errors have a text, success has none. */
  #portable(bytes: Uint8Array, at: number, limit: number, has_text: boolean): boolean {
    const cursor = this.#cursor.set(bytes, at, limit);
    cursor.number(4);
    cursor.number(2);
    const row = cursor.number(4);
    const number = cursor.number(2);
    cursor.number(2);
    cursor.number(2);
    const id = cursor.number(2);
    cursor.signed(2);
    cursor.skip(6);
    if (cursor.bad || number > 0 !== has_text) return false;
    this.#pass_place(cursor);
    this.number = number;
    this.rows = row;
    this.cursor = id;
    if (cursor.bad || cursor.at === limit) return !cursor.bad;
    // Since 12.1: the number, if need be a greater one, and all rows; since 20.1 two more.
    const whole = cursor.number(4);
    this.rows = cursor.number(8);
    if (cursor.bad || whole % 65_536 !== number) return false;
    this.number = whole;
    if (cursor.at < limit) {
      cursor.number(4);
      cursor.number(4);
    }
    return !cursor.bad && cursor.at === limit;
  }

  /** The row's place, counts, and the errors of a batch. */
  #pass_place(cursor: Cursor): void {
    cursor.number(4);
    cursor.number(2);
    cursor.skip(1);
    cursor.number(4);
    cursor.number(2);
    cursor.number(4);
    cursor.skip(2);
    cursor.number(2);
    cursor.number(4);
    if (cursor.number(4) > 0) cursor.pass();
    this.#pass_batch(cursor, cursor.number(2), 2);
    this.#pass_batch(cursor, cursor.number(4), 4);
    const texts = cursor.number(2);
    if (texts > 0) cursor.skip(1);
    for (let i = 0; i < texts && !cursor.bad; i++) {
      cursor.number(2);
      cursor.pass();
      cursor.skip(2);
    }
  }

  #pass_batch(cursor: Cursor, count: number, bytes_max: number): void {
    if (count === 0) return;
    const chunked = cursor.u8() === CHUNKED;
    for (let i = 0; i < count && !cursor.bad; i++) {
      if (chunked) cursor.number(4);
      cursor.number(bytes_max);
    }
    if (chunked) cursor.skip(1);
  }

  /** Status (4), number of the answer (2), a byte, row (4), error (2), two more (2 each), cursor (2), place (2), kind, ... */
  #native(bytes: Uint8Array, at: number, length: number, has_text: boolean): boolean {
    if (u8(bytes, at) !== TTC.error || u32le(bytes, at + 1) > STATUS_MAX) return false;
    const number = u32le(bytes, at + 12);
    if (number > 0 !== has_text || u16le(bytes, at + 16) !== 0) return false;
    for (let i = NATIVE_ZEROES; i < NATIVE_NUMBER_AT; i++) if (u8(bytes, at + i) !== 0) return false;
    const long = length === NATIVE_LONG_BYTES;
    if (u32le(bytes, at + NATIVE_NUMBER_AT) !== (long ? number : 0)) return false;
    this.number = number;
    this.cursor = u16le(bytes, at + 18);
    this.rows = long ? u64le(bytes, at + NATIVE_NUMBER_AT + 4) : u32le(bytes, at + 8);
    return true;
  }

  /** A status alone, or behind what the server tells in front: portable or native. */
  #is_status(bytes: Uint8Array, start: number, stop: number): boolean {
    if (u8(bytes, start) === TTC.status) return true;
    const native = stop - 7;
    return native > start && u8(bytes, native) === TTC.status && u32le(bytes, native + 1) <= STATUS_MAX;
  }
}

/** The first "ORA-nnnnn: " in [start, stop): of an error message whose fields cannot be read. */
export function error_number(
  bytes: Uint8Array,
  start: number,
  stop: number,
): { number: number; text: string } | undefined {
  for (let at = start; at + CODE_BYTES < stop; at++) {
    if (u8(bytes, at) !== 79 || u8(bytes, at + 1) !== 82 || u8(bytes, at + 2) !== 65 || u8(bytes, at + 3) !== 45)
      continue;
    const text = utf8(bytes, at, stop, TEXT_BYTES_MAX);
    const number = Number(text.slice(4, CODE_BYTES));
    if (Number.isInteger(number) && number > 0 && text[CODE_BYTES] === ':') return { number, text };
  }
  return undefined;
}
