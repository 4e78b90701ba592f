// One ZMTP 3 connection between two sockets.
import { intern, latin1, u8, utf8 } from '../bytes.ts';
import { FrameReader } from '../framing/frames.ts';
import {
  type Direction,
  type Emit,
  forget,
  type Message,
  MESSAGE_TYPE,
  type ParseOptions,
  type Parser,
  type ParseState,
  type Protocol,
  STATUS,
  TO_CLIENT,
  TO_SERVER,
  unseen_response,
} from '../protocol.ts';
import type { Stream } from '../stream.ts';
import { card } from './card.ts';
import {
  are_frames,
  are_surely_frames,
  type Command,
  type Frame,
  frame_size,
  is_greeting,
  may_be_middle,
  may_be_signature,
  metadata_value,
  read_command,
  read_frame,
  read_greeting,
  REST_BYTES,
  SIGNATURE_BYTES,
} from './frame.ts';
import { infer } from './infer.ts';
import { FRAME, role_of, SOCKET_TYPES, WITH_METADATA, WITH_SUBSCRIPTION } from './messages.ts';

/** Of a frame: a command, or the beginning of a body. */
const WANTED_BYTES = 2048;
/** Reads that begin in damaged bytes before the claim itself is doubted. */
const DAMAGED_MAX = 64;
const CURVE = 'CURVE';

/** What one end has sent so far. */
interface Peer {
  /** What comes next. */
  phase: 'signature' | 'rest' | 'frames';
  socket_type: string | undefined;
  version: string | undefined;
  /** Bytes and group of the message that has begun. */
  begun: number;
  group: string | undefined;
}

/** `sealed`: what follows can no longer be read. `anew`: who asked before is not answered any more. */
type Read = { message: Message; sealed?: boolean; anew?: boolean } | undefined;

export class ZmtpParser implements Parser {
  readonly #options: ParseOptions;
  readonly #peers: readonly [Peer, Peer] = [new_peer(), new_peer()];
  readonly #frames = [this.#new_frames(TO_SERVER), this.#new_frames(TO_CLIENT)] as const;
  #mechanism: string | undefined = undefined;
  #version: string | undefined = undefined;
  #good = 0;
  #damaged = 0;

  constructor(options: ParseOptions) {
    this.#options = options;
  }

  parse(stream: Stream, direction: Direction, emit: Emit): ParseState {
    const frames = this.#frames[direction];
    const peer = this.#peers[direction];
    if (frames.begin(stream) || stream.resync) peer.begun = 0;
    for (;;) {
      if (stream.resync && !this.#is_beginning(stream, peer)) return this.#doubt();
      const state = frames.next(stream);
      if (state === 'more' || state === 'lost') return state;
      const read = state === 'frame' ? this.#read(stream, direction, peer) : undefined;
      if (read === undefined) return this.#doubt();
      frames.take(stream);
      this.#good++;
      this.#damaged = 0;
      if (read.anew) for (let n = stream.outstanding; n > 0; n--) emit(unseen_response());
      emit(read.message);
      if (read.sealed) return 'encrypted';
    }
  }

  #new_frames(direction: Direction): FrameReader {
    return new FrameReader({
      size: (bytes, at, end) => this.#size(this.#peers[direction], bytes, at, end),
      sure: (bytes, at, end) => is_greeting(bytes, at, end) || are_surely_frames(bytes, at, end),
      wanted: WANTED_BYTES,
    });
  }

  /** After a loss an event is believed to begin a greeting, or frames when they fill it. */
  #is_beginning({ bytes, pos, end }: Stream, peer: Peer): boolean {
    if (may_be_signature(bytes, pos, end)) peer.phase = 'signature';
    else if (peer.phase !== 'frames' && this.#good === 0) return true;
    else peer.phase = 'frames';
    return peer.phase === 'signature' || pos === end || are_frames(bytes, pos, end);
  }

  /** As `Framing.size`. */
  #size(peer: Peer, bytes: Uint8Array, at: number, end: number): number {
    if (peer.phase === 'rest') return REST_BYTES;
    if (may_be_signature(bytes, at, end)) return SIGNATURE_BYTES;
    if (peer.phase === 'signature' && !may_be_middle(bytes, at, end)) return end > at ? -1 : 0;
    return frame_size(bytes, at, end);
  }

  #read(stream: Stream, direction: Direction, peer: Peer): Read {
    const { start, stop, size } = this.#frames[direction];
    const { bytes } = stream;
    const begins = peer.phase !== 'rest' && may_be_signature(bytes, start, stop);
    // In the middle of a connection.
    if (peer.phase === 'signature' && !begins) peer.phase = 'frames';
    if (begins || peer.phase === 'rest') {
      if (!this.#frames[direction].whole) return undefined;
      stream.mark();
      return begins ? this.#signature(peer) : this.#greeting(bytes, start, peer);
    }
    const frame = read_frame(bytes, start);
    if (!frame.command) {
      if (peer.begun === 0) stream.mark();
      return this.#message(stream, frame, Math.min(stop, start + size), size, direction);
    }
    const command = read_command(bytes, frame.body_at, stop);
    if (command === undefined) return undefined;
    stream.mark();
    return this.#command(command, bytes, stop, size, direction, peer);
  }

  #signature(peer: Peer): Read {
    peer.phase = 'rest';
    peer.begun = 0;
    peer.socket_type = undefined;
    peer.version = undefined;
    this.#version = undefined;
    const message = this.#new_message(FRAME.greeting, SIGNATURE_BYTES);
    message.interim = true;
    return { message, anew: true };
  }

  #greeting(bytes: Uint8Array, at: number, peer: Peer): Read {
    const greeting = read_greeting(bytes, at);
    peer.phase = greeting === undefined ? 'signature' : 'frames';
    if (greeting === undefined) return undefined;
    peer.version = greeting.version;
    // Known once both have told theirs.
    const [one, other] = [this.#peers[TO_SERVER].version, this.#peers[TO_CLIENT].version];
    this.#version = one === undefined || other === undefined ? undefined : older(one, other);
    this.#mechanism = greeting.mechanism;
    const message = this.#new_message(FRAME.greeting, SIGNATURE_BYTES + REST_BYTES);
    message.version ??= greeting.version;
    add(message, 'mechanism', greeting.mechanism);
    return { message };
  }

  #command(command: Command, bytes: Uint8Array, stop: number, size: number, direction: Direction, peer: Peer): Read {
    const { name, data_at } = command;
    const message = this.#new_message(FRAME.command, size);
    add(message, 'command', name);
    const readable = this.#mechanism !== CURVE;
    if (name === 'ERROR') this.#fail(message, bytes, data_at, stop, direction);
    else if (readable && WITH_METADATA.has(name)) {
      const type = metadata_value(bytes, data_at, stop, 'socket-type');
      if (type !== undefined && SOCKET_TYPES.has(type)) {
        peer.socket_type = type;
        add(message, 'socket_type', type);
      }
    } else if (readable && WITH_SUBSCRIPTION.has(name)) this.#subscribe(message, bytes, data_at, stop);
    // The last command of its handshake.
    return { message, sealed: !readable && name === 'READY' };
  }

  #message(stream: Stream, { body_at: at, more }: Frame, stop: number, size: number, direction: Direction): Read {
    const { bytes } = stream;
    const peer = this.#peers[direction];
    const first = peer.begun === 0;
    peer.begun += size;
    const message = this.#new_message(FRAME.message, size);
    if (first) peer.group = peer.socket_type === 'RADIO' && more ? intern(bytes, at, stop, this.#text_max) : undefined;
    if (more) {
      message.interim = true;
      return { message };
    }
    message.length = peer.begun;
    peer.begun = 0;
    const other = this.#peers[direction === TO_SERVER ? TO_CLIENT : TO_SERVER];
    const role = role_of(peer.socket_type, other.socket_type);
    // RFC 28 section 3.1: a REQ socket sends and receives in turn, so those before it were answered unseen.
    const anew = role === 'asks' && peer.socket_type === 'REQ';
    if (role !== undefined) {
      forget(message, 'one_way');
      message.type = role === 'asks' ? MESSAGE_TYPE.request : MESSAGE_TYPE.response;
      if (role === 'answers') message.response_status = STATUS.ok;
    }
    if (peer.group !== undefined) place(message, peer.group);
    if (first && (peer.socket_type === 'SUB' || peer.socket_type === 'XSUB') && stop > at && u8(bytes, at) <= 1) {
      add(message, 'command', u8(bytes, at) === 1 ? 'SUBSCRIBE' : 'CANCEL');
      this.#subscribe(message, bytes, at + 1, stop);
    }
    // Sealed messages of a connection whose handshake was not seen.
    const sealed = this.#mechanism === CURVE && latin1(bytes, at, Math.min(stop, at + 8)) === '\x07MESSAGE';
    return { message, sealed, anew };
  }

  #fail(message: Message, bytes: Uint8Array, at: number, stop: number, direction: Direction): void {
    message.response_status = direction === TO_CLIENT ? STATUS.server_error : STATUS.client_error;
    const end = Math.min(stop, at + 1 + u8(bytes, at));
    message.response_exception = at < stop ? utf8(bytes, at + 1, end, this.#text_max) : '';
  }

  #subscribe(message: Message, bytes: Uint8Array, at: number, stop: number): void {
    const text = intern(bytes, at, stop, this.#text_max);
    add(message, 'subscription', text);
    if (text !== '') place(message, text);
  }

  get #text_max(): number {
    return Math.min(this.#options.string_bytes_max, WANTED_BYTES);
  }

  #new_message(frame: string, length: number): Message {
    const message: Message = { type: MESSAGE_TYPE.session, one_way: true, request_type: frame, length };
    if (this.#version !== undefined) message.version = this.#version;
    message.attribute_names = ['frame'];
    message.attribute_values = [frame];
    return message;
  }

  #doubt(): ParseState {
    this.#damaged++;
    // A connection that spoke ZMTP before has a damaged piece; one that never did is something else.
    return this.#good > 0 && this.#damaged <= DAMAGED_MAX ? 'lost' : 'not_mine';
  }
}

/** Of two versions the one that both speak. */
const older = (one: string, other: string): string => [one, other].sort()[0]!;

function place(message: Message, name: string): void {
  message.request_domain = name;
  message.request_resource = name;
  message.endpoint = name;
}

function add(message: Message, name: string, value: string): void {
  message.attribute_names!.push(name);
  message.attribute_values!.push(value);
}

const new_peer = (): Peer => ({
  phase: 'signature',
  socket_type: undefined,
  version: undefined,
  begun: 0,
  group: undefined,
});

export const protocol: Protocol = { card, infer, open: (options) => new ZmtpParser(options) };
