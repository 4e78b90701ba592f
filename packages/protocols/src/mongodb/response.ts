// What the server answered: the outcome of a command, of its writes, of its write concern.
import { u32le } from '../bytes.ts';
import { type Message, STATUS } from '../protocol.ts';
import { Elements, TYPE } from './bson.ts';
import { OP, sections } from './messages.ts';

/** Codes (MongoDB's error_codes.yml) that are no fault of what was asked. */
const SERVER_CODES = new Set([
  1, 6, 7, 8, 24, 43, 46, 50, 63, 64, 70, 71, 74, 75, 79, 82, 89, 91, 94, 95, 96, 100, 109, 112, 125, 126, 133, 134,
  138, 142, 149, 150, 151, 155, 175, 182, 184, 187, 189, 202, 203, 207, 208, 216, 217, 225, 226, 230, 231, 234, 235,
  237, 239, 240, 243, 245, 246, 250, 262, 269, 275, 279, 283, 290, 292, 314, 317, 358, 384, 391, 402, 9001, 10_003,
  10_107, 11_600, 11_602, 13_388, 13_435, 13_436, 14_031,
]);
/** OP_REPLY: the cursor is gone; the query failed. */
const REPLY_FAILED = 3;
const EXCEPTION_BYTES_MAX = 1024;

class Outcome {
  ok: boolean | undefined;
  code = 0;
  reason = '';
  rows: number | undefined;
  #matched: number | undefined;

  read(bytes: Uint8Array, start: number, stop: number): void {
    const elements = new Elements(bytes, start, stop);
    for (let n = 0; elements.next(); n++) {
      const name = elements.name;
      if (name === 'ok') this.ok = elements.number() !== 0;
      else if (name === 'errmsg' || name === '$err') this.reason = elements.text(EXCEPTION_BYTES_MAX) ?? this.reason;
      else if (name === 'code') this.code = Math.max(0, elements.number() ?? 0);
      else if (name === 'nModified') this.rows = elements.number();
      else if (name === 'n') this.#matched = elements.number();
      else if (name === 'writeErrors' && elements.type === TYPE.array) this.#first_of(elements, stop);
      else if (name === 'writeConcernError' && elements.type === TYPE.document)
        this.#error(bytes, elements.value, stop);
      // Only what succeeded begins with a cursor.
      else if (n === 0 && name === 'cursor') this.ok ??= true;
    }
    this.rows ??= this.#matched;
  }

  #first_of(list: Elements, stop: number): void {
    const errors = new Elements(list.bytes, list.value, Math.min(list.value_end, stop));
    if (errors.next() && errors.type === TYPE.document) this.#error(list.bytes, errors.value, stop);
  }

  #error(bytes: Uint8Array, start: number, stop: number): void {
    const elements = new Elements(bytes, start, stop);
    while (elements.next()) {
      const name = elements.name;
      if (name === 'code' && this.code === 0) this.code = Math.max(0, elements.number() ?? 0);
      else if (name === 'errmsg' && this.reason === '') this.reason = elements.text(EXCEPTION_BYTES_MAX) ?? '';
    }
  }
}

/** Adds to `message` what [at, stop) says: the content of an operation, whose last byte is before `total`. */
export function read_response(
  message: Message,
  operation: number,
  bytes: Uint8Array,
  at: number,
  stop: number,
  total: number,
  counts_rows: boolean,
): void {
  const outcome = new Outcome();
  let failed = false;
  if (operation === OP.msg) {
    const body = sections(bytes, at, stop, total)?.find((section) => section.kind === 0);
    if (body !== undefined) outcome.read(bytes, body.start, stop);
  } else {
    failed = (u32le(bytes, at) & REPLY_FAILED) !== 0;
    // An answer of documents has no element that says whether it succeeded.
    outcome.ok = !failed;
    if (at + 25 <= stop) outcome.read(bytes, at + 20, stop);
  }
  const wrong = failed || outcome.ok === false || outcome.code > 0 || (outcome.reason !== '' && outcome.ok !== true);
  if (!wrong) {
    message.response_status = outcome.ok === undefined ? STATUS.unknown : STATUS.ok;
    message.response_code = 0;
    if (counts_rows && outcome.rows !== undefined && outcome.rows >= 0) message.sql_affected_rows = outcome.rows;
    return;
  }
  message.response_status = SERVER_CODES.has(outcome.code) ? STATUS.server_error : STATUS.client_error;
  message.response_code = outcome.code;
  message.response_exception = outcome.reason;
}
