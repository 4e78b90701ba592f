// One CQL connection: frames both ways, each request answered on its stream; in version 5, frames within segments.
import { starts_with_fold, u8, u16be, u32be, utf8 } from '../bytes.ts';
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
  TO_SERVER,
} from '../protocol.ts';
import { unpack_snappy } from '../packing/snappy.ts';
import type { Stream } from '../stream.ts';
import { StreamBuffer } from '../stream-buffer.ts';
import { card } from './card.ts';
import { infer } from './infer.ts';
import { unpack_lz4 } from '../packing/lz4.ts';
import {
  body_holds,
  FLAG,
  HEADER_BYTES,
  header_holds,
  is_bare,
  is_response,
  OPCODE,
  REQUESTS,
  RESPONSES,
} from './messages.ts';
import { type Body, read_request } from './request.ts';
import { event_kind, read_response } from './response.ts';
import { SEGMENT_HEADER_BYTES, segment_at } from './segments.ts';
import { Statements } from './statements.ts';

/** Of a longer body the beginning is read and the rest passed over. */
const LOOK_BYTES = 16_384;
const PLAIN_BYTES_MAX = 131_072;
const DAMAGED_MAX = 64;
const NOWHERE = { moment_ns: 0, tcp_seq: 0, cap_seq: 0, pid: 0, tid: 0 };

type Step = 'next' | ParseState;

export class CassandraParser implements Parser {
  readonly #options: ParseOptions;
  readonly #statements = new Statements();
  /** Frames that came in segments. */
  readonly #inner = [new StreamBuffer(false), new StreamBuffer(false)];
  #snappy = false;
  #good = 0;
  #damaged = 0;

  constructor(options: ParseOptions) {
    this.#options = options;
  }

  parse(stream: Stream, direction: Direction, emit: Emit): ParseState {
    if (stream.resync) this.#inner[direction]!.drop();
    for (;;) {
      const { bytes, pos, end, hole } = stream;
      if (end - pos < HEADER_BYTES) return hole > 0 ? 'lost' : 'more';
      const bare = header_holds(bytes, pos) && is_bare(bytes, pos);
      const step = bare ? this.#frame(stream, stream, direction, emit) : this.#segment(stream, direction, emit);
      if (step !== 'next') return step === 'not_mine' ? this.#doubt() : step;
    }
  }

  #segment(stream: Stream, direction: Direction, emit: Emit): Step {
    const { bytes, pos, end, hole } = stream;
    const segment = end - pos > SEGMENT_HEADER_BYTES ? segment_at(bytes, pos) : undefined;
    if (segment === undefined) return 'not_mine';
    const { payload, length, plain, self_contained, size } = segment;
    if (end - pos < size && hole === 0) return 'more';
    const inner = this.#inner[direction]!;
    // Between frames a segment that is not whole in itself begins one; within a frame it goes on with it.
    if (self_contained && (inner.pos < inner.end || inner.skip > 0)) inner.drop();
    if (inner.pos === inner.end && inner.skip === 0) stream.mark();
    const stop = Math.min(end, payload + length);
    if (plain > 0) {
      const unpacked = unpack_lz4(bytes, payload, stop, plain) ?? new Uint8Array(0);
      inner.push(unpacked, 0, unpacked.length, plain, NOWHERE);
    } else inner.push(bytes, payload, stop, length, NOWHERE);
    let step: Step = 'next';
    while (step === 'next' && inner.end - inner.pos >= HEADER_BYTES) {
      step = header_holds(inner.bytes, inner.pos) ? this.#frame(inner, stream, direction, emit) : 'not_mine';
    }
    if (step === 'lost' || step === 'not_mine' || inner.hole > 0) inner.drop();
    else inner.settle();
    inner.resync = false;
    stream.advance(size);
    return 'next';
  }

  /** A frame at the position of `stream`; `outer` is the stream that the event came on. */
  #frame(stream: Stream, outer: Stream, direction: Direction, emit: Emit): Step {
    const { bytes, pos, end, hole } = stream;
    if (is_response(bytes, pos) === (direction === TO_SERVER)) return 'not_mine';
    const size = HEADER_BYTES + u32be(bytes, pos + 5);
    if (end - pos < Math.min(size, LOOK_BYTES) && hole === 0) return 'more';
    const stop = Math.min(end, pos + Math.min(size, LOOK_BYTES));
    if (!body_holds(bytes, pos, stop)) return 'not_mine';
    this.#good++;
    this.#damaged = 0;
    if (stream === outer) outer.mark();
    emit(this.#message(bytes, pos, stop, size, direction));
    stream.advance(size);
    return 'next';
  }

  #message(bytes: Uint8Array, pos: number, stop: number, length: number, direction: Direction): Message {
    const opcode = u8(bytes, pos + 4);
    const flags = u8(bytes, pos + 1);
    const body = this.#open(bytes, pos, stop, flags);
    const message = new_message(direction === TO_SERVER ? MESSAGE_TYPE.request : MESSAGE_TYPE.response);
    message.request_type = (direction === TO_SERVER ? REQUESTS : RESPONSES).get(opcode)!;
    message.version = String(u8(bytes, pos) & 0x7f);
    message.request_id = u16be(bytes, pos + 2);
    message.length = length;
    if (direction === TO_SERVER) {
      if (opcode === OPCODE.startup) this.#snappy = names_snappy(body);
      read_request(message, opcode, flags, body, this.#statements, this.#options);
    } else if (opcode === OPCODE.event) {
      message.type = MESSAGE_TYPE.session;
      message.one_way = true;
      message.request_resource = event_kind(body);
    } else {
      // Told by the request.
      forget(message, 'request_type');
      read_response(message, opcode, flags, body, this.#statements);
    }
    return message;
  }

  #open(bytes: Uint8Array, pos: number, stop: number, flags: number): Body {
    const at = pos + HEADER_BYTES;
    if ((flags & FLAG.compressed) === 0) return { bytes, at, stop };
    // LZ4 here has the length before compression in front, big endian.
    const length = Math.min(u32be(bytes, at), PLAIN_BYTES_MAX);
    const plain = this.#snappy
      ? unpack_snappy(bytes, at, stop, PLAIN_BYTES_MAX)
      : unpack_lz4(bytes, at + 4, stop, stop - at < 4 ? 0 : length);
    return { bytes: plain ?? new Uint8Array(0), at: 0, stop: plain?.length ?? 0 };
  }

  #doubt(): ParseState {
    this.#damaged++;
    return this.#good > 0 && this.#damaged <= DAMAGED_MAX ? 'lost' : 'not_mine';
  }
}

/** Whether STARTUP asks for Snappy. */
function names_snappy({ bytes, at, stop }: Body): boolean {
  const text = utf8(bytes, at, Math.min(stop, at + 1024));
  const value = text.indexOf('COMPRESSION');
  if (value < 0) return false;
  const start = Buffer.byteLength(text.slice(0, value)) + at + 'COMPRESSION'.length + 2;
  return starts_with_fold(bytes, start, stop, 'snappy');
}

export const protocol: Protocol = { card, infer, open: (options) => new CassandraParser(options) };
