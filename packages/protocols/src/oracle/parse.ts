// One connection: packets both ways. Calls are answered in turn, those of a pipeline by their tokens.
import { u16be, u8 } from '../bytes.ts';
import { FrameReader } from '../framing/frames.ts';
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
  TO_SERVER,
} from '../protocol.ts';
import type { Stream } from '../stream.ts';
import { Answer } from './answer.ts';
import { card } from './card.ts';
import {
  accept_message,
  accepted,
  answer_text_at,
  bare_connect,
  connect_message,
  refusal_message,
  tell_connect,
} from './connect.ts';
import { framing } from './frames.ts';
import { infer } from './infer.ts';
import { DATA_FLAG, DATA_HEADER_BYTES, HEADER_BYTES, MARKER, PACKET, PACKETS } from './messages.ts';
import { type Asked, Requests } from './request.ts';

/** Calls of a pipeline that wait. */
const WAITING_MAX = 1024;
/** Packets that contradict before the claim itself is doubted, on a connection that once was understood. */
const DAMAGED_MAX = 64;
/** A packet is full, so that another follows, when it is hardly shorter than the longest. */
const NEARLY = 128;
/** Without knowing the longest: no packet that is shorter has to be followed. */
const FULL_MIN = 1900;

export class OracleParser implements Parser {
  readonly #options: ParseOptions;
  readonly #requests: Requests;
  readonly #answer: Answer;
  readonly #readers = [
    new FrameReader(framing(false, () => this.#large_max)),
    new FrameReader(framing(true, () => this.#large_max)),
  ] as const;
  readonly #waiting: Asked[] = [];
  #large_max = 0;
  /** Answers are marked where they end: the server can, and does. */
  #marked = false;
  #marks = false;
  #sdu = 0;
  #longest = 0;
  /** A connect whose text has not come yet. */
  #connect: Message | undefined;
  /** Type of what answers a connect, whose text has not come yet; 0: nothing. */
  #refusal = 0;
  /** The connect must be sent again; it was told. */
  #again = false;
  /** The last packet of the client was full or said so: the next one goes on. */
  #continues = false;
  #pipeline = false;
  #good = 0;
  #damaged = 0;

  constructor(options: ParseOptions) {
    this.#options = options;
    this.#requests = new Requests(options);
    this.#answer = new Answer(options, this.#requests);
  }

  parse(stream: Stream, direction: Direction, emit: Emit): ParseState {
    const reader = this.#readers[direction];
    if (reader.begin(stream) || stream.resync) this.#lose(direction);
    for (;;) {
      const state = reader.next(stream);
      if (state === 'more') return 'more';
      if (state === 'lost' || state === 'damaged') {
        this.#lose(direction);
        return state === 'lost' ? 'lost' : this.#doubt();
      }
      const { bytes } = stream;
      const { start, stop } = reader;
      // After bytes that were not seen a packet must look like one of its side.
      if (stream.resync && this.#good > 0 && infer(bytes, start, stop, direction).score === 0) return this.#doubt();
      if (direction === TO_SERVER) this.#from_client(bytes, start, stop, reader.size, stream, emit);
      else this.#from_server(bytes, start, stop, reader.size, stream, emit);
      this.#good++;
      this.#damaged = 0;
      reader.take(stream);
    }
  }

  #lose(direction: Direction): void {
    if (direction === TO_SERVER) {
      this.#continues = false;
      this.#connect = undefined;
    } else this.#answer.lose();
  }

  #doubt(): ParseState {
    this.#damaged++;
    return this.#good > 0 && this.#damaged <= DAMAGED_MAX ? 'lost' : 'not_mine';
  }

  #from_client(bytes: Uint8Array, start: number, stop: number, size: number, stream: Stream, emit: Emit): void {
    const type = u8(bytes, start + 4);
    if (type === PACKET.connect) {
      this.#continues = false;
      stream.mark();
      const message = connect_message(bytes, start, stop);
      if (message === undefined) this.#connect = bare_connect();
      else this.#ask_connect(message, size, emit);
      return;
    }
    if (type === PACKET.marker || type === PACKET.attention) {
      const says = u8(bytes, start + HEADER_BYTES + 2);
      if (type === PACKET.marker && says === MARKER.reset) return;
      stream.mark();
      const message = new_message(MESSAGE_TYPE.session);
      message.one_way = true;
      message.request_type = 'Break';
      message.length = size;
      emit(message);
      return;
    }
    if (type !== PACKET.data) return;
    const at = start + DATA_HEADER_BYTES;
    if (this.#connect !== undefined) {
      const message = this.#connect;
      this.#connect = undefined;
      tell_connect(message, bytes, at, stop);
      this.#ask_connect(message, size, emit);
      return;
    }
    const flags = u16be(bytes, start + HEADER_BYTES);
    const goes_on = this.#continues;
    this.#continues = (flags & DATA_FLAG.more) !== 0 || (this.#sdu > 0 && size === this.#sdu);
    if (goes_on || stop <= at) return;
    // Nothing that is encrypted looks like a statement.
    if (this.#answer.encrypted && infer(bytes, start, stop, TO_SERVER).score === 3) this.#answer.encrypted = false;
    const opaque = this.#answer.encrypted || (flags & DATA_FLAG.compressed) !== 0;
    const asked = opaque ? hidden_call() : this.#requests.read(bytes, at, stop);
    if (asked === undefined) return;
    stream.mark();
    asked.message.length = size;
    this.#pipeline = asked.token > 0;
    this.#ask(asked, emit);
  }

  #ask_connect(message: Message, size: number, emit: Emit): void {
    const again = this.#again;
    this.#again = false;
    if (again && this.#waiting.length > 0) return;
    message.length = size;
    this.#ask({ message, agrees: true, sequence: 0, token: 0, one_way: false }, emit);
  }

  #ask(asked: Asked, emit: Emit): void {
    this.#again = false;
    if (asked.one_way) {
      asked.message.one_way = true;
      asked.message.type = MESSAGE_TYPE.session;
      emit(asked.message);
      return;
    }
    // Outside of a pipeline the client has had its answer, whether it was seen or not.
    if (!this.#pipeline || this.#waiting.length >= WAITING_MAX) this.#waiting.length = 0;
    this.#answer.lose();
    asked.message.request_id = asked.sequence;
    this.#waiting.push(asked);
    emit(asked.message);
  }

  #from_server(bytes: Uint8Array, start: number, stop: number, size: number, stream: Stream, emit: Emit): void {
    const type = u8(bytes, start + 4);
    switch (PACKETS.get(type)!.use) {
      case 'response':
        this.#connected(type, bytes, start, stop, size, stream, emit);
        return;
      case 'again':
        this.#again = true;
        return;
      case 'data':
        this.#data(bytes, start, stop, size, stream, emit);
        return;
      default:
        // A break takes back what was answered so far.
        if (type === PACKET.marker) this.#answer.lose();
    }
  }

  #connected(
    type: number,
    bytes: Uint8Array,
    start: number,
    stop: number,
    size: number,
    stream: Stream,
    emit: Emit,
  ): void {
    if (type === PACKET.accept) {
      const agreed = accepted(bytes, start, stop);
      this.#large_max = agreed.large ? agreed.sdu : 0;
      this.#marked = agreed.marked;
      this.#sdu = agreed.sdu;
    }
    stream.mark();
    const text = start + answer_text_at(type);
    if (type === PACKET.accept) this.#tell_connected(accept_message(bytes, start), size, emit);
    else if (start + size > text)
      this.#tell_connected(refusal_message(type, bytes, text, stop, this.#options), size, emit);
    else this.#refusal = type;
  }

  #tell_connected(message: Message, size: number, emit: Emit): void {
    this.#refusal = 0;
    const waiting = this.#waiting.shift();
    if (waiting === undefined) return;
    message.request_id = waiting.sequence;
    message.length = size;
    emit(message);
  }

  #data(bytes: Uint8Array, start: number, stop: number, size: number, stream: Stream, emit: Emit): void {
    const at = start + DATA_HEADER_BYTES;
    if (this.#refusal !== 0) {
      this.#tell_connected(refusal_message(this.#refusal, bytes, at, stop, this.#options), size, emit);
      return;
    }
    // It does not answer what has not come as a whole.
    this.#continues = false;
    const flags = u16be(bytes, start + HEADER_BYTES);
    this.#longest = Math.max(this.#longest, size);
    const full = this.#sdu > 0 ? size >= this.#sdu - NEARLY : size >= Math.max(FULL_MIN, this.#longest - NEARLY);
    const piece = {
      bytes,
      at,
      stop,
      whole: stop === start + size,
      size,
      ends: (flags & DATA_FLAG.end_of_response) !== 0,
      opaque: this.#answer.encrypted || (flags & DATA_FLAG.compressed) !== 0,
      may_go_on: full || (this.#marked && this.#marks),
    };
    if (piece.ends) this.#marks = true;
    if (stop <= at && piece.whole) return;
    if (this.#answer.begins) {
      const token = this.#answer.token_of(piece);
      const place = token > 0 ? this.#waiting.findIndex((asked) => asked.token === token) : 0;
      const waiting = this.#waiting[place];
      if (waiting === undefined) return;
      this.#waiting.splice(place, 1);
      stream.mark();
      this.#answer.begin(waiting);
    }
    this.#answer.add(piece, emit);
  }
}

/** A call that is encrypted, or compressed. */
function hidden_call(): Asked {
  const message = new_message(MESSAGE_TYPE.request);
  message.request_type = 'Opaque call';
  return { message, agrees: false, sequence: 0, token: 0, one_way: false };
}

export const protocol: Protocol = { card, infer, open: (options) => new OracleParser(options) };
