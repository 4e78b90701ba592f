// The WebSocket protocol (RFC 6455) after its opening handshake, which is HTTP's.
import type { Direction, Emit, Message, ParseOptions, Parser, ParseState, Protocol, Succession } from '../protocol.ts';
import type { Stream } from '../stream.ts';
import { card } from './card.ts';
import { new_frame, OPCODE, read_frame, unmasked } from './frame.ts';
import { infer } from './infer.ts';
import { put_close, session, show_text, TEXT_BYTES_SHOWN, type_name } from './messages.ts';

// Scratch of one parse call; parsing is synchronous.
const frame = new_frame();
const following = new_frame();

/** The unfinished message of a direction. */
interface Side {
  message: Message | undefined;
  /** In the middle of a message whose beginning was missed. */
  headless: boolean;
}

class WebSocketParser implements Parser {
  private readonly options: ParseOptions;
  private readonly before: Succession | undefined;
  private readonly sides: readonly [Side, Side] = [
    { message: undefined, headless: false },
    { message: undefined, headless: false },
  ];
  private closing = false;
  private proved: boolean;

  constructor(options: ParseOptions, before: Succession | undefined) {
    this.options = options;
    this.before = before;
    this.proved = before !== undefined;
  }

  parse(stream: Stream, direction: Direction, emit: Emit): ParseState {
    const side = this.sides[direction];
    if (stream.resync) {
      side.message = undefined;
      side.headless = true;
    }
    let state: ParseState | undefined;
    while (state === undefined) state = this.frame(stream, side, direction, emit);
    return state;
  }

  private frame(stream: Stream, side: Side, direction: Direction, emit: Emit): ParseState | undefined {
    const { bytes, pos, end } = stream;
    if (pos === end) return stream.hole > 0 ? 'lost' : 'more';
    const read = read_frame(bytes, pos, end, direction, frame);
    if (read === 0 || (read > 0 && !this.fits(stream, side, direction))) {
      return stream.resync && this.proved ? 'lost' : 'not_mine';
    }
    if (read < 0) return stream.hole > 0 ? 'lost' : 'more';
    const wanted = frame.header_bytes + this.payload_wanted();
    if (end - pos < wanted && stream.hole === 0 && !stream.ended) return 'more';
    const payload = unmasked(bytes, pos, frame, Math.min(this.payload_wanted(), end - pos - frame.header_bytes));
    this.proved = true;
    if (frame.opcode <= OPCODE.binary) this.data(stream, side, direction, payload, emit);
    else if (frame.opcode === OPCODE.close) this.close(stream, direction, payload, emit);
    else stream.advance(frame.header_bytes + frame.length);
    return undefined;
  }

  /** Whether the frame may stand here: a continuation within a message, anything else outside of one. */
  private fits(stream: Stream, side: Side, direction: Direction): boolean {
    if (stream.resync) {
      const next = stream.pos + frame.header_bytes + frame.length;
      return next >= stream.end || read_frame(stream.bytes, next, stream.end, direction, following) !== 0;
    }
    if (frame.opcode >= OPCODE.close || side.headless) return true;
    const continues = frame.opcode === OPCODE.continuation;
    return continues === (side.message !== undefined) && !(continues && frame.coded);
  }

  private payload_wanted(): number {
    if (frame.opcode === OPCODE.close) return frame.length;
    const shown = frame.opcode === OPCODE.text && !frame.coded && !this.options.redact;
    return shown ? Math.min(frame.length, TEXT_BYTES_SHOWN) : 0;
  }

  private data(stream: Stream, side: Side, direction: Direction, payload: Uint8Array, emit: Emit): void {
    const wire_bytes = frame.header_bytes + frame.length;
    const { opcode, final, coded } = frame;
    if (opcode !== OPCODE.continuation) {
      stream.mark();
      side.headless = false;
      side.message = session(type_name(opcode), direction, 0, this.before);
      if (opcode === OPCODE.text && !coded) show_text(side.message, payload, this.options);
    }
    const { message } = side;
    stream.advance(wire_bytes);
    if (message !== undefined) message.length = (message.length ?? 0) + wire_bytes;
    if (!final) return;
    side.message = undefined;
    side.headless = false;
    if (message !== undefined) emit(message);
  }

  private close(stream: Stream, direction: Direction, payload: Uint8Array, emit: Emit): void {
    const wire_bytes = frame.header_bytes + frame.length;
    stream.mark();
    stream.advance(wire_bytes);
    if (this.closing) {
      this.closing = false;
      return;
    }
    this.closing = true;
    const message = session('CLOSE', direction, wire_bytes, this.before);
    put_close(message, payload, direction);
    emit(message);
  }
}

export const protocol: Protocol = {
  card,
  infer,
  open: (options, before) => new WebSocketParser(options, before),
};
