// One Kafka connection. A response names its request by correlation id only: what it looks like follows from the request,
// so those without answer are remembered.
import { i32be, intern, u32be } from '../bytes.ts';
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
import { error_name } from './errors.ts';
import { are_requests, frame_size, LENGTH_BYTES, request_header, type RequestHeader } from './header.ts';
import { infer } from './infer.ts';
import { API_VERSIONS, SASL_HANDSHAKE } from './messages.ts';
import { FieldReader } from './reader.ts';
import { read_body, type RequestBody } from './request.ts';
import { read_response, type ResponseBody } from './response.ts';

/** Requests without answer that are remembered; a client has few dozens under way (max.in.flight is 5 by default). */
const MEMORY_MAX = 1024;
const WANTED_BYTES = 16_384;
/** Reads that begin in damaged bytes before the claim itself is doubted. */
const DAMAGED_MAX = 64;
const RESPONSE_HEADER_BYTES = LENGTH_BYTES + 4;

type Asked = Pick<RequestHeader, 'key' | 'version' | 'api'>;

export class KafkaParser implements Parser {
  readonly #traces: TracePairs;
  readonly #requests = new FrameReader({ size: frame_size, sure: are_requests, wanted: WANTED_BYTES });
  readonly #responses = new FrameReader({
    size: frame_size,
    sure: (bytes, at, end) => this.#is_answer(bytes, at, end),
    wanted: WANTED_BYTES,
  });
  readonly #asked = new Map<number, Asked>();
  /** After SaslHandshake 0 tokens follow that have a length but no header. */
  #bare_tokens = false;
  #good = 0;
  #damaged = 0;

  constructor(options: ParseOptions) {
    this.#traces = new TracePairs(options);
  }

  parse(stream: Stream, direction: Direction, emit: Emit): ParseState {
    const frames = direction === TO_SERVER ? this.#requests : this.#responses;
    frames.begin(stream);
    for (;;) {
      if (stream.resync && direction === TO_CLIENT && this.#is_no_answer(stream)) return 'lost';
      const state = frames.next(stream);
      if (state === 'more') return 'more';
      if (state === 'lost') return 'lost';
      if (state === 'damaged') return this.#doubt();
      const read = direction === TO_SERVER ? this.#request(stream) : this.#response(stream);
      if (read === undefined) return direction === TO_SERVER ? this.#doubt() : 'lost';
      // What is marked begins here, though the frame is passed before anybody hears of it.
      stream.mark();
      frames.take(stream);
      if (read === 'nothing') continue;
      this.#good++;
      this.#damaged = 0;
      emit(read);
    }
  }

  #request(stream: Stream): Message | 'nothing' | undefined {
    const { start, stop, size } = this.#requests;
    const header = request_header(stream.bytes, start, stop);
    if (header === undefined) return this.#bare_tokens && !stream.resync ? 'nothing' : undefined;
    const { key, version, api, correlation_id, client_start, client_end } = header;
    const flexible = version >= api.flexible;
    const fields = new FieldReader(stream.bytes, client_end, stop, flexible);
    fields.tags();
    const body = read_body(key, version, fields, this.#traces);
    const message = new_message(body.unanswered === true ? MESSAGE_TYPE.session : MESSAGE_TYPE.request);
    message.request_type = api.name;
    message.version = String(version);
    message.request_id = correlation_id;
    message.x_request_id = String(correlation_id);
    message.length = size;
    describe(message, body);
    if (body.group) message.request_resource ??= body.group;
    attributes(message, { ...body, client: intern(stream.bytes, client_start, client_end) });
    this.#traces.put(message);
    if (body.unanswered === true) message.one_way = true;
    else this.#remember(correlation_id, { key, version, api });
    this.#bare_tokens = key === SASL_HANDSHAKE && version === 0;
    return message;
  }

  #remember(correlation_id: number, asked: Asked): void {
    this.#asked.delete(correlation_id);
    if (this.#asked.size >= MEMORY_MAX) this.#asked.delete(this.#asked.keys().next().value!);
    this.#asked.set(correlation_id, asked);
  }

  #response(stream: Stream): Message | 'nothing' | undefined {
    const { start, stop, size } = this.#responses;
    if (stop - start < RESPONSE_HEADER_BYTES) return undefined;
    const correlation_id = i32be(stream.bytes, start + LENGTH_BYTES);
    const asked = this.#asked.get(correlation_id);
    if (asked === undefined) {
      if (this.#bare_tokens) return 'nothing';
      // The request was not seen: nothing is known but that it was answered, and that only if the frame fits.
      if (correlation_id < 0 || stream.resync || !this.#responses.whole) return undefined;
      const unknown = new_message(MESSAGE_TYPE.response, STATUS.unknown);
      unknown.request_id = correlation_id;
      unknown.length = size;
      return unknown;
    }
    this.#asked.delete(correlation_id);
    const { key, version, api } = asked;
    const flexible = version >= api.flexible;
    const fields = new FieldReader(stream.bytes, start + RESPONSE_HEADER_BYTES, stop, flexible);
    // Clients cannot know the version yet when they ask for versions: that answer has the oldest header (KIP-511).
    if (key !== API_VERSIONS) fields.tags();
    const body = read_response(key, version, api, fields, this.#traces);
    const message = new_message(MESSAGE_TYPE.response);
    message.request_type = api.name;
    message.request_id = correlation_id;
    message.response_status = STATUS.ok;
    message.length = size;
    if (body.code !== undefined) {
      message.response_code = body.code;
      if (body.code !== 0) {
        message.response_status = STATUS.server_error;
        message.response_exception = error_name(body.code);
      }
    }
    describe(message, body);
    this.#traces.put(message);
    return message;
  }

  /** A whole response, alone, to a request that waits for one. */
  #is_answer(bytes: Uint8Array, at: number, end: number): boolean {
    if (end - at < RESPONSE_HEADER_BYTES || frame_size(bytes, at, end) !== end - at) return false;
    return this.#asked.has(u32be(bytes, at + LENGTH_BYTES));
  }

  /** Bytes after a loss that answer nothing known: their length is not to be trusted. */
  #is_no_answer({ bytes, pos, end }: Stream): boolean {
    return end - pos >= RESPONSE_HEADER_BYTES && !this.#asked.has(u32be(bytes, pos + LENGTH_BYTES));
  }

  #doubt(): ParseState {
    this.#damaged++;
    // A connection that spoke Kafka before has a damaged piece; one that never did is something else.
    return this.#good > 0 && this.#damaged <= DAMAGED_MAX ? 'lost' : 'not_mine';
  }
}

function describe(message: Message, body: RequestBody | ResponseBody): void {
  if (body.topic === undefined) return;
  const place = body.partition === undefined ? body.topic : `${body.topic}-${body.partition}`;
  message.request_domain = body.topic;
  message.endpoint = place;
  message.request_resource = body.offset === undefined ? place : `${place}:${body.offset}`;
}

function attributes(message: Message, known: RequestBody & { client: string }): void {
  const named: [string, string | undefined][] = [
    ['topic', known.topic],
    ['client_id', known.client],
    ['group_id', known.group],
  ];
  const present = named.filter((pair): pair is [string, string] => Boolean(pair[1]));
  if (present.length === 0) return;
  message.attribute_names = present.map(([name]) => name);
  message.attribute_values = present.map(([, value]) => value);
}

export const protocol: Protocol = { card, infer, open: (options) => new KafkaParser(options) };
