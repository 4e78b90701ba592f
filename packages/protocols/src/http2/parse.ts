// HTTP/2 (RFC 9113). A connection older than the observer, or one of which header blocks were missed, gives what is
// certain: fields that were indexed before are unknown then, see hpack.ts.
import { starts_with, u32be } from '../bytes.ts';
import {
  copy_message,
  type Direction,
  type Emit,
  type Message,
  MESSAGE_TYPE,
  new_message,
  type ParseOptions,
  type Parser,
  type ParseState,
  type Protocol,
  TO_CLIENT,
  TO_SERVER,
} from '../protocol.ts';
import { type BodyWatch, watch_bodies } from '../http/watch.ts';
import type { Stream } from '../stream.ts';
import { type Call, Calls, new_call } from './calls.ts';
import { card } from './card.ts';
import { FIELD, type Fields, fields_for } from './fields.ts';
import {
  type Content,
  FLAG,
  FRAME,
  FRAME_HEADER_BYTES,
  type FrameHeader,
  find_content,
  max_frame_size,
  PREFACE,
  plausible_frame,
  read_frame_header,
  valid_frame,
} from './frames.ts';
import { infer } from './infer.ts';
import { GRPC_ID, kind_of, put_reset, put_trailers, request_message, response_message } from './messages.ts';
import { Side } from './side.ts';

// Scratch of one parse call; parsing is synchronous.
const frame: FrameHeader = { length: 0, type: 0, flags: 0, stream: 0 };
const content: Content = { start: 0, end: 0 };

/** Frames whose payload is looked into; others are passed over by their length. */
const READ = new Set<number>([FRAME.headers, FRAME.push_promise, FRAME.continuation, FRAME.rst_stream, FRAME.settings]);

class Http2Parser implements Parser {
  private readonly options: ParseOptions;
  private readonly fields: Fields;
  private readonly sides: readonly [Side, Side];
  private readonly calls = new Calls();
  /** A header block was read. */
  private proved = false;
  /** Id of the card whose API the peers' header fields told; 0: none did. */
  private known = 0;

  constructor(options: ParseOptions) {
    this.options = options;
    this.fields = fields_for(options);
    this.sides = [new Side(this.fields), new Side(this.fields)];
  }

  parse(stream: Stream, direction: Direction, emit: Emit): ParseState {
    const side = this.sides[direction];
    if (stream.resync) side.lost();
    let state: ParseState | undefined;
    while (state === undefined) state = this.frame(stream, side, direction, emit);
    if (stream.ended && direction === TO_CLIENT) for (const call of this.calls.take_all()) this.give(call, emit);
    return state;
  }

  /** One frame, or the preface; undefined = go on. */
  private frame(stream: Stream, side: Side, direction: Direction, emit: Emit): ParseState | undefined {
    const { bytes, pos, end } = stream;
    const available = end - pos;
    if (available === 0) return stream.hole > 0 ? 'lost' : 'more';
    if (!side.begun && direction === TO_SERVER && bytes[pos] === 80) return this.preface(stream, side);
    if (available < FRAME_HEADER_BYTES) return stream.hole > 0 ? 'lost' : 'more';
    read_frame_header(bytes, pos, frame);
    if (!valid_frame(frame, side.frame_bytes_max)) return this.refuse(stream);
    // Between the frames of one header block no other frame may stand (RFC 9113 section 6.10).
    const continues = frame.type === FRAME.continuation;
    if (continues !== side.block_stream > 0 || (continues && frame.stream !== side.block_stream)) {
      return this.refuse(stream);
    }
    if (stream.resync && !this.may_begin_here(stream, direction)) return this.refuse(stream);
    const call = frame.type === FRAME.data ? this.calls.get(frame.stream) : undefined;
    const reader = direction === TO_SERVER ? call?.watch?.asks : call?.answers;
    const looked_into = READ.has(frame.type) || reader !== undefined;
    const arrived = available >= FRAME_HEADER_BYTES + frame.length;
    if (looked_into && !arrived && stream.hole === 0 && !stream.ended) return 'more';
    return this.payload(stream, side, direction, emit);
  }

  /** After a loss any bytes may be a piece of data; but as long as nothing proved the protocol, the claim is wrong. */
  private refuse(stream: Stream): ParseState {
    return stream.resync && this.proved ? 'lost' : 'not_mine';
  }

  private preface(stream: Stream, side: Side): ParseState | undefined {
    const available = Math.min(PREFACE.length, stream.end - stream.pos);
    if (!starts_with(stream.bytes, stream.pos, stream.end, PREFACE.slice(0, available))) {
      return this.refuse(stream);
    }
    if (available < PREFACE.length) return stream.hole > 0 ? 'lost' : 'more';
    // The connection begins here, whatever came before it.
    side.hpack.begin();
    side.begun = true;
    stream.advance(PREFACE.length);
    return undefined;
  }

  /** After a loss: whether the frame at hand looks like one, and the one behind it, as far as that can be seen. */
  private may_begin_here(stream: Stream, direction: Direction): boolean {
    const { bytes, pos, end } = stream;
    if (!plausible_frame(bytes, pos, frame)) return false;
    if (direction === TO_SERVER && frame.type === FRAME.headers && frame.stream % 2 === 0) return false;
    const next = pos + FRAME_HEADER_BYTES + frame.length;
    if (next + FRAME_HEADER_BYTES > end) {
      // Nearly any bytes may be a piece of data with a stream's number; those of calls at hand are few.
      return frame.stream === 0 || frame.type === FRAME.headers || this.calls.get(frame.stream) !== undefined;
    }
    const { length, type, flags, stream: id } = frame;
    read_frame_header(bytes, next, frame);
    const plausible = plausible_frame(bytes, next, frame);
    Object.assign(frame, { length, type, flags, stream: id });
    return plausible;
  }

  /** The frame in `frame`, whose header stands at the stream's position; of its payload perhaps not all was captured. */
  private payload(stream: Stream, side: Side, direction: Direction, emit: Emit): ParseState | undefined {
    const { bytes, pos, end } = stream;
    const payload = pos + FRAME_HEADER_BYTES;
    const wire_bytes = FRAME_HEADER_BYTES + frame.length;
    const visible = Math.min(end, pos + wire_bytes);
    const whole = visible === pos + wire_bytes;
    side.begun = true;
    switch (frame.type) {
      case FRAME.headers:
      case FRAME.push_promise:
        if (!find_content(bytes, payload, visible, frame, content)) return 'not_mine';
        stream.mark();
        side.begin_block(frame.stream, frame.type, frame.flags);
        break;
      case FRAME.continuation:
        find_content(bytes, payload, visible, frame, content);
        break;
      case FRAME.data:
        this.data(bytes, payload, visible, whole, direction);
        stream.advance(wire_bytes);
        this.data_end(direction, emit);
        return undefined;
      case FRAME.rst_stream:
        stream.mark();
        stream.advance(wire_bytes);
        if (whole) this.reset(u32be(bytes, payload), direction, emit);
        return undefined;
      case FRAME.settings:
        // What one side announces holds for the frames of the other.
        this.sides[direction === TO_SERVER ? TO_CLIENT : TO_SERVER].allow_frames_of(
          max_frame_size(bytes, payload, visible),
        );
        stream.advance(wire_bytes);
        return undefined;
      default:
        stream.advance(wire_bytes);
        return undefined;
    }
    return this.block(stream, side, direction, emit, wire_bytes, whole);
  }

  /** A frame of a header block, its piece in `content`. */
  private block(
    stream: Stream,
    side: Side,
    direction: Direction,
    emit: Emit,
    wire_bytes: number,
    whole: boolean,
  ): ParseState | undefined {
    const ends = (frame.flags & FLAG.end_headers) !== 0;
    const alone = ends && frame.type !== FRAME.continuation;
    side.block_wire_bytes += wire_bytes;
    this.fields.reset();
    let good = true;
    if (alone) good = side.decode(stream.bytes, content.start, content.end, whole);
    else side.add_to_block(stream.bytes, content.start, content.end, whole);
    const { block_stream, block_type, block_flags, block_wire_bytes } = side;
    if (ends && !alone) good = side.end_block();
    if (alone) side.block_stream = 0;
    const was_resync = stream.resync;
    stream.advance(wire_bytes);
    if (!good) return was_resync && this.proved ? 'lost' : 'not_mine';
    this.proved = true;
    if (!ends || block_type === FRAME.push_promise || block_stream % 2 === 0) return undefined;
    const ends_stream = (block_flags & FLAG.end_stream) !== 0;
    if (direction === TO_SERVER) this.request(block_stream, block_wire_bytes, emit);
    else this.response(block_stream, block_wire_bytes, ends_stream, emit);
    return undefined;
  }

  private request(id: number, wire_bytes: number, emit: Emit): void {
    const { fields } = this;
    // Trailers of a request (RFC 9113 section 8.1) have no pseudo-header fields.
    if (!fields.begins_pseudo) return;
    if (this.calls.get(id)?.asked === true) {
      if (fields.get(FIELD.method) === undefined) return;
      // The end of the stream that had this number before was lost.
      this.calls.delete(id);
    }
    this.calls.forget_reset(id);
    const call = this.call(id, emit);
    call.asked = true;
    call.kind = kind_of(fields);
    this.known = fields.kind() || this.known;
    call.watch = this.watch();
    const message = request_message(fields, id, call.kind, wire_bytes, this.options);
    if (call.watch?.kind !== undefined && call.kind === 0) {
      message.l7_protocol = call.watch.kind;
      call.watch.put?.(message);
    }
    emit(message);
  }

  /** For the request in the fields. */
  private watch(): BodyWatch | undefined {
    const { fields } = this;
    const path = fields.get(FIELD.path);
    if (path === undefined) return undefined;
    const query = path.indexOf('?');
    return watch_bodies({
      method: fields.get(FIELD.method) ?? '',
      path: query < 0 ? path : path.slice(0, query),
      content_type: fields.get(FIELD.content_type) ?? '',
      content_encoding: fields.get(FIELD.content_encoding) ?? '',
      user_agent: fields.get(FIELD.user_agent) ?? '',
      known: this.known,
      options: this.options,
    });
  }

  private call(id: number, emit: Emit): Call {
    const known = this.calls.get(id);
    if (known !== undefined) return known;
    const call = new_call(id, 0);
    const evicted = this.calls.add(call);
    if (evicted !== undefined) this.give(evicted, emit);
    return call;
  }

  private response(id: number, wire_bytes: number, ends_stream: boolean, emit: Emit): void {
    const { fields } = this;
    if (this.calls.was_reset(id)) return;
    const call = this.call(id, emit);
    call.bytes += wire_bytes;
    if (call.kind === 0) call.kind = kind_of(fields);
    const has_grpc_status = fields.get(FIELD.grpc_status) !== undefined;
    if (call.kind === 0 && has_grpc_status) call.kind = GRPC_ID;
    if (call.answered || !fields.begins_pseudo) {
      // Trailers; of a stream whose beginning was missed, all that is known of its response.
      if (has_grpc_status && !call.answered) call.held = this.bare_response(call);
      if (call.held !== undefined) put_trailers(call.held, fields);
    } else {
      const message = response_message(fields, id, call.kind, wire_bytes, this.options);
      if (message.interim === true) {
        emit(message);
        return;
      }
      call.answered = true;
      const [type, coding] = [fields.get(FIELD.content_type) ?? '', fields.get(FIELD.content_encoding) ?? ''];
      const told = fields.kind();
      this.known = told || this.known;
      const kind = told || (call.watch?.kind ?? 0);
      if (kind !== 0) message.l7_protocol ??= kind;
      call.answers = call.watch?.answers(type, coding, message.response_code ?? 0);
      if (call.kind === 0 && call.answers === undefined) emit(message);
      else {
        call.held = message;
        if (has_grpc_status) put_trailers(message, fields);
        // A stream may live for hours before its status comes.
        if (!ends_stream && !has_grpc_status) emit(begun(message));
      }
    }
    if (ends_stream) this.finish(call, emit);
  }

  private bare_response(call: Call): Message {
    const message = new_message(MESSAGE_TYPE.response);
    message.request_id = call.id;
    message.version = '2';
    if (call.kind !== 0) message.l7_protocol = call.kind;
    return message;
  }

  private data(bytes: Uint8Array, payload: number, visible: number, whole: boolean, direction: Direction): void {
    const call = this.calls.get(frame.stream);
    if (call === undefined) return;
    if (direction === TO_CLIENT) call.bytes += FRAME_HEADER_BYTES + frame.length;
    const reader = direction === TO_SERVER ? call.watch?.asks : call.answers;
    if (reader === undefined) return;
    find_content(bytes, payload, visible, frame, content);
    reader.write(bytes, content.start, content.end);
    if (!whole) reader.broken();
  }

  private data_end(direction: Direction, emit: Emit): void {
    if (direction === TO_SERVER || (frame.flags & FLAG.end_stream) === 0) return;
    const call = this.calls.get(frame.stream);
    if (call !== undefined) this.finish(call, emit);
  }

  private reset(error: number, direction: Direction, emit: Emit): void {
    const call = this.calls.get(frame.stream);
    if (call === undefined) return;
    if (!call.answered && call.asked) {
      call.held = this.bare_response(call);
      put_reset(call.held, call.kind, error, direction === TO_SERVER);
    } else if (call.held !== undefined) {
      put_reset(call.held, call.kind, error, direction === TO_SERVER);
    }
    this.calls.note_reset(call.id);
    this.give(call, emit);
  }

  /** The server's side of the stream has ended. */
  private finish(call: Call, emit: Emit): void {
    this.calls.delete(call.id);
    this.give(call, emit);
  }

  private give(call: Call, emit: Emit): void {
    const { held } = call;
    if (held === undefined) return;
    call.held = undefined;
    held.length = call.bytes;
    call.answers?.finish(held);
    emit(held);
  }
}

function begun(message: Message): Message {
  const copy = copy_message(message);
  copy.interim = true;
  copy.unfinished = true;
  return copy;
}

export const protocol: Protocol = {
  card,
  infer,
  open: (options) => new Http2Parser(options),
};
