// One AMQP 0-9-1 connection. Messages are sent in several frames: method, header, bodies; they are one row, told when the
// header has come.
import { u16be, u32be, u8 } from '../bytes.ts';
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
import { type Arguments, read_arguments, read_content } from './arguments.ts';
import { TracePairs } from '../trace-pairs.ts';
import { card } from './card.ts';
import { FRAME_HEAD_BYTES, frame_size, is_whole_frame } from './frame.ts';
import { infer } from './infer.ts';
import { FRAME, is_servers_fault, type Method, method_of, REPLY_SUCCESS } from './messages.ts';

const WANTED_BYTES = 16_384;
/** Channels on which something waits that are remembered. */
const MEMORY_MAX = 1024;
/** Reads that begin in damaged bytes before the claim itself is doubted. */
const DAMAGED_MAX = 64;
const CLOSES = /\.Close$/;
const CLOSE = method_of(10, 50);
/** What clients open unless told otherwise; assumed of connections whose opening was not seen, as an attribute only. */
const USUAL_VIRTUAL_HOST = '/';

/** Where a method stands: its class and method number, its channel, who sent it. */
interface Place {
  id: number;
  channel: number;
  direction: Direction;
}

export class AmqpParser implements Parser {
  readonly #traces: TracePairs;
  readonly #frames = [new_frames(), new_frames()] as const;
  /** Of each direction: a message whose header has not come yet, and its channel. */
  readonly #begun: [Message | undefined, Message | undefined] = [undefined, undefined];
  /** Channels on which the client waits, and the method that it waits for; the server's closing is then the answer. */
  readonly #waiting = new Map<number, number>();
  #virtual_host: string | undefined = undefined;
  #opening_seen = false;
  #good = 0;
  #damaged = 0;

  constructor(options: ParseOptions) {
    this.#traces = new TracePairs(options);
  }

  parse(stream: Stream, direction: Direction, emit: Emit): ParseState {
    const frames = this.#frames[direction];
    if (frames.begin(stream) || stream.resync) this.#finish(direction, emit);
    for (;;) {
      const state = frames.next(stream);
      if (state === 'frame') {
        this.#frame(stream, direction, emit);
        frames.take(stream);
        this.#good++;
        this.#damaged = 0;
      } else if (state === 'more') {
        if (stream.ended) this.#finish(direction, emit);
        return 'more';
      } else {
        this.#finish(direction, emit);
        if (state === 'lost') return 'lost';
        this.#damaged++;
        // A connection that spoke AMQP before has a damaged piece; one that never did is something else.
        return this.#good > 0 && this.#damaged <= DAMAGED_MAX ? 'lost' : 'not_mine';
      }
    }
  }

  #frame(stream: Stream, direction: Direction, emit: Emit): void {
    const { start, stop, size } = this.#frames[direction];
    const type = u8(stream.bytes, start);
    if (type === FRAME.header) {
      this.#content(stream, direction, emit);
    } else if (type === FRAME.method) {
      this.#finish(direction, emit);
      const at = start + FRAME_HEAD_BYTES;
      const method = at + 4 <= stop ? method_of(u16be(stream.bytes, at), u16be(stream.bytes, at + 2)) : undefined;
      if (method === undefined) return;
      stream.mark();
      const found = read_arguments(method.fields, stream.bytes, at + 4, Math.min(stop, start + size - 1));
      const place = { id: u32be(stream.bytes, at), channel: u16be(stream.bytes, start + 1), direction };
      const message = this.#message(method, found, place);
      message.length = size;
      if (method.content === true) this.#begun[direction] = message;
      else emit(message);
    } else if (type !== FRAME.body && type !== FRAME.heartbeat) {
      this.#finish(direction, emit);
      stream.mark();
      const message = new_message(MESSAGE_TYPE.session);
      message.one_way = true;
      message.request_type = 'ProtocolHeader';
      message.version = '0-9-1';
      message.length = size;
      emit(message);
    }
  }

  /** The header of the message begun before it on the same channel. */
  #content(stream: Stream, direction: Direction, emit: Emit): void {
    const { start, stop, size } = this.#frames[direction];
    const message = this.#begun[direction];
    if (message === undefined || message.request_id !== u16be(stream.bytes, start + 1)) return;
    const payload_end = Math.min(stop, start + size - 1);
    const content = read_content(stream.bytes, start + FRAME_HEAD_BYTES, payload_end, this.#traces);
    message.length = (message.length ?? 0) + size + content.body_bytes;
    this.#traces.put(message);
    if (content.correlation_id) message.x_request_id = content.correlation_id;
    this.#finish(direction, emit);
  }

  #finish(direction: Direction, emit: Emit): void {
    const message = this.#begun[direction];
    if (message === undefined) return;
    this.#begun[direction] = undefined;
    emit(message);
  }

  #message(method: Method, found: Arguments, place: Place): Message {
    if (found.virtual_host !== undefined) this.#virtual_host = found.virtual_host;
    if (method.name.startsWith('Connection.')) this.#opening_seen = true;
    const blamed = place.direction === TO_CLIENT && method === CLOSE ? this.#blamed(found) : undefined;
    const channel = blamed ?? place.channel;
    const type = this.#type(method, found, { ...place, channel });
    const message = new_message(type);
    message.request_type = method.name;
    message.request_id = channel;
    if (message.type === MESSAGE_TYPE.session) message.one_way = true;
    if (message.type === MESSAGE_TYPE.response) message.response_status = STATUS.ok;
    if (found.code !== undefined) fail(message, found.code, found.text);
    if (this.#virtual_host !== undefined) message.request_domain = this.#virtual_host;
    const resource = resource_of(found);
    if (resource !== undefined) {
      message.request_resource = resource;
      message.endpoint = resource;
    }
    this.#name(message, found);
    return message;
  }

  /** The channel that waits for the method because of which the whole connection is closed. */
  #blamed({ method }: Arguments): number | undefined {
    for (const [channel, waits_for] of this.#waiting) if (waits_for === method) return channel;
    return undefined;
  }

  #type(method: Method, found: Arguments, { id, channel, direction }: Place): Message['type'] {
    if (method.role === 'alone') return MESSAGE_TYPE.session;
    if (method.role === 'answer') {
      // The client's consent to a closing that was itself told as an answer or alone.
      if (direction === TO_SERVER && method.name.endsWith('.CloseOk')) return MESSAGE_TYPE.session;
      if (direction === TO_CLIENT) this.#waiting.delete(channel);
      return MESSAGE_TYPE.response;
    }
    if (direction === TO_CLIENT && CLOSES.test(method.name)) {
      return this.#waiting.delete(channel) ? MESSAGE_TYPE.response : MESSAGE_TYPE.session;
    }
    if (method.no_wait !== undefined && ((found.bits ?? 0) >> method.no_wait) & 1) return MESSAGE_TYPE.session;
    if (direction === TO_SERVER && this.#waiting.size < MEMORY_MAX) this.#waiting.set(channel, id);
    return MESSAGE_TYPE.request;
  }

  #name(message: Message, found: Arguments): void {
    if (message.type === MESSAGE_TYPE.response) return;
    const named: [string, string | undefined][] = [
      ['vhost', this.#virtual_host ?? (this.#opening_seen ? undefined : USUAL_VIRTUAL_HOST)],
      ['exchange', found.exchange],
      ['routing_key', found.routing_key],
      ['queue', found.queue],
    ];
    const present = named.filter((pair): pair is [string, string] => pair[1] !== undefined);
    if (present.length === 0) return;
    message.attribute_names = present.map(([name]) => name);
    message.attribute_values = present.map(([, value]) => value);
  }
}

/** A closing or a message that came back tells why. */
function fail(message: Message, code: number, text: string | undefined): void {
  message.response_code = code;
  message.response_status = STATUS.ok;
  if (code === REPLY_SUCCESS) return;
  message.response_status = is_servers_fault(code) ? STATUS.server_error : STATUS.client_error;
  if (text !== undefined) message.response_exception = text;
}

/** "exchange.routing key" where an exchange is named, else the queue. */
function resource_of({ exchange, routing_key, queue }: Arguments): string | undefined {
  return exchange !== undefined ? `${exchange}.${routing_key ?? ''}` : queue;
}

function new_frames(): FrameReader {
  return new FrameReader({ size: frame_size, sure: is_whole_frame, wanted: WANTED_BYTES });
}

export const protocol: Protocol = { card, infer, open: (options) => new AmqpParser(options) };
