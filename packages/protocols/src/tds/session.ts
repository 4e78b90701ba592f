// One session: requests in turn, each answered before the next. Without MARS a connection is one session.
import { u8 } from '../bytes.ts';
import { type Emit, type Message, MESSAGE_TYPE, new_message, type ParseOptions, STATUS } from '../protocol.ts';
import type { Stream } from '../stream.ts';
import { StreamBuffer } from '../stream-buffer.ts';
import { error_status, error_text } from './errors.ts';
import { encryption, encryption_name } from './login.ts';
import { HEADER_BYTES, STATUS_BIT, TYPE } from './messages.ts';
import type { Asked, Requests } from './request.ts';
import { type Agreement, Tokens } from './tokens.ts';

/** Of a request in several packets, what is gathered. */
const GATHERED_MAX = 65_536;
const NOWHERE = { moment_ns: 0, tcp_seq: 0, cap_seq: 0, pid: 0, tid: 0 };

/** A packet: [start, stop) of `bytes` is readable of its `size` bytes, header included. */
export interface Packet {
  bytes: Uint8Array;
  start: number;
  stop: number;
  size: number;
}

export class Session {
  readonly #id: number;
  readonly #options: ParseOptions;
  readonly #requests: Requests;
  readonly #tokens: Tokens;
  readonly #inner = new StreamBuffer(false);
  /** The request that is being gathered: its type, 0 without. */
  #type = 0;
  #gathered: Uint8Array | undefined;
  #stop = 0;
  #length = 0;
  #cut = false;
  #asked: Asked | undefined;
  /** Within a message of the server. */
  #answering = false;
  #answer_length = 0;
  #unfinished_told = false;

  constructor(id: number, options: ParseOptions, requests: Requests, agreement: Agreement) {
    this.#id = id;
    this.#options = options;
    this.#requests = requests;
    this.#tokens = new Tokens(agreement);
  }

  /** The request that waits for its answer: its type, 0 without. */
  get waiting_for(): number {
    return this.#asked?.type ?? 0;
  }

  /** Bytes of the client were lost: what was gathered is no whole message. */
  lose_request(): void {
    this.#type = 0;
  }

  /** Bytes of the server were lost. */
  lose_answer(emit: Emit): void {
    if (!this.#answering) return;
    this.#tokens.lost = true;
    this.#inner.drop();
    this.#tell_unfinished(emit);
  }

  request(packet: Packet, stream: Stream, emit: Emit): void {
    const { bytes, start, stop, size } = packet;
    const type = u8(bytes, start);
    const status = u8(bytes, start + 1);
    if (type === TYPE.attention) {
      stream.mark();
      const message = new_message(MESSAGE_TYPE.session);
      message.one_way = true;
      message.request_type = 'Attention';
      message.request_id = this.#id;
      message.length = size;
      emit(message);
      return;
    }
    const ends = (status & STATUS_BIT.end) !== 0;
    if (type !== this.#type) {
      this.#type = type;
      this.#stop = 0;
      this.#length = 0;
      this.#cut = false;
      stream.mark();
      // Rows of a bulk load may come for hours; nothing of them is told.
      if (type === TYPE.bulk) this.#ask(this.#requests.read(type, bytes, start, start), emit, 0);
      else if (ends) {
        this.#type = 0;
        this.#ask(this.#requests.read(type, bytes, start + HEADER_BYTES, stop), emit, size);
        return;
      }
    }
    this.#length += size;
    if (type !== TYPE.bulk) this.#gather(bytes, start + HEADER_BYTES, stop, stop < start + size);
    if (!ends) return;
    this.#type = 0;
    if (type === TYPE.bulk) return;
    this.#ask(this.#requests.read(type, this.#gathered!, 0, this.#stop), emit, this.#length);
  }

  /** A request whose content cannot be seen. */
  hidden(type: number, stream: Stream, emit: Emit): void {
    stream.mark();
    this.#ask(this.#requests.read(type, stream.bytes, stream.pos, stream.pos), emit, 0);
  }

  #gather(bytes: Uint8Array, start: number, stop: number, cut: boolean): void {
    this.#gathered ??= new Uint8Array(GATHERED_MAX);
    if (this.#cut) return;
    const kept = Math.min(stop - start, GATHERED_MAX - this.#stop);
    this.#gathered.set(bytes.subarray(start, start + kept), this.#stop);
    this.#stop += kept;
    this.#cut = cut || kept < stop - start;
  }

  #ask(asked: Asked, emit: Emit, length: number): void {
    asked.message.request_id = this.#id;
    if (length > 0) asked.message.length = length;
    this.#asked = asked;
    this.#answering = false;
    emit(asked.message);
  }

  answer(packet: Packet, stream: Stream, emit: Emit): void {
    const { bytes, start, stop, size } = packet;
    if (!this.#answering) {
      this.#answering = true;
      this.#answer_length = 0;
      this.#unfinished_told = false;
      this.#tokens.begin();
      this.#inner.drop();
      stream.mark();
    }
    this.#answer_length += size;
    const ends = (u8(bytes, start + 1) & STATUS_BIT.end) !== 0;
    if (this.#asked?.type === TYPE.prelogin) {
      if (ends) this.#tell_prelogin(bytes, start + HEADER_BYTES, stop, emit);
      return;
    }
    this.#walk(bytes, start + HEADER_BYTES, stop, size - HEADER_BYTES);
    if (!ends) {
      if (this.#tokens.lost) this.#tell_unfinished(emit);
      return;
    }
    this.#answering = false;
    const found =
      this.#tokens.whole || (stop === start + size && this.#tokens.find_end(bytes, start + HEADER_BYTES, stop));
    this.#tell(found, emit);
  }

  #walk(bytes: Uint8Array, start: number, stop: number, length: number): void {
    if (this.#tokens.lost) return;
    const inner = this.#inner;
    inner.push(bytes, start, stop, length, NOWHERE);
    this.#tokens.run(inner);
    if (this.#tokens.lost) inner.drop();
    else inner.settle();
    inner.resync = false;
  }

  #tell(found: boolean, emit: Emit): void {
    const asked = this.#asked;
    const tokens = this.#tokens;
    // Among them the acknowledgement of an attention to a request that was answered already.
    if (asked === undefined) return;
    this.#asked = undefined;
    const message = this.#response();
    message.length = this.#answer_length;
    this.#judge(message, found);
    if (tokens.counted && !tokens.lost) message.sql_affected_rows = tokens.rows;
    if (asked.prepared !== undefined && tokens.handle >= 0) this.#requests.prepared(tokens.handle, asked.prepared);
    if (asked.type === TYPE.login && tokens.server !== '') message.response_result = tokens.server;
    emit(message);
  }

  #response(): Message {
    const message = new_message(MESSAGE_TYPE.response);
    message.request_id = this.#id;
    return message;
  }

  #judge(message: Message, found: boolean): void {
    const { failure, failed, acknowledged, begun } = this.#tokens;
    if (failure !== undefined) {
      message.response_code = failure.number;
      message.response_status = error_status(failure.number, failure.severity);
      message.response_exception = error_text(failure.number, failure.text, this.#options.redact);
    } else if (acknowledged) {
      message.response_status = STATUS.client_error;
      message.response_exception = 'canceled by an attention';
    } else if (failed) message.response_status = STATUS.server_error;
    else message.response_status = found || begun ? STATUS.ok : STATUS.unknown;
  }

  /** Rows began; how the answer ends is told later, if it is seen. */
  #tell_unfinished(emit: Emit): void {
    if (this.#asked === undefined || this.#unfinished_told || !this.#tokens.begun) return;
    this.#unfinished_told = true;
    const message = this.#response();
    message.interim = true;
    message.unfinished = true;
    this.#judge(message, false);
    emit(message);
  }

  #tell_prelogin(bytes: Uint8Array, start: number, stop: number, emit: Emit): void {
    this.#asked = undefined;
    this.#answering = false;
    const said = encryption(bytes, start, stop);
    const message = this.#response();
    message.response_status = STATUS.ok;
    message.length = this.#answer_length;
    if (said >= 0) message.response_result = `encryption ${encryption_name(said)}`;
    emit(message);
  }
}
