// The header of what an application answers on STDOUT (RFC 3875 section 6): lines up to an empty one, "Status" among them.
import { CR, decimal, index_of, LF, SPACE, starts_with, starts_with_fold, TAB, utf8 } from '../bytes.ts';
import { add_trace_ids, http_status } from '../http/fields.ts';
import { reason_phrase } from '../http/reason.ts';
import type { Message, ParseOptions } from '../protocol.ts';

/** A longer header is cut: what stands behind is not read. */
const HEAD_BYTES_MAX = 16_384;
const COLON = 58;
const STATUS_DEFAULT = 200;
/** Of an answer with "Location" and no status (RFC 3875 section 6.2.3). */
const STATUS_MOVED = 302;
const NONE = new Uint8Array(0);

/** Index behind the empty line that ends a header, or -1. */
function empty_line(bytes: Uint8Array, start: number, end: number): number {
  for (let at = index_of(bytes, LF, start, end); at >= 0; at = index_of(bytes, LF, at + 1, end)) {
    if (at === start || (at === start + 1 && bytes[start] === CR)) return at + 1;
    if (at + 1 < end && bytes[at + 1] === LF) return at + 2;
    if (at + 2 < end && bytes[at + 1] === CR && bytes[at + 2] === LF) return at + 3;
  }
  return -1;
}

export class AnswerHead {
  /** All of it was read. */
  done = false;
  #rest = NONE;
  #code = 0;
  #reason = '';
  #moved = false;

  /** Content of one record, as long as the header is not done. */
  write(bytes: Uint8Array, start: number, end: number, whole: boolean, message: Message, options: ParseOptions): void {
    let [source, at, stop] = [bytes, start, end];
    if (this.#rest.length > 0) {
      source = new Uint8Array(this.#rest.length + end - start);
      source.set(this.#rest);
      source.set(bytes.subarray(start, end), this.#rest.length);
      [at, stop] = [0, source.length];
    }
    const head_end = empty_line(source, at, stop);
    if (head_end < 0 && whole && stop - at < HEAD_BYTES_MAX) {
      this.#rest = source.slice(at, stop);
      return;
    }
    this.#rest = NONE;
    this.done = true;
    this.#lines(source, at, head_end < 0 ? stop : head_end, message, options);
    this.#put(message);
  }

  #lines(bytes: Uint8Array, start: number, end: number, message: Message, options: ParseOptions): void {
    for (let line = start; line < end; ) {
      const lf = index_of(bytes, LF, line, end);
      const line_end = lf < 0 ? end : lf;
      if (line === start && starts_with(bytes, line, line_end, 'HTTP/1.')) {
        // The application wrote a status line, as a web server would ("non-parsed headers").
        const space = index_of(bytes, SPACE, line, line_end);
        if (space > 0) this.#status(bytes, space + 1, line_end);
      } else {
        this.#field(bytes, line, line_end, message, options);
      }
      line = line_end + 1;
    }
  }

  #field(bytes: Uint8Array, line: number, end: number, message: Message, options: ParseOptions): void {
    const colon = index_of(bytes, COLON, line, end);
    if (colon < 0) return;
    let from = colon + 1;
    while (from < end && (bytes[from] === SPACE || bytes[from] === TAB)) from++;
    const length = colon - line;
    const is = (name: string): boolean => length === name.length && starts_with_fold(bytes, line, colon, name);
    if (is('status')) this.#status(bytes, from, end);
    else if (is('location')) this.#moved = true;
    else if (is(options.request_id_header)) message.x_request_id = value(bytes, from, end, options);
    else {
      for (const name of options.trace_headers)
        if (is(name)) add_trace_ids(message, name, value(bytes, from, end, options));
    }
  }

  // "Status:" code and reason.
  #status(bytes: Uint8Array, from: number, end: number): void {
    const code = decimal(bytes, from, Math.min(end, from + 3));
    if (code < 100 || code > 999) return;
    this.#code = code;
    this.#reason = utf8(bytes, from + 4, trimmed(bytes, from + 4, end), 256);
  }

  #put(message: Message): void {
    const code = this.#code || (this.#moved ? STATUS_MOVED : STATUS_DEFAULT);
    message.response_code = code;
    message.response_status = http_status(code);
    if (code >= 400) message.response_exception = this.#reason || reason_phrase(code);
  }
}

function trimmed(bytes: Uint8Array, from: number, end: number): number {
  let to = end;
  while (to > from && (bytes[to - 1] === CR || bytes[to - 1] === SPACE || bytes[to - 1] === TAB)) to--;
  return to;
}

function value(bytes: Uint8Array, from: number, end: number, options: ParseOptions): string {
  return utf8(bytes, from, trimmed(bytes, from, end), options.string_bytes_max);
}
