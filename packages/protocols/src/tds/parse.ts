// One TDS connection: packets both ways, of one session or, with MARS, of several.
import { u16le, u8 } from '../bytes.ts';
import { FrameReader } from '../framing/frames.ts';
import {
  type Direction,
  type Emit,
  type ParseOptions,
  type ParseState,
  type Parser,
  type Protocol,
  TO_CLIENT,
  TO_SERVER,
} from '../protocol.ts';
import type { Stream } from '../stream.ts';
import { card } from './card.ts';
import { framing, is_record, packet_size } from './frames.ts';
import { infer } from './infer.ts';
import { ENCRYPT, encryption, options_hold } from './login.ts';
import { HEADER_BYTES, SMP, TYPE } from './messages.ts';
import { Requests } from './request.ts';
import { type Packet, Session } from './session.ts';
import type { Agreement } from './tokens.ts';

const SESSIONS_MAX = 256;
/** Packets that contradict before the claim itself is doubted, on a connection that once was understood. */
const DAMAGED_MAX = 64;
/** Encrypted records of a login; more of them are an encrypted connection. */
const RECORDS_MAX = 16;
const APPLICATION_DATA = 23;

export class TdsParser implements Parser {
  readonly #options: ParseOptions;
  readonly #agreement: Agreement = { wide: undefined, encrypted_columns: false };
  readonly #requests: Requests;
  readonly #readers = [
    new FrameReader(framing(false, () => this.#multiplexes)),
    new FrameReader(framing(true, () => this.#multiplexes)),
  ] as const;
  readonly #sessions = new Map<number, Session>();
  /** What the server said of encryption; -1: not seen. */
  #encryption = -1;
  #records = 0;
  #multiplexes = false;
  #good = 0;
  #damaged = 0;

  constructor(options: ParseOptions) {
    this.#options = options;
    this.#requests = new Requests(options, this.#agreement);
  }

  parse(stream: Stream, direction: Direction, emit: Emit): ParseState {
    const reader = this.#readers[direction];
    if (reader.begin(stream) || stream.resync) this.#lose(direction, emit);
    for (;;) {
      const state = reader.next(stream);
      if (state === 'more') return 'more';
      if (state === 'lost' || state === 'damaged') {
        this.#lose(direction, emit);
        return state === 'lost' ? 'lost' : this.#doubt();
      }
      if (stream.resync && this.#good > 0 && !this.#may_begin(stream, direction)) return this.#doubt();
      const { start, stop, size } = reader;
      const encrypted = this.#frame({ bytes: stream.bytes, start, stop, size }, direction, stream, emit);
      if (encrypted) return 'encrypted';
      this.#good++;
      this.#damaged = 0;
      reader.take(stream);
    }
  }

  /** After bytes that were not seen, a packet must look like one; the middle of an answer can look like anything. */
  #may_begin(stream: Stream, direction: Direction): boolean {
    const { bytes, pos, end } = stream;
    return direction === TO_CLIENT || infer(bytes, pos, end, TO_SERVER).score > 0;
  }

  /** True when the connection is encrypted from this frame on. */
  #frame(packet: Packet, direction: Direction, stream: Stream, emit: Emit): boolean {
    const { bytes, start } = packet;
    if (u8(bytes, start) === SMP.mark) {
      this.#multiplexed(packet, direction, stream, emit);
      return false;
    }
    if (u8(bytes, start) >= 20 && u8(bytes, start) <= 23) return this.#record(bytes, start, direction, stream, emit);
    const is_prelogin = u8(bytes, start) === TYPE.prelogin;
    // The handshake goes on within packets, so nobody else can read it; what follows it comes as it is.
    if (is_prelogin && is_record(bytes, start + HEADER_BYTES)) return false;
    this.#packet(this.#session(0), packet, direction, stream, emit);
    return false;
  }

  /** A record outside of packets: the login, when only that is encrypted. */
  #record(bytes: Uint8Array, start: number, direction: Direction, stream: Stream, emit: Emit): boolean {
    this.#records++;
    if (this.#encryption !== ENCRYPT.off || this.#records > RECORDS_MAX) return true;
    const session = this.#session(0);
    const is_login = direction === TO_SERVER && u8(bytes, start) === APPLICATION_DATA;
    if (is_login && session.waiting_for !== TYPE.login) session.hidden(TYPE.login, stream, emit);
    return false;
  }

  #multiplexed(frame: Packet, direction: Direction, stream: Stream, emit: Emit): void {
    const { bytes, start, stop, size } = frame;
    const id = u16le(bytes, start + 2);
    this.#multiplexes = true;
    if (u8(bytes, start + 1) === SMP.fin) this.#sessions.delete(id);
    if (u8(bytes, start + 1) !== SMP.data) return;
    const at = start + SMP.header_bytes;
    const inner = size - SMP.header_bytes;
    if (stop - at < HEADER_BYTES || packet_size(bytes, at, stop, direction === TO_CLIENT) !== inner) return;
    this.#packet(this.#session(id), { bytes, start: at, stop, size: inner }, direction, stream, emit);
  }

  #packet(session: Session, packet: Packet, direction: Direction, stream: Stream, emit: Emit): void {
    if (direction === TO_SERVER) {
      session.request(packet, stream, emit);
      return;
    }
    const { bytes, start, stop } = packet;
    if (session.waiting_for === TYPE.prelogin && options_hold(bytes, start + HEADER_BYTES, stop)) {
      this.#encryption = encryption(bytes, start + HEADER_BYTES, stop);
      this.#records = 0;
    }
    session.answer(packet, stream, emit);
  }

  #session(id: number): Session {
    let session = this.#sessions.get(id);
    if (session === undefined) {
      if (this.#sessions.size >= SESSIONS_MAX) this.#sessions.delete(this.#sessions.keys().next().value!);
      session = new Session(id, this.#options, this.#requests, this.#agreement);
      this.#sessions.set(id, session);
    }
    return session;
  }

  #lose(direction: Direction, emit: Emit): void {
    for (const session of this.#sessions.values()) {
      if (direction === TO_SERVER) session.lose_request();
      else session.lose_answer(emit);
    }
  }

  #doubt(): ParseState {
    this.#damaged++;
    return this.#good > 0 && this.#damaged <= DAMAGED_MAX ? 'lost' : 'not_mine';
  }
}

export const protocol: Protocol = { card, infer, open: (options) => new TdsParser(options) };
