// Parsers of protocols in which each frame is a message of its own: a protocol says how long a frame is and what it means.
import type { Direction, Emit, Message, Parser, ParseState } from '../protocol.ts';
import type { Stream } from '../stream.ts';
import { FrameReader, type Framing } from './frames.ts';

export interface FrameFormat extends Framing {
  /**
   * The frame in [at, end), whose true length is `length`; `end` is after the wanted bytes, or before when the rest was not
   * captured. 'ignored' when it is no message, undefined when it contradicts the protocol.
   */
  read(bytes: Uint8Array, at: number, end: number, length: number, direction: Direction): FrameRead;
}

export type FrameRead = Message | 'ignored' | undefined;

export class FrameParser implements Parser {
  readonly #format: FrameFormat;
  readonly #frames: readonly [FrameReader, FrameReader];

  constructor(format: FrameFormat) {
    this.#format = format;
    this.#frames = [new FrameReader(format), new FrameReader(format)];
  }

  parse(stream: Stream, direction: Direction, emit: Emit): ParseState {
    const frames = this.#frames[direction];
    const { wanted } = this.#format;
    frames.begin(stream);
    for (;;) {
      const state = frames.next(stream);
      if (state === 'more' || state === 'lost') return state;
      const { start, size } = frames;
      const stop = Math.min(frames.stop, start + wanted);
      const read = state === 'frame' ? this.#format.read(stream.bytes, start, stop, size, direction) : undefined;
      if (read === undefined) return stream.resync && !stream.datagram ? 'lost' : 'not_mine';
      stream.mark();
      frames.take(stream);
      if (read === 'ignored') continue;
      read.length = size;
      emit(read);
    }
  }
}
