// The answer to one call: data packets until it ends.
import { u16be, u32be, u8 } from '../bytes.ts';
import { type Emit, type Message, MESSAGE_TYPE, new_message, type ParseOptions, STATUS } from '../protocol.ts';
import { Cursor } from './cursor.ts';
import { error_status, error_text, NO_DATA } from './errors.ts';
import { MESSAGES, NATIVE_SERVICES, TTC } from './messages.ts';
import type { Asked, Requests } from './request.ts';
import { END_BYTES_MAX, Ending, error_number } from './response.ts';

/** Native services: number of the service, of its parts, an error; of encryption and checksums the second part is the choice. */
const SERVICES_AT = 13;
const SERVICE_BYTES = 8;
const PART_BYTES = 4;
const ENCRYPTION = 2;
const CHECKSUMS = 3;
const CHOICE = 2;
/** Bytes that a checksum adds to each packet, by the number of its algorithm: MD5, SHA-1, SHA-512, SHA-256, SHA-384, and one more. */
const SEAL_BYTES: Readonly<Record<number, number>> = { 1: 17, 3: 21, 4: 65, 5: 33, 6: 49 };
/** Place of the field version in the server's capabilities. */
const FIELD_VERSION = 7;

/** TTC of a packet: [at, stop) of it is readable, all of it when `whole`. */
export interface Piece {
  bytes: Uint8Array;
  at: number;
  stop: number;
  whole: boolean;
  /** Of the packet. */
  size: number;
  /** Said to be the last. */
  ends: boolean;
  /** Encrypted or compressed: nothing of it can be read. */
  opaque: boolean;
  /** Without that, and without what ends an answer, another may follow. */
  may_go_on: boolean;
}

export class Answer {
  /** All that follows is. */
  encrypted = false;
  readonly #options: ParseOptions;
  readonly #requests: Requests;
  readonly #ending = new Ending();
  readonly #cursor = new Cursor();
  /** Bytes behind TTC in each packet. */
  #seal = 0;
  #asked: Asked | undefined;
  #length = 0;
  /** First message of it; -1: none yet. */
  #first = -1;
  #begun_told = false;
  /** The last bytes of its packets so far, in front of what will end it. */
  readonly #tail = new Uint8Array(2 * END_BYTES_MAX);
  #tail_bytes = 0;

  constructor(options: ParseOptions, requests: Requests) {
    this.#options = options;
    this.#requests = requests;
  }

  get begins(): boolean {
    return this.#asked === undefined;
  }

  begin(asked: Asked): void {
    this.#asked = asked;
    this.#length = 0;
    this.#first = -1;
    this.#begun_told = false;
    this.#tail_bytes = 0;
  }

  /** What was seen of an answer is all that will be. */
  lose(): void {
    this.#asked = undefined;
  }

  /** Of a pipeline: which call is answered; 0: it does not say. */
  token_of(piece: Piece): number {
    if (piece.stop <= piece.at || u8(piece.bytes, piece.at) !== TTC.token) return 0;
    return this.#cursor.set(piece.bytes, piece.at + 1, piece.stop).number(8);
  }

  add(piece: Piece, emit: Emit): void {
    const { bytes, at, stop } = piece;
    const asked = this.#asked!;
    this.#length += piece.size;
    if (this.#first < 0) {
      this.#first = stop > at && !piece.opaque ? this.#first_of(piece) : 0;
      if (asked.agrees) this.#learn(bytes, at, stop);
    }
    const last = stop - this.#seal;
    const readable = piece.whole && last > at && !piece.opaque;
    const found = readable && !this.#agreed(asked) ? this.#find(bytes, at, last) : 'none';
    if (found === 'none' && !piece.ends && piece.may_go_on && !this.#agreed(asked)) {
      this.#keep(bytes, at, last, piece.whole);
      this.#tell_begun(emit);
      return;
    }
    this.#asked = undefined;
    emit(this.#message(asked, found, piece));
  }

  /** The first message, behind the token of a pipeline. */
  #first_of(piece: Piece): number {
    const { bytes, at, stop } = piece;
    if (u8(bytes, at) !== TTC.token) return u8(bytes, at);
    const cursor = this.#cursor.set(bytes, at + 1, stop);
    cursor.number(8);
    return cursor.u8();
  }

  /** What agrees on types and services ends without an error message. */
  #agreed(asked: Asked): boolean {
    return asked.agrees && (this.#first === TTC.data_types || this.#is_native_services);
  }

  get #is_native_services(): boolean {
    return this.#first === NATIVE_SERVICES >>> 24;
  }

  #find(bytes: Uint8Array, at: number, stop: number): 'error' | 'status' | 'none' {
    if (this.#tail_bytes === 0 || stop - at >= END_BYTES_MAX) return this.#ending.find(bytes, at, stop);
    // The message may have begun in the packet before.
    this.#tail.set(bytes.subarray(at, stop), this.#tail_bytes);
    return this.#ending.find(this.#tail, 0, this.#tail_bytes + stop - at);
  }

  #keep(bytes: Uint8Array, at: number, stop: number, whole: boolean): void {
    if (!whole) {
      this.#tail_bytes = 0;
      return;
    }
    const from = Math.max(at, stop - END_BYTES_MAX);
    const kept = Math.min(this.#tail_bytes, END_BYTES_MAX - (stop - from));
    this.#tail.copyWithin(0, this.#tail_bytes - kept, this.#tail_bytes);
    this.#tail.set(bytes.subarray(from, stop), kept);
    this.#tail_bytes = kept + stop - from;
  }

  /** Rows began; how the answer ends is told when it is seen. */
  #tell_begun(emit: Emit): void {
    if (this.#begun_told || !this.#rows_began) return;
    this.#begun_told = true;
    const message = new_message(MESSAGE_TYPE.response, STATUS.ok);
    message.request_id = this.#asked!.sequence;
    message.interim = true;
    message.unfinished = true;
    emit(message);
  }

  get #rows_began(): boolean {
    return MESSAGES.get(this.#first)?.use === 'rows';
  }

  #message(asked: Asked, found: 'error' | 'status' | 'none', piece: Piece): Message {
    const message = new_message(MESSAGE_TYPE.response);
    message.request_id = asked.sequence;
    message.length = this.#length;
    const ending = this.#ending;
    if (found !== 'error') {
      this.#judge_without(message, found, asked, piece);
      return message;
    }
    const { number } = ending;
    if (asked.statement !== undefined && ending.cursor > 0) this.#requests.opened(ending.cursor, asked.statement);
    if (number > 0 && number !== NO_DATA) this.#fail(message, number, ending.text);
    else {
      message.response_status = STATUS.ok;
      if (!asked.agrees) message.sql_affected_rows = ending.rows;
    }
    return message;
  }

  #fail(message: Message, number: number, text: string): void {
    message.response_code = number;
    message.response_status = error_status(number);
    message.response_exception = error_text(number, text, this.#options.redact);
  }

  #judge_without(message: Message, found: 'status' | 'none', asked: Asked, piece: Piece): void {
    if (this.#first === TTC.error) {
      const failure = error_number(piece.bytes, piece.at, piece.stop);
      if (failure !== undefined && failure.number !== NO_DATA) {
        this.#fail(message, failure.number, failure.text);
        return;
      }
    }
    const fine: boolean = found === 'status' || this.#rows_began || this.#agreed(asked) || this.#first === TTC.protocol;
    message.response_status = fine ? STATUS.ok : STATUS.unknown;
  }

  #learn(bytes: Uint8Array, at: number, stop: number): void {
    if (this.#first === TTC.protocol) this.#learn_version(bytes, at, stop);
    else if (this.#is_native_services && u32be(bytes, at) === NATIVE_SERVICES) this.#learn_services(bytes, at, stop);
  }

  /** Version, 0, a name up to a 0, character set (2), flags, elements (count in 2, 5 each), a list (length in 2), capabilities. */
  #learn_version(bytes: Uint8Array, at: number, stop: number): void {
    let i = at + 3;
    while (i < stop && u8(bytes, i) !== 0) i++;
    i += 4;
    i += 2 + 5 * (u8(bytes, i) | (u8(bytes, i + 1) << 8));
    i += 2 + u16be(bytes, i);
    const length = u8(bytes, i);
    if (length > FIELD_VERSION && i + 1 + length <= stop)
      this.#requests.server_version = u8(bytes, i + 1 + FIELD_VERSION);
  }

  #learn_services(bytes: Uint8Array, start: number, stop: number): void {
    let at = start + SERVICES_AT;
    while (at + SERVICE_BYTES <= stop) {
      const service = u16be(bytes, at);
      const parts = u16be(bytes, at + 2);
      at += SERVICE_BYTES;
      for (let part = 0; part < parts && at + PART_BYTES <= stop; part++) {
        const length = u16be(bytes, at);
        const choice = part === 1 && length === 1 && u16be(bytes, at + 2) === CHOICE ? u8(bytes, at + PART_BYTES) : 0;
        if (choice > 0 && service === ENCRYPTION) this.encrypted = true;
        if (choice > 0 && service === CHECKSUMS) this.#seal = SEAL_BYTES[choice] ?? 0;
        at += PART_BYTES + length;
      }
    }
  }
}
