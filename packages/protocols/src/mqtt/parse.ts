// One MQTT connection of version 3.1, 3.1.1 or 5. The version stands in Connect only; of a connection seen from its middle
// it is guessed where packets differ.
import { intern, u16be, u8 } from '../bytes.ts';
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
  new_message,
} from '../protocol.ts';
import type { Stream } from '../stream.ts';
import { TracePairs } from '../trace-pairs.ts';
import { card } from './card.ts';
import { infer } from './infer.ts';
import { NAMES, outcome, PACKET, SENDERS } from './messages.ts';
import { are_packets, connect_version, head_bytes, is_telling, packet_size } from './packet.ts';
import { read_properties } from './properties.ts';
import { read_codes, read_filters } from './subscribe.ts';

const WANTED_BYTES = 16_384;
const SHORT_ONES_SURE = 3;
/** Topic aliases of one direction that are remembered (version 5; servers allow 10 or so by default). */
const ALIASES_MAX = 256;
/** Reads that begin in damaged bytes before the claim itself is doubted. */
const DAMAGED_MAX = 64;
const VERSIONS: Readonly<Record<number, string>> = { 3: '3.1', 4: '3.1.1', 5: '5.0' };
// Identifiers of packets are 16 bits and counted by each side for itself; higher bits keep apart what may wait at once.
const SERVERS = 0x1_0000;
const RELEASE = 0x2_0000;
const CONNECT_ID = 0x4_0000;
const PING_ID = 0x5_0000;

/** A packet: its kind and flags, and where its variable header and what is readable of it end. */
interface Packet {
  bytes: Uint8Array;
  kind: number;
  flags: number;
  at: number;
  stop: number;
}

export class MqttParser implements Parser {
  readonly #options: ParseOptions;
  readonly #traces: TracePairs;
  readonly #frames = [new_frames(), new_frames()] as const;
  readonly #aliases = [new Map<number, string>(), new Map<number, string>()] as const;
  #version = 0;
  #client_id: string | undefined = undefined;
  #good = 0;
  #damaged = 0;

  constructor(options: ParseOptions) {
    this.#options = options;
    this.#traces = new TracePairs(options);
  }

  parse(stream: Stream, direction: Direction, emit: Emit): ParseState {
    const frames = this.#frames[direction];
    frames.begin(stream);
    for (;;) {
      const state = frames.next(stream);
      if (state === 'more' || state === 'lost') return state;
      const { start, stop, size } = frames;
      const kind = u8(stream.bytes, start) >> 4;
      const from_wrong_side = SENDERS[kind] !== undefined && SENDERS[kind] !== direction;
      if (
        state === 'damaged' ||
        from_wrong_side ||
        (stream.resync && !this.#is_credible(stream, stop - start === size))
      ) {
        this.#damaged++;
        // A connection that spoke MQTT before has a damaged piece; one that never did is something else.
        return this.#good > 0 && this.#damaged <= DAMAGED_MAX ? 'lost' : 'not_mine';
      }
      stream.mark();
      const at = start + head_bytes(stream.bytes, start, stop);
      const flags = u8(stream.bytes, start) & 15;
      const message = this.#message({ bytes: stream.bytes, kind, flags, at, stop }, direction, start);
      message.length = size;
      frames.take(stream);
      this.#good++;
      this.#damaged = 0;
      emit(message);
    }
  }

  /** After a loss any byte may look like a packet: whole ones are asked for. */
  #is_credible({ bytes, pos, end }: Stream, whole: boolean): boolean {
    return !whole || are_packets(bytes, pos, pos + packet_size(bytes, pos, end));
  }

  #message(packet: Packet, direction: Direction, start: number): Message {
    const { kind } = packet;
    const message = new_message(MESSAGE_TYPE.session);
    message.request_type = NAMES[kind]!;
    if (kind === PACKET.connect) this.#connect(packet, message, start);
    else if (kind === PACKET.publish) this.#publish(packet, message, direction);
    else if (kind === PACKET.subscribe || kind === PACKET.unsubscribe) this.#filters(packet, message);
    else if (kind === PACKET.pingreq) this.#ask(message, PING_ID);
    else if (kind === PACKET.pubrel) this.#ask(message, RELEASE + this.#id(packet, direction));
    else if (kind === PACKET.disconnect || kind === PACKET.auth) this.#reason(packet, message, packet.at);
    else this.#answer(packet, message, direction);
    if (message.type === MESSAGE_TYPE.session) message.one_way = true;
    if (this.#version !== 0) message.version = VERSIONS[this.#version]!;
    if (this.#client_id !== undefined) message.request_domain = this.#client_id;
    return message;
  }

  #ask(message: Message, id: number): void {
    message.type = MESSAGE_TYPE.request;
    message.request_id = id;
  }

  /** The packet identifier, told apart by the side that chose it. */
  #id({ bytes, at }: Packet, chooser: Direction): number {
    return u16be(bytes, at) + (chooser === TO_CLIENT ? SERVERS : 0);
  }

  #connect({ bytes, at, stop }: Packet, message: Message, start: number): void {
    this.#ask(message, CONNECT_ID);
    this.#version = connect_version(bytes, start, stop) || this.#version;
    for (const aliases of this.#aliases) aliases.clear();
    // Name of the protocol, version, flags, keep-alive, in version 5 properties, then the client's identifier.
    let next = at + 2 + u16be(bytes, at) + 4;
    if (this.#version === 5) next = read_properties(bytes, next, stop).end;
    const end = next + 2 + u16be(bytes, next);
    if (next + 2 > stop || end > stop) return;
    this.#client_id = intern(bytes, next + 2, end, this.#options.string_bytes_max);
    message.attribute_names = ['client_id'];
    message.attribute_values = [this.#client_id];
  }

  #publish(packet: Packet, message: Message, direction: Direction): void {
    const { bytes, flags, at, stop } = packet;
    const quality = (flags >> 1) & 3;
    const topic_end = at + 2 + u16be(bytes, at);
    if (topic_end > stop) return;
    let topic = intern(bytes, at + 2, topic_end, this.#options.string_bytes_max);
    const after = topic_end + (quality > 0 ? 2 : 0);
    if (quality > 0) this.#ask(message, this.#id({ ...packet, at: topic_end }, direction));
    if (this.#version === 5 && after < stop) {
      const found = read_properties(bytes, after, stop, this.#traces);
      if (found.topic_alias > 0) topic = this.#alias(found.topic_alias, topic, direction);
      if (found.correlation !== '') message.x_request_id = found.correlation;
      this.#traces.put(message);
    }
    if (topic === '') return;
    message.request_resource = topic;
    message.endpoint = topic;
    message.attribute_names = ['topic'];
    message.attribute_values = [topic];
  }

  #alias(alias: number, topic: string, direction: Direction): string {
    const aliases = this.#aliases[direction];
    if (topic === '') return aliases.get(alias) ?? '';
    if (aliases.size < ALIASES_MAX || aliases.has(alias)) aliases.set(alias, topic);
    return topic;
  }

  #filters(packet: Packet, message: Message): void {
    const { bytes, at, stop, kind } = packet;
    this.#ask(message, this.#id(packet, 0));
    const { filters, version } = read_filters(bytes, at + 2, stop, this.#version, kind === PACKET.subscribe);
    if (filters.length === 0) return;
    this.#version = version;
    const list = filters.join(',');
    message.request_resource = list;
    message.endpoint = list;
    message.attribute_names = ['topics'];
    message.attribute_values = [JSON.stringify(filters)];
  }

  #answer(packet: Packet, message: Message, direction: Direction): void {
    const { bytes, kind, at, stop } = packet;
    message.type = MESSAGE_TYPE.response;
    message.response_status = STATUS.ok;
    if (kind === PACKET.pingresp) message.request_id = PING_ID;
    else if (kind === PACKET.connack) {
      message.request_id = CONNECT_ID;
      this.#reason(packet, message, at + 1);
    } else {
      // What the client confirms, the server chose, and the other way round; subscriptions are always the client's.
      const base = this.#id(packet, direction === TO_CLIENT ? 0 : TO_CLIENT);
      message.request_id = kind === PACKET.pubcomp ? RELEASE + base : base;
      if (kind === PACKET.suback || kind === PACKET.unsuback) {
        const code = read_codes(bytes, at + 2, stop, this.#version);
        if (code !== undefined) judge(message, code, kind, this.#version);
      } else this.#reason(packet, message, at + 2);
    }
  }

  /** A reason code at `at`, if the packet reaches so far. */
  #reason({ bytes, kind, stop }: Packet, message: Message, at: number): void {
    if (at < stop) judge(message, u8(bytes, at), kind, this.#version);
  }
}

function judge(message: Message, code: number, kind: number, version: number): void {
  const { failed, servers_fault, text } = outcome(code, kind === PACKET.connack, version);
  message.response_code = code;
  message.response_status = !failed ? STATUS.ok : servers_fault ? STATUS.server_error : STATUS.client_error;
  if (failed) message.response_exception = text;
}

/**
 * Events inside of what should be one packet that are packets themselves: one that carries a name is no chance; short ones
 * are believed when several come in a row.
 */
function new_frames(): FrameReader {
  let in_a_row = 0;
  const sure = (bytes: Uint8Array, at: number, end: number): boolean => {
    in_a_row = are_packets(bytes, at, end) ? in_a_row + 1 : 0;
    if (in_a_row === 0) return false;
    if (in_a_row < SHORT_ONES_SURE && !is_telling(bytes, at, end)) return false;
    in_a_row = 0;
    return true;
  };
  return new FrameReader({ size: packet_size, sure, wanted: WANTED_BYTES });
}

export const protocol: Protocol = { card, infer, open: (options) => new MqttParser(options) };
