// Pulsar's binary protocol between clients, proxies and brokers.
import { FrameParser, type FrameRead } from '../framing/parser.ts';
import { type Direction, MESSAGE_TYPE, type Message, type ParseOptions, type Protocol, STATUS } from '../protocol.ts';
import { TO_CLIENT } from '../protocol.ts';
import { TracePairs } from '../trace-pairs.ts';
import { card } from './card.ts';
import { frame_size, metadata_at, type Parts, read_command } from './command.ts';
import { infer } from './infer.ts';
import { AUTH_CHALLENGE, AUTH_RESPONSE, CONNECT, ERROR, error_name, PING, PONG } from './messages.ts';
import { note_properties } from './metadata.ts';

/** Commands, metadata and the beginning of a batch are waited for up to this. */
const WANTED_BYTES = 8192;
/** Producers, and consumers, of a connection whose topics are remembered. */
const MEMORY_MAX = 4096;
/** Ids of what has none: challenges, and pings of the client and of the server. */
const CHALLENGE_ID = 2 ** 32;
const PING_ID = CHALLENGE_ID + 1;

class Connection {
  readonly #options: ParseOptions;
  readonly #producers = new Map<number, string>();
  readonly #consumers = new Map<number, string>();
  #version: number | undefined = undefined;
  #domain: string | undefined = undefined;

  constructor(options: ParseOptions) {
    this.#options = options;
  }

  read(bytes: Uint8Array, at: number, end: number, direction: Direction): FrameRead {
    const parts = read_command(bytes, at, end, this.#options.string_bytes_max);
    if (parts === undefined) return undefined;
    // A command that is cut before its id does not tell what it belongs to.
    if (!parts.whole && parts.command?.request !== undefined && parts.request_id === undefined) return 'ignored';
    this.#learn(parts);
    const message = this.#message(parts, direction);
    if (parts.command?.payload === true) this.#trace(bytes, at, end, message);
    return message;
  }

  #learn(parts: Parts): void {
    const { type, protocol_version, proxy_to, producer, consumer, topic } = parts;
    if (type === CONNECT) {
      this.#version = protocol_version;
      this.#domain = proxy_to;
    } else if (protocol_version !== undefined) {
      this.#version = Math.min(this.#version ?? protocol_version, protocol_version);
    }
    const [topics, id] = producer !== undefined ? [this.#producers, producer] : [this.#consumers, consumer];
    if (id === undefined) return;
    if (topic !== undefined) {
      remember(topics, id, topic);
      return;
    }
    const known = topics.get(id);
    if (known !== undefined) parts.topic = known;
  }

  #message(parts: Parts, direction: Direction): Message {
    const { command, type, topic } = parts;
    const message: Message = { type: MESSAGE_TYPE.session, request_type: command?.name ?? String(type) };
    this.#set_type(message, parts, direction);
    this.#set_id(message, parts, direction);
    if (this.#version !== undefined) message.version = String(this.#version);
    if (this.#domain !== undefined) message.request_domain = this.#domain;
    const place = topic ?? parts.namespace;
    if (place !== undefined) {
      message.request_resource = place;
      message.endpoint = place;
    }
    if (parts.message_id !== undefined) message.x_request_id = parts.message_id;
    const [names, values] = [[] as string[], [] as string[]];
    const add = (name: string, value: string | undefined): void => {
      if (value === undefined) return;
      names.push(name);
      values.push(value);
    };
    add('command', command?.field);
    add('topic', topic);
    add('subscription', parts.subscription);
    message.attribute_names = names;
    message.attribute_values = values;
    return message;
  }

  #set_type(message: Message, { command, error, error_text, not_ready }: Parts, direction: Direction): void {
    if (command?.kind === 'response') message.type = MESSAGE_TYPE.response;
    else if (command?.kind === 'request' && !(command.orders && direction === TO_CLIENT)) {
      message.type = MESSAGE_TYPE.request;
    }
    if (message.type === MESSAGE_TYPE.session) message.one_way = true;
    if (not_ready) message.interim = true;
    if (error !== undefined) {
      message.response_status = STATUS.server_error;
      message.response_code = error;
      message.response_result = error_name(error);
      message.response_exception = error_text || error_name(error);
    } else if (message.type === MESSAGE_TYPE.response) message.response_status = STATUS.ok;
  }

  /** CONNECT and its answer have no id, which is one of its own. */
  #set_id(message: Message, parts: Parts, direction: Direction): void {
    const { type, producer, sequence, request_id } = parts;
    if (sequence !== undefined) message.request_id = (((producer ?? 0) % 0x1_0000) * 0x1_0000 + sequence) >>> 0;
    else if (type === AUTH_CHALLENGE || type === AUTH_RESPONSE) message.request_id = CHALLENGE_ID;
    else if (type === PING) message.request_id = PING_ID + direction;
    else if (type === PONG) message.request_id = PING_ID + 1 - direction;
    else if (request_id !== undefined && !(type === ERROR && parts.no_request)) message.request_id = request_id;
  }

  #trace(bytes: Uint8Array, at: number, end: number, message: Message): void {
    const metadata = metadata_at(bytes, at, end);
    if (metadata === undefined) return;
    const traces = new TracePairs(this.#options);
    note_properties(bytes, metadata[0], metadata[1], end, this.#options.string_bytes_max, traces);
    traces.put(message);
  }
}

function remember(topics: Map<number, string>, id: number, topic: string): void {
  topics.delete(id);
  if (topics.size >= MEMORY_MAX) topics.delete(topics.keys().next().value!);
  topics.set(id, topic);
}

function open(options: ParseOptions): FrameParser {
  const connection = new Connection(options);
  return new FrameParser({
    size: frame_size,
    wanted: WANTED_BYTES,
    read: (bytes, at, end, _length, direction) => connection.read(bytes, at, end, direction),
  });
}

export const protocol: Protocol = { card, infer, open };
