// One LDAP connection: numbered messages both ways; the last response to a number ends its operation.
import { utf8 } from '../bytes.ts';
import {
  type Direction,
  type Emit,
  MESSAGE_TYPE,
  type Message,
  type ParseOptions,
  type ParseState,
  type Parser,
  type Protocol,
  STATUS,
  TO_SERVER,
  new_message,
} from '../protocol.ts';
import type { Stream } from '../stream.ts';
import { elements, integer_at } from '../asn1/ber.ts';
import { card } from './card.ts';
import { filter_text } from './filter.ts';
import { infer } from './infer.ts';
import { BIND, EXTENDED, EXTENDED_RESPONSE, HEAD_BYTES, type Head, head_at, SEARCH, START_TLS } from './messages.ts';
import { result_text, status_of } from './results.ts';

/** Of a longer message the beginning is read and the rest passed over. */
const LOOK_BYTES = 8192;
const TEXT_BYTES_MAX = 1024;
const DAMAGED_MAX = 64;
const SCOPES = ['base', 'one', 'sub', 'children'];

export class LdapParser implements Parser {
  readonly #options: ParseOptions;
  #start_tls = -1;
  #good = 0;
  #damaged = 0;

  constructor(options: ParseOptions) {
    this.#options = options;
  }

  parse(stream: Stream, direction: Direction, emit: Emit): ParseState {
    for (;;) {
      const { bytes, pos, end, hole } = stream;
      if (pos >= end) return hole > 0 ? 'lost' : 'more';
      const head = head_at(bytes, pos, end);
      if (head === 'more') {
        if (end - pos >= HEAD_BYTES) return this.#doubt();
        return hole > 0 ? 'lost' : 'more';
      }
      if (head === undefined || (head.operation.from === 'client') !== (direction === TO_SERVER)) return this.#doubt();
      if (end - pos < Math.min(head.size, LOOK_BYTES) && hole === 0) return 'more';
      const stop = Math.min(end, pos + LOOK_BYTES, head.end);
      this.#good++;
      this.#damaged = 0;
      const { kind } = head.operation;
      if (kind !== 'part') {
        stream.mark();
        emit(kind === 'final' ? response_of(bytes, head, stop) : this.#request(bytes, head, stop));
      }
      stream.advance(head.size);
      if (head.tag !== EXTENDED_RESPONSE || head.id !== this.#start_tls) continue;
      this.#start_tls = -1;
      if (result_code(bytes, head, stop) === 0) return 'encrypted';
    }
  }

  #request(bytes: Uint8Array, head: Head, stop: number): Message {
    const { operation, id, size } = head;
    const message = new_message(operation.kind === 'one_way' ? MESSAGE_TYPE.session : MESSAGE_TYPE.request);
    message.request_type = operation.name;
    message.request_id = id;
    message.endpoint = operation.name;
    message.length = size;
    if (operation.kind === 'one_way') message.one_way = true;
    const name = this.#named(bytes, head, stop);
    if (name !== undefined) message.request_resource = name;
    if (head.tag === BIND) message.version = '3';
    if (head.tag === EXTENDED && name === START_TLS) this.#start_tls = id;
    return message;
  }

  /** What the operation is about. Values, and what a login shows, are never looked at. */
  #named(bytes: Uint8Array, head: Head, stop: number): string | undefined {
    const text = (start: number, end: number) => utf8(bytes, start, Math.min(end, stop), TEXT_BYTES_MAX);
    // A name and a number stand there without a tag of their own.
    if (head.operation.name === 'delete') return text(head.start, head.end);
    if (head.operation.kind === 'one_way') return undefined;
    const parts = elements(bytes, head.start, stop, 8);
    if (head.tag === BIND) return parts[1] === undefined ? undefined : text(parts[1].start, parts[1].end);
    const [first] = parts;
    if (first === undefined) return undefined;
    const name = text(first.start, first.end);
    if (head.tag !== SEARCH) return name;
    // Base, scope, aliases, two limits, whether only types, filter.
    const [, scope, , , , , filter] = parts;
    if (scope === undefined) return name;
    const within = SCOPES[integer_at(bytes, scope.start, scope.end)] ?? '';
    const wanted = filter === undefined ? '' : filter_text(bytes, filter, this.#options.redact);
    return `${name} ${within} ${wanted}`.trim().slice(0, this.#options.string_bytes_max >> 1);
  }

  #doubt(): ParseState {
    this.#damaged++;
    return this.#good > 0 && this.#damaged <= DAMAGED_MAX ? 'lost' : 'not_mine';
  }
}

function result_code(bytes: Uint8Array, head: Head, stop: number): number {
  const [code] = elements(bytes, head.start, stop, 1);
  return code === undefined ? -1 : integer_at(bytes, code.start, code.end);
}

function response_of(bytes: Uint8Array, head: Head, stop: number): Message {
  const code = result_code(bytes, head, stop);
  const message = new_message(MESSAGE_TYPE.response);
  message.request_id = head.id;
  message.response_status = STATUS.unknown;
  message.length = head.size;
  if (code < 0) return message;
  message.response_code = code;
  message.response_status = status_of(code);
  if (message.response_status === STATUS.ok) return message;
  // Code, name that matched, text.
  const said = elements(bytes, head.start, stop, 3)[2];
  const text = said === undefined ? '' : utf8(bytes, said.start, said.end, TEXT_BYTES_MAX);
  message.response_exception = result_text(code, text);
  return message;
}

export const protocol: Protocol = { card, infer, open: (options) => new LdapParser(options) };
