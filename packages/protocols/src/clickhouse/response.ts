// The answer to one request, gathered from the packets that it consists of.
import { type Message, MESSAGE_TYPE, STATUS, unseen_response } from '../protocol.ts';
import { u32le } from '../bytes.ts';
import type { ClickhouseCursor } from './cursor.ts';
import { error_name, is_client_error } from './errors.ts';
import { SERVER, SINCE } from './messages.ts';

const TEXT_BYTES_MAX = 16_777_216;
const NESTED_MAX = 32;

export class Answer {
  /** Bytes of its packets so far. */
  length = 0;
  /** A packet of it was seen. */
  begun = false;
  /** Rows of blocks that were walked; negative: none was. */
  block_rows = -1;
  /** Of the blocks that the client sent. */
  sent_rows = -1;
  /** Packets of it were not seen: rows of blocks do not add up. */
  #gaps = false;
  #result_rows = -1;
  #written_rows = 0;
  #read_rows = 0;
  #read_bytes = 0;
  #refusal: Message | undefined;

  reset(): void {
    this.length = 0;
    this.begun = false;
    this.block_rows = -1;
    this.sent_rows = -1;
    this.#gaps = false;
    this.#result_rows = -1;
    this.#written_rows = 0;
    this.#read_rows = 0;
    this.#read_bytes = 0;
    this.#refusal = undefined;
  }

  /** A packet of it begins in [at, end), and the rest of that was not captured. */
  cut(bytes: Uint8Array, at: number, end: number): void {
    this.begun = true;
    if (bytes[at] === SERVER.exception && end - at > 4) this.#refusal = refusal(u32le(bytes, at + 1) | 0);
  }

  lose(): void {
    this.#gaps = true;
    this.length = 0;
  }

  /** Rows and bytes read and to read, rows and bytes written, time; all since the packet before. */
  progress(cursor: ClickhouseCursor, revision: number): void {
    const rows = cursor.number();
    const bytes = cursor.number();
    cursor.number();
    if (revision >= SINCE.total_bytes) cursor.number();
    let written = 0;
    if (revision >= SINCE.written_rows) {
      written = cursor.number();
      cursor.number();
    }
    if (revision >= SINCE.elapsed) cursor.number();
    if (!cursor.ok) return;
    this.#read_rows += rows;
    this.#read_bytes += bytes;
    this.#written_rows += written;
  }

  /** Rows of the result, blocks, bytes, limits. */
  profile(cursor: ClickhouseCursor, revision: number): void {
    const rows = cursor.number();
    cursor.number();
    cursor.number();
    cursor.flag();
    cursor.number();
    cursor.flag();
    if (revision >= SINCE.rows_before_aggregation) {
      cursor.flag();
      cursor.number();
    }
    if (cursor.ok) this.#result_rows = rows;
  }

  message(inserts: boolean): Message {
    const message: Message = { type: MESSAGE_TYPE.response, response_status: STATUS.ok };
    if (!this.#gaps) message.length = this.length;
    const sent = Math.max(this.#written_rows, this.sent_rows);
    const walked = this.#gaps ? -1 : this.block_rows;
    const rows = inserts ? sent : this.#result_rows >= 0 ? this.#result_rows : walked;
    if (rows > 0 || (rows === 0 && !inserts)) message.sql_affected_rows = rows;
    if (this.#read_rows > 0) {
      message.attribute_names = ['read_rows', 'read_bytes'];
      message.attribute_values = [String(this.#read_rows), String(this.#read_bytes)];
    }
    return message;
  }

  /** What is known of an answer whose end was not seen. */
  unfinished(): Message {
    if (this.#refusal !== undefined) return this.#refusal;
    return this.begun ? { type: MESSAGE_TYPE.response, response_status: STATUS.ok } : unseen_response();
  }
}

/** Code, name of the exception's class, text, stack; perhaps others that it was caused by. Undefined while short. */
export function read_exception(cursor: ClickhouseCursor, redact: boolean, bytes_max: number): Message | undefined {
  let message: Message | undefined;
  for (let i = 0; i < NESTED_MAX; i++) {
    const code = cursor.u32() | 0;
    cursor.text(512);
    if (!cursor.text(TEXT_BYTES_MAX)) return undefined;
    const text = cursor.value(bytes_max);
    cursor.text(TEXT_BYTES_MAX);
    const nested = cursor.flag();
    if (!cursor.ok) return undefined;
    if (message === undefined) {
      message = refusal(code);
      // Texts quote statements and values.
      message.response_exception = redact ? error_name(code, text) : text;
    }
    if (!nested) break;
  }
  return message;
}

const refusal = (code: number): Message => ({
  type: MESSAGE_TYPE.response,
  response_code: code,
  response_status: is_client_error(code) ? STATUS.client_error : STATUS.server_error,
});
