// One handshake: records of both sides until both encrypt, then the connection is nobody's to read. Roles are taken from the
// hellos, not from who connected: with FTP the server may connect and still be the server of TLS.
import { u8 } from '../bytes.ts';
import {
  type Direction,
  type Emit,
  MESSAGE_TYPE,
  type Message,
  type ParseOptions,
  type ParseState,
  type Parser,
  type Protocol,
  STATUS,
  type Status,
  type Succession,
  TO_CLIENT,
  TO_SERVER,
} from '../protocol.ts';
import type { Stream } from '../stream.ts';
import { card } from './card.ts';
import { cipher_name } from './ciphers.ts';
import { blame, Facts, request_of } from './facts.ts';
import { client_hello, old_hello_length } from './hello.ts';
import { infer } from './infer.ts';
import { ALERT_WARNING, alert_name, CLOSE_NOTIFY, HANDSHAKE, RECORD, USER_CANCELED } from './messages.ts';
import { Handshake, HEADER_BYTES, record_length } from './record.ts';

/** A handshake has some ten; with more its end was missed. */
const RECORDS_MAX = 64;
/** Places lost in one handshake before the rest is left alone. */
const LOST_MAX = 4;
const ALERT_BYTES = 2;
const ENCRYPTED_ALERT = 'encrypted alert';
const NO_TLS = 'the answer is not TLS';
const NO_END = 'the end of the handshake was not seen';

interface Side {
  readonly handshake: Handshake;
  /** Up to TLS 1.2: what it sends from here on is encrypted. */
  encrypts: boolean;
  records: number;
  bytes: number;
}
const new_side = (): Side => ({ handshake: new Handshake(), encrypts: false, records: 0, bytes: 0 });

export class TlsParser implements Parser {
  readonly #facts: Facts;
  readonly #sides: readonly [Side, Side] = [new_side(), new_side()];
  /** The peers agreed to encrypt in another protocol: whatever comes is. */
  readonly #agreed: boolean;
  /** Towards the server of TLS; undefined until a hello was seen. */
  #to_server: Direction | undefined = undefined;
  #asked = false;
  #early_data = false;
  #records = 0;
  #lost = 0;
  /** Complete but for what the server thinks of the client's certificate, which comes encrypted. */
  #pending: { message: Message; emit: Emit } | undefined = undefined;
  /** The server's next record has the length of an alert, or of two bytes of data: one if it was the last, the other if not. */
  #refused = false;

  constructor(options: ParseOptions, before?: Succession) {
    this.#facts = new Facts(options);
    this.#agreed = before !== undefined;
  }

  parse(stream: Stream, direction: Direction, emit: Emit): ParseState {
    const side = this.#sides[direction];
    if (stream.resync) side.handshake.forget();
    for (;;) {
      const { bytes, pos, end, hole } = stream;
      if (pos >= end && this.#refused && stream.ended && direction !== this.#to_server) return this.#refuse(emit);
      if (pos >= end) return hole > 0 ? this.#lose(emit) : 'more';
      const length = record_length(bytes, pos, end);
      if (length === 'more') return hole > 0 ? this.#lose(emit) : 'more';
      if (length === undefined) {
        const state = this.#stranger(stream, direction, emit);
        if (state === 'taken') continue;
        return state;
      }
      const type = u8(bytes, pos);
      const start = pos + HEADER_BYTES;
      // Of encrypted data its length is all that is of interest.
      if (type !== RECORD.application_data && start + length > end && hole === 0) return 'more';
      if (++this.#records > RECORDS_MAX) return this.#end(emit);
      if (this.#begins(type, direction)) stream.mark();
      side.records++;
      side.bytes += HEADER_BYTES + length;
      const over = this.#record(type, direction, bytes, start, Math.min(end, start + length), length, emit);
      stream.advance(HEADER_BYTES + length);
      if (over) return 'encrypted';
    }
  }

  /** Whether the next message emitted begins with this record, or later. */
  #begins(type: number, direction: Direction): boolean {
    if (type === RECORD.handshake) return this.#sides[direction].handshake.between;
    return this.#pending === undefined || direction !== this.#to_server;
  }

  /** True when the handshake is over. */
  #record(
    type: number,
    direction: Direction,
    bytes: Uint8Array,
    start: number,
    end: number,
    length: number,
    emit: Emit,
  ): boolean {
    const side = this.#sides[direction];
    switch (type) {
      case RECORD.change_cipher_spec:
        if (!this.#facts.hidden) this.#change(side, direction);
        return false;
      case RECORD.handshake:
        if (side.encrypts && !this.#facts.hidden && !this.#facts.retried) {
          return this.#sides.every((each) => each.encrypts) && this.#over(emit, STATUS.ok);
        }
        side.handshake.feed(bytes, start, end, length - (end - start), (kind, of, from, to) =>
          this.#message(kind, direction, of, from, to, emit),
        );
        return false;
      case RECORD.alert:
        return this.#alert(direction, bytes, start, end, length, emit);
      case RECORD.application_data:
        return this.#facts.hidden ? this.#hidden(direction, length, emit) : this.#data(direction, emit);
      default:
        return false;
    }
  }

  #change(side: Side, direction: Direction): void {
    side.encrypts = true;
    if (this.#facts.hello === undefined || this.#facts.resumed !== undefined) return;
    this.#facts.resumed = direction !== this.#to_server;
  }

  #message(type: number, direction: Direction, bytes: Uint8Array, start: number, end: number, emit: Emit): void {
    if (type === HANDSHAKE.client_hello) {
      if (!this.#asked) this.#ask(direction, bytes, start, end, emit);
      return;
    }
    if (type === HANDSHAKE.server_hello) this.#to_server ??= direction === TO_SERVER ? TO_CLIENT : TO_SERVER;
    if (direction === this.#to_server) {
      this.#facts.from_client(type, bytes, start, end);
      return;
    }
    const known = this.#facts.hello;
    this.#facts.from_server(type, bytes, start, end);
    if (known === this.#facts.hello) return;
    // When nothing more is heard, this much is known of the answer.
    const response = this.#response(STATUS.unknown);
    response.response_exception ??= NO_END;
    response.interim = true;
    response.unfinished = true;
    emit(response);
  }

  #ask(direction: Direction, bytes: Uint8Array, start: number, end: number, emit: Emit): void {
    const hello = client_hello(bytes, start, end);
    if (hello === undefined) return;
    this.#asked = true;
    this.#to_server = direction;
    this.#early_data = hello.early_data;
    emit(request_of(hello, this.#sides[direction].bytes));
  }

  /** Pairs of level and description (RFC 8446 section 6), unless encrypted. */
  #alert(direction: Direction, bytes: Uint8Array, start: number, end: number, length: number, emit: Emit): boolean {
    const by_client = direction === this.#to_server;
    if (length !== ALERT_BYTES) return this.#over(emit, blame(by_client), ENCRYPTED_ALERT);
    if (end - start < ALERT_BYTES) return this.#over(emit, STATUS.unknown);
    const code = u8(bytes, start + 1);
    const name = alert_name(code);
    const warns = u8(bytes, start) === ALERT_WARNING;
    // It gives up without an error.
    if (code === CLOSE_NOTIFY) return this.#over(emit, STATUS.unknown, this.#facts.warning ?? name);
    // In TLS 1.3 all others are fatal, whatever level they claim.
    if (code !== USER_CANCELED && (!warns || this.#facts.hidden)) return this.#over(emit, blame(by_client), name, code);
    this.#facts.warning = name;
    return false;
  }

  /** Data before TLS 1.3: the server's comes when all is agreed; a client may send before the server's last word. */
  #data(direction: Direction, emit: Emit): boolean {
    if (this.#to_server === undefined) return true;
    const by_client = direction === this.#to_server;
    if (by_client && !this.#sides[by_server(this.#to_server)].encrypts) return false;
    return this.#over(emit, STATUS.ok);
  }

  /** An encrypted record of TLS 1.3 behind the ServerHello: lengths tell what the first of the client is. */
  #hidden(direction: Direction, length: number, emit: Emit): boolean {
    const by_client = direction === this.#to_server;
    const suite = cipher_name(this.#facts.hello!.cipher_suite);
    // Content type and authentication tag (RFC 8446 section 5.2; RFC 6655 section 6.1).
    const added = 1 + (suite.includes('_CCM_8_') ? 8 : 16);
    const is_alert = length === ALERT_BYTES + added;
    if (!by_client) {
      if (this.#pending === undefined) return false;
      if (is_alert && !this.#refused) {
        this.#refused = true;
        return false;
      }
      return this.#over(emit, STATUS.ok);
    }
    if (this.#pending !== undefined) return false;
    if (this.#early_data) return this.#over(emit, STATUS.ok);
    if (is_alert) return this.#over(emit, STATUS.client_error, ENCRYPTED_ALERT);
    const finished = 4 + (suite.endsWith('SHA384') ? 48 : suite.endsWith('SHA512') ? 64 : 32) + added;
    if (length === finished) return this.#over(emit, STATUS.ok);
    this.#pending = { message: this.#response(STATUS.ok), emit };
    return false;
  }

  /** An alert ends the connection (RFC 8446 section 6.2), and here it has ended. */
  #refuse(emit: Emit): ParseState {
    this.#pending = undefined;
    this.#over(emit, STATUS.server_error, ENCRYPTED_ALERT);
    return 'encrypted';
  }

  #over(emit: Emit, status: Status, exception?: string, code?: number): boolean {
    if (this.#pending !== undefined) {
      const { message, emit: as_it_was } = this.#pending;
      this.#pending = undefined;
      as_it_was(message);
      return true;
    }
    const response = this.#response(status === STATUS.ok && this.#facts.hello === undefined ? STATUS.unknown : status);
    if (exception !== undefined) response.response_exception = exception;
    if (code !== undefined) response.response_code = code;
    emit(response);
    return true;
  }

  #response(status: Status): Message {
    return this.#facts.response(status, this.#sides[by_server(this.#to_server ?? TO_SERVER)].bytes);
  }

  /** Its end was missed. */
  #end(emit: Emit): ParseState {
    if (this.#to_server !== undefined) this.#over(emit, STATUS.unknown, NO_END);
    return 'encrypted';
  }

  /** Bytes that are no record. */
  #stranger(stream: Stream, direction: Direction, emit: Emit): ParseState | 'taken' {
    const side = this.#sides[direction];
    if (side.records === 0 && !stream.resync) {
      if (!this.#asked) {
        const state = this.#old_hello(stream, direction, emit);
        if (state !== undefined) return state;
      } else if (direction !== this.#to_server) {
        stream.mark();
        emit({ type: MESSAGE_TYPE.response, response_status: STATUS.server_error, response_exception: NO_TLS });
        return 'done';
      }
    }
    if (this.#records > 0) return this.#lose(emit);
    return this.#agreed ? this.#pass(stream) : 'not_mine';
  }

  /** What the other protocol left unread, or another kind of encryption than TLS: nothing in it was to be read. */
  #pass(stream: Stream): ParseState {
    stream.advance(stream.end - stream.pos + stream.hole);
    return ++this.#lost > LOST_MAX ? 'encrypted' : 'more';
  }

  #old_hello(stream: Stream, direction: Direction, emit: Emit): ParseState | 'taken' | undefined {
    const { bytes, pos, end, hole } = stream;
    const length = old_hello_length(bytes, pos, end);
    if (length === undefined) return undefined;
    if (length === 'more') return hole > 0 ? this.#lose(emit) : 'more';
    this.#asked = true;
    this.#to_server = direction;
    this.#records++;
    stream.mark();
    emit(request_of({ early_data: false }, length));
    stream.advance(length);
    return 'taken';
  }

  #lose(emit: Emit): ParseState {
    return ++this.#lost > LOST_MAX ? this.#end(emit) : 'lost';
  }
}

const by_server = (to_server: Direction): Direction => (to_server === TO_SERVER ? TO_CLIENT : TO_SERVER);

export const protocol: Protocol = { card, infer, open: (options, before) => new TlsParser(options, before) };
