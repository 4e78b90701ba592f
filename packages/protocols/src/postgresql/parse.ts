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
import { chain, code, MessageReader, pass, STARTUP, STARTUP_BYTES_MAX } from './messages.ts';
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
  /** Requests at the time when the server last sent something. */
  #asked_before = 0;
  /** Requests at the time when the server's message that is not whole was first seen. */
  #waits_since = -1;
  /** Unread bytes of the server; they came when nothing was asked, so they answer nothing that was asked since. */
  #unread = 0;
  #remnant = false;
  /** Where the newest event of the server begins, while it is read. */
  #event_at = 0;
  #requests_lost = false;
  /** Takes what the server's side tells, also when a request tells it. */
  #tell: Emit | undefined;
  #good = 0;
  #damaged = 0;

  constructor(options: ParseOptions) {
    this.#requests = new RequestReader(options, () => this.#asked());
    this.#responses = new ResponseReader(this.#requests.due);
  }

  parse(stream: Stream, direction: Direction, emit: Emit): ParseState {
    return direction === TO_SERVER ? this.#to_server(stream, emit) : this.#to_client(stream, emit);
  }

  lost(direction: Direction): void {
    if (direction === TO_SERVER) {
      this.#requests_lost = true;
    } else {
      this.#give_up();
      this.#unread = 0;
    }
  }

  #give_up(): void {
    this.#responses.give_up(this.#tell);
    this.#remnant = false;
    this.#adrift = this.#good > 0;
  }

  /** A message that the server will answer. */
  #asked(): void {
    const { due } = this.#requests;
    if (this.#requests_lost) this.#give_up();
    this.#requests_lost = false;
    if (due.list.length === 0) this.#remnant = this.#unread > 0;
    this.#responses.end_stray();
  }

  #to_server(stream: Stream, emit: Emit): ParseState {
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
    this.#tell = emit;
    if (stream.resync) this.#came.rest = 0;
    this.#begin_anew(stream, emit);
    this.#asked_before = this.#requests.asked;
    const state = this.#read_answers(stream, emit);
    this.#unread = state === 'more' ? stream.end - stream.pos : 0;
    return state;
  }

  /**
   * The client has asked since the server last sent something, and here, where more of a message or of an answer was due,
   * an answer begins: what was under way never came whole.
   */
  #begin_anew(stream: Stream, emit: Emit): void {
    const at = stream.pos + this.#unread;
    this.#event_at = at;
    // Between two messages of an answer the next one looks the same.
    const is_open = this.#unread > 0 || this.#came.rest > 0;
    const asked = this.#requests.asked !== this.#asked_before;
    const begins = asked && is_open && begins_answer(stream.bytes, at, stream.end);
    if (this.#remnant || begins) stream.advance(this.#unread);
    this.#remnant = false;
    if (!begins) return;
    this.#came.rest = 0;
    this.#responses.level(emit);
    this.#waits_since = -1;
  }

  #read_answers(stream: Stream, emit: Emit): ParseState {
    const reader = this.#came;
    for (;;) {
      if (this.#adrift && this.#requests.due.list.length === 0) {
        pass(stream, Number.POSITIVE_INFINITY);
        return 'more';
      }
      reader.rest = pass(stream, reader.rest);
      if (reader.rest > 0) return 'more';
      if (this.#asked_to_encrypt && stream.pos < stream.end) {
        const answer = u8(stream.bytes, stream.pos);
        this.#asked_to_encrypt = false;
        if (answer === YES_TLS || answer === YES_GSS) {
          stream.advance(1);
          return 'encrypted';
        }
        if (answer === NO) stream.advance(1);
        continue;
      }
      const state = reader.peek(stream, TO_CLIENT, this.#responses.wanted);
      if (state === 'more') {
        if (this.#is_worth_waiting(stream)) return 'more';
        if (!this.#skip_to_event(stream, emit)) return this.#give_up_here(stream);
        continue;
      }
      this.#waits_since = -1;
      if (state !== 'message') return state === 'lost' ? 'lost' : this.#doubt();
      this.#adrift = false;
      this.#heard();
      this.#responses.message(reader, stream, emit);
      reader.rest = pass(stream, reader.size);
    }
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

  /** What was asked last may be answered in what has come now. */
  #skip_to_event(stream: Stream, emit: Emit): boolean {
    if (stream.pos >= this.#event_at) return false;
    this.#waits_since = -1;
    this.#responses.level(emit);
    this.#adrift = true;
    stream.advance(this.#event_at - stream.pos);
    return true;
  }

  #give_up_here(stream: Stream): ParseState {
    this.#waits_since = -1;
    // Here begins no message, so that this place is not tried again.
    stream.advance(1);
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

function begins_answer(bytes: Uint8Array, at: number, end: number): boolean {
  const { count, whole } = chain(TO_CLIENT, bytes, at, end);
  return whole && (count > 1 || infer(bytes, at, end, TO_CLIENT).score > 0);
}

/** After bytes that were not seen, a message must look like one. */
function may_begin(stream: Stream): boolean {
  return infer(stream.bytes, stream.pos, stream.end, TO_SERVER).score > 0;
}

export const protocol: Protocol = { card, infer, open: (options) => new PostgresqlParser(options) };
