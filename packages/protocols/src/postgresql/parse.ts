// One PostgreSQL connection: startup packets, then typed messages both ways.
import { i32be, u8, u32be } from '../bytes.ts';
import {
  type Direction,
  type Emit,
  MESSAGE_TYPE,
  new_message,
  type ParseOptions,
  type Parser,
  type ParseState,
  type Protocol,
  TO_CLIENT,
  TO_SERVER,
} from '../protocol.ts';
import type { Stream } from '../stream.ts';
import { card } from './card.ts';
import { infer } from './infer.ts';
import { code, MessageReader, pass, STARTUP, STARTUP_BYTES_MAX } from './messages.ts';
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
  readonly #sent = new MessageReader();
  readonly #came = new MessageReader();
  /** The client asked for encryption; the server's next byte says whether. */
  #asked_to_encrypt = false;
  /** The place of the next answer is unknown: bytes are passed over until something is due. */
  #adrift = false;
  /** Requests at the time when the server's message that is not whole was first seen. */
  #waits_since = -1;
  /** The same for a message that is being passed over. */
  #rest_since = 0;
  /** The client sent two groups at once: it does not take turns. */
  #sends_ahead = false;
  #answered_before = 0;
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
    const groups_before = this.#requests.groups;
    const waiting = this.#requests.due.length > 0 && !this.#responses.begun;
    const state = this.#read_requests(stream, emit);
    const groups = this.#requests.groups - groups_before;
    if (groups > 1) this.#sends_ahead = true;
    if (groups > 0) {
      // Behind an answer a client that takes turns finds nothing else due, unless an answer was never seen.
      const answered = this.#responses.groups > this.#answered_before;
      if (waiting && answered && !this.#sends_ahead) this.#responses.behind = true;
      this.#answered_before = this.#responses.groups;
    }
    return state;
  }

  #read_requests(stream: Stream, emit: Emit): ParseState {
    const reader = this.#sent;
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
    const message = new_message(MESSAGE_TYPE.session);
    message.one_way = true;
    message.request_type = request_type;
    message.length = length;
    emit(message);
  }

  #to_client(stream: Stream, emit: Emit): ParseState {
    const reader = this.#came;
    if (stream.resync) {
      this.#responses.level(emit);
      reader.rest = 0;
    }
    for (;;) {
      if (this.#adrift && this.#requests.due.length === 0) {
        pass(stream, Number.POSITIVE_INFINITY);
        return 'more';
      }
      if (reader.rest > 0 && !this.#goes_on(stream, emit)) return 'more';
      if (this.#asked_to_encrypt && stream.pos < stream.end) {
        const answer = u8(stream.bytes, stream.pos);
        this.#asked_to_encrypt = false;
        const agreed = answer === YES_TLS || answer === YES_GSS;
        if (agreed || answer === NO) stream.advance(1);
        if (agreed) return 'encrypted';
        continue;
      }
      const state = reader.peek(stream, TO_CLIENT, this.#responses.wanted);
      if (state === 'more') return this.#is_worth_waiting(stream) ? 'more' : this.#give_up(stream, emit);
      this.#waits_since = -1;
      if (state !== 'message') {
        this.#responses.lose(emit);
        this.#adrift = true;
        return state === 'lost' ? 'lost' : this.#doubt();
      }
      this.#adrift = false;
      this.#heard();
      this.#responses.message(reader, stream, emit);
      reader.rest = pass(stream, reader.size);
      this.#rest_since = this.#requests.asked;
    }
  }

  /** Passes over what is left of a message; false when more of it is to come. */
  #goes_on(stream: Stream, emit: Emit): boolean {
    const reader = this.#came;
    // The client has asked on and here is a whole answer, so the message has ended: its length was damaged.
    const { bytes, pos, end } = stream;
    if (this.#requests.asked > this.#rest_since && infer(bytes, pos, end, TO_CLIENT).score === 3) {
      reader.rest = 0;
      this.#responses.level(emit);
      return true;
    }
    reader.rest = pass(stream, reader.rest);
    return reader.rest === 0;
  }

  /** Not when the client asked on while the message had not come: its length was damaged. */
  #is_worth_waiting(stream: Stream): boolean {
    if (stream.pos === stream.end) {
      this.#waits_since = -1;
      return true;
    }
    if (this.#waits_since < 0) this.#waits_since = this.#requests.asked;
    return this.#waits_since === this.#requests.asked;
  }

  #give_up(stream: Stream, emit: Emit): ParseState {
    this.#waits_since = -1;
    // Here begins no message, so that this place is not tried again.
    stream.advance(1);
    this.#responses.level(emit);
    return this.#doubt();
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

export const protocol: Protocol = { card, infer, open: (options) => new PostgresqlParser(options) };
