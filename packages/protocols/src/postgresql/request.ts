// What the client sends, gathered into rows: a Query is one; an Execute is one with whatever was sent for it.
import { latin1 } from '../bytes.ts';
import {
  type Emit,
  type Message,
  MESSAGE_TYPE,
  new_message,
  type ParseOptions,
  STATUS,
  unseen_response,
} from '../protocol.ts';
import { read_statement, type StatementText } from '../sql/statement.ts';
import type { Stream } from '../stream.ts';
import { type Due, Dues } from './due.ts';
import { code, type MessageReader, zero_at } from './messages.ts';
import { Names } from './statements.ts';

const NAME_BYTES_MAX = 64;

const QUERY = code('Q');
const PARSE = code('P');
const BIND = code('B');
const DESCRIBE = code('D');
const EXECUTE = code('E');
const SYNC = code('S');
const FLUSH = code('H');
const CLOSE = code('C');
const CALL = code('F');
const STATEMENT = code('S');

interface Parsed {
  message: Message;
  statement: StatementText;
  due: Due;
}

export class RequestReader {
  readonly due = new Dues();
  /** Messages that will be answered, so far. */
  asked = 0;
  readonly #options: ParseOptions;
  readonly #statements = new Names();
  readonly #portals = new Names();
  /** Parsed and not executed yet. */
  #fresh: Parsed | undefined;
  /** Bytes of the row that is being gathered. */
  #bytes = 0;

  readonly #before: () => void;

  /** `before`: called before a message that will be answered is put to those that wait; `ends`: it ends a group. */
  constructor(options: ParseOptions, before: () => void) {
    this.#options = options;
    this.#before = before;
  }

  /** Bytes of a message's content that are stored at most. */
  readonly wanted = (type: number): number => {
    if (type === QUERY || type === PARSE) return this.#options.string_bytes_max + 2 * NAME_BYTES_MAX;
    return type === BIND || type === EXECUTE || type === DESCRIBE || type === CLOSE ? 2 * NAME_BYTES_MAX : 0;
  };

  /** After bytes that were not seen. */
  forget(): void {
    this.#fresh = undefined;
    this.#bytes = 0;
  }

  message(reader: MessageReader, stream: Stream, emit: Emit): void {
    const { type } = reader;
    const { bytes } = stream;
    switch (type) {
      case QUERY:
        this.#prepared(emit);
        this.#row(stream, emit, 'query', read_query(reader, bytes, this.#options));
        return;
      case CALL:
        this.#row(stream, emit, 'function', new_request('F'));
        return;
      case PARSE:
        this.#parse(reader, stream, emit);
        return;
      case BIND:
        this.#begin(reader, stream);
        this.#bind(reader, bytes);
        this.#expect('bind');
        return;
      case DESCRIBE:
        if (this.#bytes > 0) this.#bytes += reader.size;
        this.#expect('describe');
        return;
      case EXECUTE:
        this.#execute(reader, stream, emit);
        return;
      case CLOSE:
        this.#close(reader, bytes);
        this.#expect('close');
        return;
      case SYNC:
      case FLUSH:
        this.#prepared(emit);
        this.#bytes = 0;
        if (type === SYNC) this.#expect('sync');
    }
  }

  #expect(kind: Due['kind']): Due {
    this.asked++;
    this.#before();
    return this.due.push(kind);
  }

  #begin(reader: MessageReader, stream: Stream): void {
    if (this.#bytes === 0) stream.mark();
    this.#bytes += reader.size;
  }

  #row(stream: Stream, emit: Emit, kind: 'query' | 'function', message: Message): void {
    stream.mark();
    this.#expect(kind).row = true;
    emit(message);
  }

  #parse(reader: MessageReader, stream: Stream, emit: Emit): void {
    this.#prepared(emit);
    this.#bytes = 0;
    this.#begin(reader, stream);
    const { bytes } = stream;
    const name_end = zero_at(bytes, reader.start, reader.stop);
    const name = latin1(bytes, reader.start, Math.min(name_end, reader.start + NAME_BYTES_MAX));
    const text_start = Math.min(name_end + 1, reader.stop);
    const message = new_request('P');
    const text_end = zero_at(bytes, text_start, reader.stop);
    const statement = read_statement(bytes, text_start, text_end, 'postgresql', this.#options, message);
    this.#statements.set(name, statement);
    this.#fresh = { message, statement, due: this.#expect('parse') };
  }

  /** A statement that was parsed and then not executed is a row of its own. */
  #prepared(emit: Emit): void {
    const fresh = this.#fresh;
    if (fresh === undefined) return;
    this.#fresh = undefined;
    fresh.message.length = this.#bytes;
    emit(fresh.message);
    // Its answer may have come early, when nothing told that it would be a row.
    const { told, held } = fresh.due;
    if (told) {
      const answer = unseen_response();
      if (held) answer.response_status = STATUS.ok;
      emit(answer);
    } else fresh.due.row = true;
  }

  #bind(reader: MessageReader, bytes: Uint8Array): void {
    const portal_end = zero_at(bytes, reader.start, reader.stop);
    const name_start = Math.min(portal_end + 1, reader.stop);
    const name_end = zero_at(bytes, name_start, reader.stop);
    const portal = latin1(bytes, reader.start, Math.min(portal_end, reader.start + NAME_BYTES_MAX));
    const name = latin1(bytes, name_start, Math.min(name_end, name_start + NAME_BYTES_MAX));
    this.#portals.set(portal, this.#statements.get(name));
  }

  #execute(reader: MessageReader, stream: Stream, emit: Emit): void {
    const { bytes } = stream;
    const end = zero_at(bytes, reader.start, reader.stop);
    const statement = this.#portals.get(latin1(bytes, reader.start, Math.min(end, reader.start + NAME_BYTES_MAX)));
    if (this.#fresh !== undefined && this.#fresh.statement !== statement) {
      this.#prepared(emit);
      this.#bytes = 0;
    }
    this.#begin(reader, stream);
    const fresh = this.#fresh;
    const message = fresh?.message ?? new_request('E');
    this.#fresh = undefined;
    message.length = this.#bytes;
    this.#bytes = 0;
    if (fresh === undefined && statement !== undefined) {
      message.attribute_names = ['db.statement'];
      message.attribute_values = [statement.stored];
      if (statement.endpoint !== undefined) message.endpoint = statement.endpoint;
    }
    this.#expect('execute').row = true;
    emit(message);
  }

  #close(reader: MessageReader, bytes: Uint8Array): void {
    const start = reader.start + 1;
    const name = latin1(bytes, start, Math.min(zero_at(bytes, start, reader.stop), start + NAME_BYTES_MAX));
    const names = bytes[reader.start] === STATEMENT ? this.#statements : this.#portals;
    names.set(name, undefined);
  }
}

function new_request(type: string): Message {
  const message = new_message(MESSAGE_TYPE.request);
  message.request_type = type;
  return message;
}

function read_query(reader: MessageReader, bytes: Uint8Array, options: ParseOptions): Message {
  const message = new_request('Q');
  message.length = reader.size;
  read_statement(bytes, reader.start, zero_at(bytes, reader.start, reader.stop), 'postgresql', options, message);
  return message;
}
