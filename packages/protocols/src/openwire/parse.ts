// One OpenWire connection between a client and a broker, or two brokers.
import { u8, u32be } from '../bytes.ts';
import { FrameReader } from '../framing/frames.ts';
import {
  type Direction,
  type Emit,
  forget,
  type Message,
  MESSAGE_TYPE,
  new_message,
  type ParseOptions,
  type Parser,
  type ParseState,
  type Protocol,
  STATUS,
  TO_CLIENT,
  TO_SERVER,
} from '../protocol.ts';
import type { Stream } from '../stream.ts';
import { TracePairs } from '../trace-pairs.ts';
import { card } from './card.ts';
import { type Cache, type Command, Decoder, type Format } from './decode.ts';
import {
  agree,
  GUESSES,
  is_wire_format_info,
  LENGTH_BYTES,
  read_offer,
  TELLING_BYTES,
  usual_format,
} from './format.ts';
import { infer } from './infer.ts';
import { is_command, KEEP_ALIVE_INFO, STRUCTURES, WIRE_FORMAT_INFO } from './messages.ts';
import { each_property } from './properties.ts';

const WANTED_BYTES = 16_384;
/** Brokers take 100 MB unless told otherwise; what is longer by far is a damaged length. */
const COMMAND_BYTES_MAX = 512 * 1024 * 1024;
/** Reads that begin in damaged bytes before the claim itself is doubted. */
const DAMAGED_MAX = 64;
/** A broker counts its commands for itself: ids of those that it wants answered begin here. */
const SERVERS_IDS = 0x1_0000_0000;
const NOTHING = 0;
/** Without a length, what is shorter may be anything. */
const TELLING_BARE_BYTES = 24;

export class OpenWireParser implements Parser {
  readonly #options: ParseOptions;
  readonly #frames = [this.#new_frames(TO_SERVER), this.#new_frames(TO_CLIENT)] as const;
  readonly #caches: readonly [Cache, Cache] = [new Map(), new Map()];
  readonly #offers: [Format | undefined, Format | undefined] = [undefined, undefined];
  #format = usual_format();
  #broker_url: string | undefined = undefined;
  #good = 0;
  #damaged = 0;

  constructor(options: ParseOptions) {
    this.#options = options;
  }

  parse(stream: Stream, direction: Direction, emit: Emit): ParseState {
    const frames = this.#frames[direction];
    // What was lost may have given numbers away again.
    if (frames.begin(stream) || stream.resync) this.#caches[direction].clear();
    for (;;) {
      const state = frames.next(stream);
      if (state === 'more') return 'more';
      const read = state === 'frame' ? this.#frame(stream, direction) : undefined;
      if (read === undefined) {
        if (state === 'lost') return 'lost';
        this.#damaged++;
        // A connection that spoke OpenWire before has a damaged piece; one that never did is something else.
        return this.#good > 0 && this.#damaged <= DAMAGED_MAX ? 'lost' : 'not_mine';
      }
      stream.mark();
      const { size } = frames;
      frames.take(stream);
      this.#good++;
      this.#damaged = 0;
      if (read === 'ignored') continue;
      read.length = size;
      emit(read);
    }
  }

  #new_frames(direction: Direction): FrameReader {
    return new FrameReader({
      size: (bytes, at, end) => this.#size(direction, bytes, at, end),
      sure: (bytes, at, end) => this.#are_commands(direction, bytes, at, end),
      wanted: WANTED_BYTES,
    });
  }

  /** As `Framing.size`. Commands without a length are read to see where they end. */
  #size(direction: Direction, bytes: Uint8Array, at: number, end: number): number {
    const have = end - at;
    if (have < 1) return 0;
    const first = u8(bytes, at) === 0;
    if (this.#format.prefix || is_wire_format_info(bytes, at, end)) {
      if (u8(bytes, at) > COMMAND_BYTES_MAX >>> 24) return -1;
      if (have <= LENGTH_BYTES) return 0;
      const size = u32be(bytes, at);
      const type = u8(bytes, at + LENGTH_BYTES);
      const fits = size === 1 ? type === NOTHING : size > 1 && is_command(type);
      return fits && size <= COMMAND_BYTES_MAX ? LENGTH_BYTES + size : -1;
    }
    // No command has the type 0: it can only be the beginning of a WireFormatInfo's length.
    if (first) return have < TELLING_BYTES ? 0 : -1;
    if (!is_command(u8(bytes, at)) || u8(bytes, at) === WIRE_FORMAT_INFO) return -1;
    const decoder = new Decoder(bytes, end, this.#format, this.#caches[direction]);
    decoder.read(at);
    if (decoder.state === 'whole') return decoder.at - at;
    return decoder.state === 'cut' ? 0 : -1;
  }

  /** Whether a connection begins at `at`, or whole commands, one behind the other, fill [at, end) exactly. */
  #are_commands(direction: Direction, bytes: Uint8Array, at: number, end: number): boolean {
    if (is_wire_format_info(bytes, at, end)) return true;
    const bare = !this.#format.prefix;
    if (bare && (end - at < TELLING_BARE_BYTES || this.#offers[direction] === undefined)) return false;
    let next = at;
    while (next < end) {
      const size = this.#size(direction, bytes, next, end);
      if (size <= 0 || next + size > end) return false;
      if (!bare) {
        const decoder = new Decoder(bytes, next + size, this.#format, this.#caches[direction]);
        decoder.read(next + LENGTH_BYTES);
        if (decoder.state !== 'whole' || decoder.at !== next + size) return false;
      }
      next += size;
    }
    return end > at;
  }

  #frame(stream: Stream, direction: Direction): Message | 'ignored' | undefined {
    const { bytes } = stream;
    const { start, stop, size } = this.#frames[direction];
    if (is_wire_format_info(bytes, start, stop)) return this.#agree(bytes, start, stop, direction);
    if (this.#format.prefix && u8(bytes, start + LENGTH_BYTES) === NOTHING) return 'ignored';
    const command = this.#decode(bytes, start, stop, size, direction);
    if (command === undefined) return undefined;
    // A command that is cut before its id does not tell what it belongs to.
    const id = command.answers ?? command.command_id;
    if (stop < start + size && id === undefined) return 'ignored';
    return this.#message(command, bytes, direction);
  }

  #decode(bytes: Uint8Array, start: number, stop: number, size: number, direction: Direction): Command | undefined {
    const known = this.#offers[TO_SERVER] !== undefined || this.#offers[TO_CLIENT] !== undefined;
    const command = this.#try(this.#format, bytes, start, stop, size, direction);
    if (command !== undefined || known) return command;
    for (const format of GUESSES) {
      const guessed = this.#try(format, bytes, start, stop, size, direction);
      if (guessed === undefined) continue;
      this.#format = format;
      return guessed;
    }
    return undefined;
  }

  /** The command when it fits its length exactly, or what is there of one that was not captured whole. */
  #try(
    format: Format,
    bytes: Uint8Array,
    start: number,
    stop: number,
    size: number,
    direction: Direction,
  ): Command | undefined {
    const decoder = new Decoder(bytes, stop, format, this.#caches[direction]);
    decoder.read(format.prefix ? start + LENGTH_BYTES : start);
    const is_cut = stop < start + size;
    if (decoder.state !== (is_cut ? 'cut' : 'whole') || (!is_cut && decoder.at !== stop)) return undefined;
    decoder.commit();
    return decoder.command;
  }

  #agree(bytes: Uint8Array, start: number, stop: number, direction: Direction): Message {
    const { offer, command } = read_offer(bytes, start, stop);
    // A broker tells its own at once; a client that tells it again has another connection.
    if (direction === TO_CLIENT || this.#offers[TO_SERVER] !== undefined) this.#broker_url = undefined;
    this.#offers[direction] = offer;
    const other = this.#offers[direction === TO_SERVER ? TO_CLIENT : TO_SERVER];
    this.#format = other === undefined ? offer : agree(offer, other);
    this.#caches[direction].clear();
    const message = this.#message(command, bytes, direction);
    message.version = String(offer.version);
    // Whom it has reached is still to be told.
    if (direction === TO_SERVER) forget(message, 'request_domain');
    return message;
  }

  #message(command: Command, bytes: Uint8Array, direction: Direction): Message {
    const { type, command_id, answers, destination } = command;
    if (command.broker_url !== undefined) this.#broker_url = command.broker_url;
    const message = new_message(MESSAGE_TYPE.session);
    message.request_type = STRUCTURES[type]!.name;
    if (answers !== undefined) {
      message.type = MESSAGE_TYPE.response;
      message.request_id = direction === TO_CLIENT ? answers : answers + SERVERS_IDS;
      message.response_status = STATUS.ok;
    } else if (command.response_required && type !== KEEP_ALIVE_INFO) {
      message.type = MESSAGE_TYPE.request;
      message.request_id = direction === TO_SERVER ? (command_id ?? 0) : (command_id ?? 0) + SERVERS_IDS;
    } else {
      message.one_way = true;
      // Brokers do not count their deliveries.
      const id = command.inner_id ?? command_id;
      if (id !== undefined) message.request_id = id;
    }
    message.version = String(this.#format.version);
    if (this.#broker_url !== undefined) message.request_domain = this.#broker_url;
    if (destination !== undefined) {
      message.request_resource = destination;
      message.endpoint = destination;
    }
    if (command.correlation) message.x_request_id = command.correlation;
    if (command.error_class !== undefined) fail(message, command.error_class, command.error_text, direction);
    attributes(message, command);
    if (type !== WIRE_FORMAT_INFO && command.properties_end > command.properties_at)
      this.#trace(message, command, bytes);
    return message;
  }

  #trace(message: Message, command: Command, bytes: Uint8Array): void {
    const traces = new TracePairs(this.#options);
    const max = this.#options.string_bytes_max;
    each_property(bytes, command.properties_at, command.properties_end, max, (name, value) => {
      if (typeof value === 'string') traces.note(name, value);
    });
    traces.put(message);
  }
}

function fail(message: Message, error_class: string, text: string | undefined, direction: Direction): void {
  message.response_status = direction === TO_CLIENT ? STATUS.server_error : STATUS.client_error;
  if (error_class !== '') message.response_result = error_class;
  message.response_exception = text || error_class;
}

function attributes(message: Message, { destination, client_id, subscription }: Command): void {
  const [names, values] = [[] as string[], [] as string[]];
  const add = (name: string, value: string | undefined): void => {
    if (value === undefined) return;
    names.push(name);
    values.push(value);
  };
  add('topic', destination);
  add('client_id', client_id);
  add('subscription', subscription);
  if (names.length === 0) return;
  message.attribute_names = names;
  message.attribute_values = values;
}

export const protocol: Protocol = { card, infer, open: (options) => new OpenWireParser(options) };
