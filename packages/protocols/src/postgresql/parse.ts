// One PostgreSQL connection: startup packets, then typed messages both ways.
import { i32be, u8, u32be } from '../bytes.ts';
import {
  type Direction,
  type Emit,
  MESSAGE_TYPE,
  type ParseOptions,
  type ParseState,
  type Parser,
  type Protocol,
  TO_CLIENT,
  TO_SERVER,
} from '../protocol.ts';
import type { Stream } from '../stream.ts';
import { card } from './card.ts';
import { infer } from './infer.ts';
import { code, MessageReader, STARTUP, STARTUP_BYTES_MAX } from './messages.ts';
import { RequestReader } from './request.ts';
import { ResponseReader } from './response.ts';

/** Messages that contradict before the claim itself is doubted, on a connection that once was understood. */
const DAMAGED_MAX = 64;
const TERMINATE = code('X');
const YES_TLS = code('S');
const YES_GSS = code('G');
const NO = code('N');

export class PostgresqlParser implements Parser {
  readonly #requests: RequestReader;
  readonly #responses: ResponseReader;
  readonly #reader = new MessageReader();
  /** The client asked for encryption; the server's next byte says whether. */
  #asked_to_encrypt = false;
  /** The place of the next answer is unknown: bytes are passed over until something is due. */
  #adrift = false;
  #good = 0;
  #damaged = 0;

  constructor(options: ParseOptions) {
    this.#requests = new RequestReader(options);
    this.#responses = new ResponseReader(this.#requests.due);
  }

  parse(stream: Stream, direction: Direction, emit: Emit): ParseState {
    return direction === TO_SERVER ? this.#to_server(stream, emit) : this.#to_client(stream, emit);
  }

  #to_server(stream: Stream, emit: Emit): ParseState {
    const reader = this.#reader;
    if (stream.resync) {
      this.#requests.forget();
      if (this.#good > 0 && !may_begin(stream)) return this.#doubt();
    }
    for (;;) {
      // Startup packets begin with the high byte of a length below 10,000; no message has the type 0.
      if (stream.pos < stream.end && u8(stream.bytes, stream.pos) === 0) {
        const state = this.#startup(stream, emit);
        if (state !== undefined) return state;
        continue;
      }
      const state = reader.peek(stream, TO_SERVER, this.#requests.wanted);
      if (state === 'more') return 'more';
      if (state !== 'message') {
        this.#requests.forget();
        return state === 'lost' ? 'lost' : this.#doubt();
      }
      this.#heard();
      if (reader.type === TERMINATE) this.#one_way(stream, emit, 'X', reader.size);
      else this.#requests.message(reader, stream, emit);
      stream.advance(reader.size);
    }
  }

  /** Undefined when one was read. */
  #startup(stream: Stream, emit: Emit): ParseState | undefined {
    const { bytes, pos, end } = stream;
    if (end - pos < 8) return stream.hole > 0 ? 'lost' : 'more';
    const length = i32be(bytes, pos);
    const version = u32be(bytes, pos + 4);
    const known = (Object.values(STARTUP) as number[]).includes(version);
    if (!known || length < 8 || length > STARTUP_BYTES_MAX) return this.#doubt();
    this.#heard();
    if (version === STARTUP.cancel) this.#one_way(stream, emit, 'CancelRequest', length);
    this.#asked_to_encrypt = version === STARTUP.ssl || version === STARTUP.gss;
    stream.advance(length);
    return undefined;
  }

  #one_way(stream: Stream, emit: Emit, request_type: string, length: number): void {
    stream.mark();
    emit({ type: MESSAGE_TYPE.session, one_way: true, request_type, length });
  }

  #to_client(stream: Stream, emit: Emit): ParseState {
    const reader = this.#reader;
    for (;;) {
      if (this.#adrift && this.#requests.due.length === 0) return pass(stream);
      if (this.#asked_to_encrypt && stream.pos < stream.end) {
        const answer = u8(stream.bytes, stream.pos);
        this.#asked_to_encrypt = false;
        if (answer === YES_TLS || answer === YES_GSS) return 'tls';
        if (answer === NO) stream.advance(1);
        continue;
      }
      const state = reader.peek(stream, TO_CLIENT, this.#responses.wanted);
      if (state === 'more') return 'more';
      if (state !== 'message') {
        this.#responses.lose(emit);
        this.#adrift = true;
        return state === 'lost' ? 'lost' : this.#doubt();
      }
      this.#adrift = false;
      this.#heard();
      this.#responses.message(reader, stream, emit);
      stream.advance(reader.size);
    }
  }

  #heard(): void {
    this.#good++;
    this.#damaged = 0;
  }

  #doubt(): ParseState {
    this.#damaged++;
    return this.#good > 0 && this.#damaged <= DAMAGED_MAX ? 'lost' : 'not_mine';
  }
}

/** After bytes that were not seen, a message must look like one. */
function may_begin(stream: Stream): boolean {
  return infer(stream.bytes, stream.pos, stream.end, TO_SERVER).score > 0;
}

function pass(stream: Stream): ParseState {
  while (stream.pos < stream.end || stream.hole > 0) stream.advance(stream.end - stream.pos + stream.hole);
  return 'more';
}

export const protocol: Protocol = { card, infer, open: (options) => new PostgresqlParser(options) };
