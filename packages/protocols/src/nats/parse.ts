// One NATS connection of a client, with or without JetStream (which is messages like all others).
import { u8 } from '../bytes.ts';
import { FrameReader } from '../framing/frames.ts';
import {
  type Direction,
  type Emit,
  type Message,
  MESSAGE_TYPE,
  type ParseOptions,
  type ParseState,
  type Parser,
  type Protocol,
  STATUS,
  TO_CLIENT,
  TO_SERVER,
  new_message,
} from '../protocol.ts';
import type { Stream } from '../stream.ts';
import { TracePairs } from '../trace-pairs.ts';
import { card } from './card.ts';
import { read_headers } from './headers.ts';
import { infer } from './infer.ts';
import { are_operations, type Line, line_at, operation_size } from './line.ts';
import { SERVERS_FAULT } from './messages.ts';

const WANTED_BYTES = 16_384;
/** Reads that begin in damaged bytes before the claim itself is doubted. */
const DAMAGED_MAX = 64;
const GREETING_ID = 0;
/** Pings of the client have odd numbers, those of the server even ones. */
const PING_NUMBERS = 0x4000_0000;
const NAME_CHARACTERS_MAX = 256;

export class NatsParser implements Parser {
  readonly #traces: TracePairs;
  readonly #frames = [new_frames(), new_frames()] as const;
  /** Number of the last ping of each direction, and of the last that was answered. */
  readonly #pings = [1, 2];
  readonly #pongs = [1, 2];
  #server_name: string | undefined = undefined;
  #version: string | undefined = undefined;
  #connected = false;
  #good = 0;
  #damaged = 0;

  constructor(options: ParseOptions) {
    this.#traces = new TracePairs(options);
  }

  parse(stream: Stream, direction: Direction, emit: Emit): ParseState {
    const frames = this.#frames[direction];
    frames.begin(stream);
    for (;;) {
      const state = frames.next(stream);
      if (state === 'more' || state === 'lost') return state;
      const line = state === 'frame' ? line_at(stream.bytes, frames.start, frames.stop) : undefined;
      const sender = typeof line === 'object' ? line.operation.sender : undefined;
      if (typeof line !== 'object' || (sender !== undefined && sender !== direction)) {
        if (is_tls(stream)) return 'encrypted';
        this.#damaged++;
        // A connection that spoke NATS before has a damaged piece; one that never did is something else.
        return this.#good > 0 && this.#damaged <= DAMAGED_MAX ? 'lost' : 'not_mine';
      }
      stream.mark();
      const message = this.#message(line, stream.bytes, frames.stop, direction);
      message.length = frames.size;
      frames.take(stream);
      this.#good++;
      this.#damaged = 0;
      emit(message);
    }
  }

  #message(line: Line, bytes: Uint8Array, stop: number, direction: Direction): Message {
    const { verb } = line.operation;
    const message = new_message(MESSAGE_TYPE.session);
    message.request_type = verb.replace(/^[+-]/, '');
    if (verb === 'INFO') this.#info(message, line.words.input);
    else if (verb === 'CONNECT') this.#answer(message, GREETING_ID);
    else if (verb === 'PING') this.#ask(message, this.#next(this.#pings, direction));
    else if (verb === 'PONG') this.#pong(message, direction === TO_SERVER ? TO_CLIENT : TO_SERVER);
    else if (verb === '-ERR') complain(message, line.words[0]);
    else if (verb === '+OK') message.response_status = STATUS.ok;
    else this.#subject(message, line, bytes, stop);
    if (verb === 'CONNECT') this.#connected = true;
    if (message.type === MESSAGE_TYPE.session) message.one_way = true;
    if (this.#server_name !== undefined) message.request_domain = this.#server_name;
    if (this.#version !== undefined) message.version = this.#version;
    return message;
  }

  #ask(message: Message, id: number): void {
    message.type = MESSAGE_TYPE.request;
    message.request_id = id;
  }

  #answer(message: Message, id: number): void {
    message.type = MESSAGE_TYPE.response;
    message.request_id = id;
    message.response_status = STATUS.ok;
  }

  /** Both sides answer pings in order; after a loss the newest is the one answered. */
  #pong(message: Message, asker: Direction): void {
    const [asked, answered] = [this.#pings[asker]!, this.#pongs[asker]!];
    this.#answer(message, answered < asked ? this.#next(this.#pongs, asker) : asked);
  }

  #next(numbers: number[], direction: Direction): number {
    const next = (numbers[direction]! + 2) % PING_NUMBERS;
    numbers[direction] = next;
    return next;
  }

  #info(message: Message, json: string): void {
    this.#server_name = member(json, 'server_name') ?? this.#server_name;
    this.#version = member(json, 'version') ?? this.#version;
    if (!this.#connected) this.#ask(message, GREETING_ID);
  }

  #subject(message: Message, { operation, words, end }: Line, bytes: Uint8Array, stop: number): void {
    const { verb } = operation;
    const subject = words[1]!;
    const delivered = verb === 'MSG' || verb === 'HMSG';
    const named: [string, string | undefined][] = [];
    if (verb === 'UNSUB') named.push(['sid', subject]);
    else {
      message.request_resource = subject;
      message.endpoint = subject.split('.', 1)[0] ?? subject;
      named.push(['topic', subject]);
      if (verb === 'SUB') named.push(['queue_group', words[2]]);
      else named.push(['reply_to', delivered ? words[3] : words[2]]);
    }
    const present = named.filter((pair): pair is [string, string] => pair[1] !== undefined);
    message.attribute_names = present.map(([name]) => name);
    message.attribute_values = present.map(([, value]) => value);
    if (verb === 'HPUB' || verb === 'HMSG') {
      const length = Number(words.at(-2));
      this.#headers(message, bytes, end, Math.min(stop, end + length));
    }
  }

  #headers(message: Message, bytes: Uint8Array, start: number, end: number): void {
    const { code, text } = read_headers(bytes, start, end, this.#traces);
    this.#traces.put(message);
    if (code === undefined) return;
    message.response_code = code;
    message.response_status = code < 400 ? STATUS.ok : code < 500 ? STATUS.client_error : STATUS.server_error;
    if (code >= 400 && text !== undefined) message.response_exception = text;
  }
}

function complain(message: Message, rest: string): void {
  const text = rest.trim().replace(/^'|'$/g, '');
  message.response_exception = text;
  message.response_status = SERVERS_FAULT.test(text) ? STATUS.server_error : STATUS.client_error;
}

/** A text member of INFO's JSON, which is flat where these two stand. */
function member(json: string, name: string): string | undefined {
  const found = new RegExp(`"${name}"\\s*:\\s*"([^"\\\\]*)"`).exec(json)?.[1];
  return found?.slice(0, NAME_CHARACTERS_MAX);
}

/** A client that goes on with a TLS handshake, as servers may demand in INFO. */
function is_tls({ bytes, pos, end }: Stream): boolean {
  return end - pos >= 3 && u8(bytes, pos) === 22 && u8(bytes, pos + 1) === 3 && u8(bytes, pos + 2) <= 4;
}

function new_frames(): FrameReader {
  return new FrameReader({ size: operation_size, sure: are_operations, wanted: WANTED_BYTES });
}

export const protocol: Protocol = { card, infer, open: (options) => new NatsParser(options) };
