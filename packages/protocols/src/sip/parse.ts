// SIP over TCP and over datagrams. Either side may ask, so a message's direction says nothing; a transaction is found by
// Call-ID, CSeq and branch.
import { CR, intern, LF, utf8, index_of } from '../bytes.ts';
import { FrameReader } from '../framing/frames.ts';
import { looks_like_tls } from '../infer.ts';
import {
  type Direction,
  type Emit,
  type Message,
  MESSAGE_TYPE,
  new_message,
  type ParseOptions,
  type Parser,
  type ParseState,
  type Protocol,
  STATUS,
  type Status,
} from '../protocol.ts';
import type { Stream } from '../stream.ts';
import { read_trace_header } from '../trace-headers.ts';
import { card } from './card.ts';
import { FIELD, Head, HEAD_BYTES_MAX, type StartLine, start_line } from './head.ts';
import { infer } from './infer.ts';
import { METHODS } from './messages.ts';
import { address_of, host_of, told } from './uri.ts';
import { Transactions } from './transactions.ts';

const TEXT_BYTES_MAX = 512;
const DAMAGED_MAX = 64;
/** Of a head that is not whole yet, what has to look like one. */
const START_BYTES = 64;

/** Length of the message at `at`, its body included, and its head read; as `Framing.size`. */
function message_size(head: Head, bytes: Uint8Array, at: number, end: number): number {
  if (at >= end) return 0;
  const first = bytes[at];
  // An empty line before a message is a keep-alive.
  head.end = at;
  if (first === LF) return 1;
  if (first === CR) return at + 1 >= end ? 0 : bytes[at + 1] === LF ? 2 : -1;
  // A head that comes in crumbs is not read anew with each.
  const limit = Math.min(end, at + HEAD_BYTES_MAX);
  const whole = has_empty_line(bytes, at, limit);
  const line = start_line(bytes, at, whole ? end : Math.min(end, at + START_BYTES));
  if (line === undefined) return -1;
  const body = line === 'more' || !whole ? -1 : head.read(bytes, line.after, limit);
  if (body < 0) return end - at > HEAD_BYTES_MAX ? -1 : 0;
  head.end = body;
  // Without a length there is no body over TCP (RFC 3261 section 18.3).
  return body - at + Math.max(0, head.length(bytes));
}

function has_empty_line(bytes: Uint8Array, at: number, end: number): boolean {
  for (let feed = index_of(bytes, LF, at, end); feed >= 0; feed = index_of(bytes, LF, feed + 1, end)) {
    const next = feed + 1 < end && bytes[feed + 1] === CR ? feed + 2 : feed + 1;
    if (next < end && bytes[next] === LF) return true;
  }
  return false;
}

/** Whether a message begins at `at` beyond doubt. */
function is_message(bytes: Uint8Array, at: number, end: number): boolean {
  const line = start_line(bytes, at, end);
  if (line === undefined || line === 'more') return false;
  return line.code > 0 || METHODS.has(intern(bytes, line.from, line.to));
}

export function status_of(code: number): Status {
  if (code < 400) return STATUS.ok;
  return code >= 500 && code < 600 ? STATUS.server_error : STATUS.client_error;
}

export class SipParser implements Parser {
  readonly #options: ParseOptions;
  readonly #head: Head;
  readonly #frames: readonly [FrameReader, FrameReader];
  readonly #transactions = new Transactions();
  /** The last Request-URI, and what is told of it. */
  #uri = '';
  #told = '';
  #host = '';
  #good = 0;
  #damaged = 0;

  constructor(options: ParseOptions) {
    this.#options = options;
    const head = new Head(options.trace_headers);
    this.#head = head;
    const framing = {
      size: (bytes: Uint8Array, at: number, end: number) => message_size(head, bytes, at, end),
      sure: is_message,
      wanted: HEAD_BYTES_MAX,
      // The body is never looked at.
      needs: (_bytes: Uint8Array, at: number) => Math.max(1, head.end - at),
    };
    this.#frames = [new FrameReader(framing), new FrameReader(framing)];
  }

  parse(stream: Stream, direction: Direction, emit: Emit): ParseState {
    return stream.datagram ? this.#datagram(stream, emit) : this.#segments(stream, direction, emit);
  }

  #datagram(stream: Stream, emit: Emit): ParseState {
    const { bytes, pos, end, hole } = stream;
    const length = end - pos + hole;
    if (is_keep_alive(bytes, pos, end)) {
      stream.advance(length);
      return 'more';
    }
    const line = start_line(bytes, pos, end);
    if (line === undefined || line === 'more') return 'not_mine';
    stream.mark();
    // What is cut is read as far as it is there.
    this.#head.read(bytes, line.after, end);
    const message = this.#read(bytes, line, true);
    stream.advance(length);
    if (message !== undefined) {
      message.length = length;
      emit(message);
    }
    return 'more';
  }

  #segments(stream: Stream, direction: Direction, emit: Emit): ParseState {
    const frames = this.#frames[direction];
    frames.begin(stream);
    for (;;) {
      const state = frames.next(stream);
      if (state === 'more' || state === 'lost') return state;
      const line = state === 'frame' ? start_line(stream.bytes, frames.start, frames.stop) : undefined;
      if (state === 'frame' && frames.size <= 2) {
        frames.take(stream);
        continue;
      }
      if (line === undefined || line === 'more') return this.#doubt(stream);
      stream.mark();
      // The frame's length was asked for last, so the head is this one's.
      const message = this.#read(stream.bytes, line, false);
      frames.take(stream);
      this.#good++;
      this.#damaged = 0;
      if (message === undefined) continue;
      message.length = frames.size;
      emit(message);
    }
  }

  /** The message whose head was read; undefined when it was sent again, or says too little to be told. */
  #read(bytes: Uint8Array, line: StartLine, datagram: boolean): Message | undefined {
    const transaction = this.#head.transaction(bytes);
    if (transaction < 0) return undefined;
    return line.code > 0
      ? this.#response(bytes, line, transaction, datagram)
      : this.#request(bytes, line, transaction, datagram);
  }

  #request(bytes: Uint8Array, line: StartLine, transaction: number, datagram: boolean): Message | undefined {
    const method = intern(bytes, line.from, line.to, 32);
    const uri = intern(bytes, line.uri, line.uri_end, Math.min(TEXT_BYTES_MAX, this.#options.string_bytes_max));
    if (uri !== this.#uri) {
      this.#uri = uri;
      this.#told = told(uri, this.#options.redact);
      this.#host = host_of(uri);
    }
    if (datagram && !this.#transactions.ask(transaction)) return undefined;
    const one_way = method === 'ACK';
    const message = new_message(one_way ? MESSAGE_TYPE.session : MESSAGE_TYPE.request);
    message.request_type = method;
    message.request_resource = this.#told;
    message.request_id = transaction;
    message.endpoint = method;
    message.version = '2.0';
    if (one_way) message.one_way = true;
    if (this.#host !== '') message.request_domain = this.#host;
    message.x_request_id = this.#text(bytes, FIELD.call_id);
    this.#add_attributes(message, bytes);
    this.#add_trace(message, bytes);
    return message;
  }

  #response(bytes: Uint8Array, line: StartLine, transaction: number, datagram: boolean): Message | undefined {
    const { code } = line;
    const interim = code < 200;
    if (datagram && !interim && !this.#transactions.answer(transaction)) return undefined;
    const message = new_message(MESSAGE_TYPE.response, status_of(code));
    message.request_id = transaction;
    message.response_code = code;
    if (interim) {
      message.interim = true;
      // 100 says only that the request came; with 180 the called side rings.
      if (code > 100) message.unfinished = true;
    }
    if (code >= 400) message.response_exception = intern(bytes, line.from, line.to, TEXT_BYTES_MAX);
    message.x_request_id = this.#text(bytes, FIELD.call_id);
    return message;
  }

  #text(bytes: Uint8Array, field: number): string {
    return this.#head.text(bytes, field, TEXT_BYTES_MAX);
  }

  #add_attributes(message: Message, bytes: Uint8Array): void {
    const head = this.#head;
    const names: string[] = [];
    const values: string[] = [];
    if (head.has(FIELD.user_agent)) {
      names.push('user_agent');
      values.push(this.#text(bytes, FIELD.user_agent));
    }
    if (!this.#options.redact) {
      for (const [name, field] of [
        ['from', FIELD.from],
        ['to', FIELD.to],
      ] as const) {
        if (!head.has(field)) continue;
        names.push(name);
        values.push(told(address_of(this.#text(bytes, field)), false));
      }
    }
    if (names.length === 0) return;
    message.attribute_names = names;
    message.attribute_values = values;
  }

  #add_trace(message: Message, bytes: Uint8Array): void {
    const { trace_headers } = this.#options;
    for (let i = 0; i < trace_headers.length; i++) {
      if (!this.#head.has(FIELD.trace + i)) continue;
      const ids = read_trace_header(trace_headers[i]!, this.#text(bytes, FIELD.trace + i));
      if (ids?.trace_id !== undefined) message.trace_id ??= ids.trace_id;
      if (ids?.span_id !== undefined) message.span_id ??= ids.span_id;
    }
  }

  #doubt({ bytes, pos, end }: Stream): ParseState {
    if (looks_like_tls(bytes, pos, end) === 2) return 'encrypted';
    this.#damaged++;
    return this.#good > 0 && this.#damaged <= DAMAGED_MAX ? 'lost' : 'not_mine';
  }
}

/** Empty lines, zeroes, or the four letters that one vendor's telephones send. */
function is_keep_alive(bytes: Uint8Array, start: number, end: number): boolean {
  if (end - start > 4) return false;
  for (let at = start; at < end; at++) {
    const byte = bytes[at]!;
    if (byte !== 0 && byte !== CR && byte !== LF) return end - start === 4 && utf8(bytes, start, end) === 'jaK\0';
  }
  return true;
}

export const protocol: Protocol = { card, infer, open: (options) => new SipParser(options) };
