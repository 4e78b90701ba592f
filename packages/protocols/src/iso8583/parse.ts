// ISO 8583 on a stream: each message behind its length. How a link frames and writes them is learnt from its first message.
import { FrameReader } from '../framing/frames.ts';
import {
  type Direction,
  type Emit,
  type Message,
  MESSAGE_TYPE,
  type ParseOptions,
  type Parser,
  type ParseState,
  type Protocol,
  TO_CLIENT,
  TO_SERVER,
} from '../protocol.ts';
import type { Stream } from '../stream.ts';
import { card } from './card.ts';
import { number_at } from './encoding.ts';
import { fits, framed_size, type Layout, layout_at, likely_size, MESSAGE_SIZE_MAX, MTI_BYTES_MAX } from './frame.ts';
import { infer } from './infer.ts';
import { PendingRequests, type Trace } from './pending.ts';
import { message_of, reference_of, STAN, terminal_of } from './rows.ts';
import { found, read_mti, walk } from './walk.ts';

const STAN_DIGITS = 6;
/** Reads that begin in damaged bytes before the claim itself is doubted. */
const DAMAGED_MAX = 64;

class Iso8583Parser implements Parser {
  readonly #options: ParseOptions;
  readonly #frames = [this.#new_frames(), this.#new_frames()] as const;
  /** What each side has asked. */
  readonly #asked = [new PendingRequests(), new PendingRequests()] as const;
  #layout: Layout | undefined = undefined;
  #good = 0;
  #damaged = 0;

  constructor(options: ParseOptions) {
    this.#options = options;
  }

  #new_frames(): FrameReader {
    return new FrameReader({
      size: (bytes, at, end) => this.#size(bytes, at, end),
      sure: (bytes, at, end) => this.#known(bytes, at, end) !== undefined,
      wanted: MESSAGE_SIZE_MAX,
    });
  }

  #size(bytes: Uint8Array, at: number, end: number): number {
    this.#layout ??= layout_at(bytes, at, end);
    if (this.#layout === undefined) return likely_size(bytes, at, end);
    const { frame, header_bytes, encoding } = this.#layout;
    const size = framed_size(frame, bytes, at, end);
    const mti = at + frame.length_bytes + header_bytes;
    if (size >= 0 && (size <= frame.length_bytes || mti + MTI_BYTES_MAX > end)) return size;
    if (size > 0 && read_mti(encoding, bytes, mti)) return size;
    const other = layout_at(bytes, at, end);
    if (other === undefined) return -1;
    this.#layout = other;
    return framed_size(other.frame, bytes, at, end);
  }

  /** The layout of the message at `at`, the link's own before all others; `found` then says what it holds. */
  #known(bytes: Uint8Array, at: number, end: number): Layout | undefined {
    if (this.#layout !== undefined && fits(this.#layout, bytes, at, end)) return this.#layout;
    return layout_at(bytes, at, end);
  }

  parse(stream: Stream, direction: Direction, emit: Emit): ParseState {
    const frames = this.#frames[direction];
    frames.begin(stream);
    for (;;) {
      const state = frames.next(stream);
      // A first message that fits in no way.
      if (state === 'frame' && this.#layout === undefined) return stream.resync ? 'lost' : 'not_mine';
      if (state === 'frame') {
        // A message that fits in another layout only: the link's was not right.
        if (!this.#reads(stream.bytes, frames) && this.#relearn(stream, frames)) continue;
        const message = this.#message(stream.bytes, frames, direction);
        if (message !== undefined) stream.mark();
        frames.take(stream);
        this.#good++;
        this.#damaged = 0;
        if (message !== undefined) emit(message);
      } else if (state === 'damaged') {
        this.#damaged++;
        // A connection that was understood before has a damaged piece; one that never was is something else.
        return this.#good > 0 && this.#damaged <= DAMAGED_MAX ? 'lost' : 'not_mine';
      } else {
        return state;
      }
    }
  }

  /** Walks the message at hand, as far as it fits; false when that is not to its last byte. */
  #reads(bytes: Uint8Array, { start, stop, size }: FrameReader): boolean {
    const { frame, header_bytes, encoding } = this.#layout!;
    if (size <= frame.length_bytes) return true;
    const fits_wholly = walk(encoding, bytes, start + frame.length_bytes + header_bytes, Math.min(stop, start + size));
    return fits_wholly && stop === start + size;
  }

  /** Whether the bytes at hand are a message of another layout, which is the link's from now on. */
  #relearn(stream: Stream, frames: FrameReader): boolean {
    const other = layout_at(stream.bytes, frames.start, stream.end);
    if (other !== undefined) this.#layout = other;
    else this.#reads(stream.bytes, frames);
    return other !== undefined;
  }

  /** The message that was walked; undefined: it keeps the connection open, or too little of it fitted. */
  #message(bytes: Uint8Array, { size }: FrameReader, direction: Direction): Message | undefined {
    const layout = this.#layout!;
    if (size <= layout.frame.length_bytes || found.fields === 0) return undefined;
    const message = message_of(layout.encoding, bytes, this.#options);
    this.#identify(message, bytes, layout, direction);
    message.length = size;
    return message;
  }

  #identify(message: Message, bytes: Uint8Array, { encoding }: Layout, direction: Direction): void {
    const stan = found.has(STAN) ? number_at(encoding, bytes, found.from[STAN]!, STAN_DIGITS) : -1;
    if (stan < 0 || message.type === MESSAGE_TYPE.session) return;
    const trace: Trace = {
      stan,
      mti_class: found.mti_class,
      reference: reference_of(encoding, bytes),
      terminal: terminal_of(encoding, bytes),
    };
    if (message.type === MESSAGE_TYPE.request)
      message.request_id = this.#asked[direction].ask(trace, (found.origin & 1) === 1);
    else message.request_id = this.#asked[direction === TO_SERVER ? TO_CLIENT : TO_SERVER].answer(trace);
  }
}

export const protocol: Protocol = { card, infer, open: (options) => new Iso8583Parser(options) };
