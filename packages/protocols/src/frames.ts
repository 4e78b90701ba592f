// Parsing of what comes in frames: a head of fixed size that tells the length of the whole. A protocol says how long a
// frame is and what it means; waiting, holes, mid-connection, bounds and datagrams are dealt with here.
import type { Direction, Emit, Message, Parser, ParseState } from './protocol.ts';
import type { Stream } from './stream.ts';

export interface FrameFormat {
  /** Bytes from the beginning of a frame that `length`, or `head` where there is one, reads. */
  readonly head_bytes: number;
  /** Where heads differ in size: bytes that `length` reads; 0: no frame begins here. */
  head?(bytes: Uint8Array, at: number): number;
  /** Bytes of a frame that `read` looks at, from its beginning; what is longer is passed over unread. */
  readonly look_bytes: number;
  /** Where a head tells it: how many bytes from a frame's beginning `read` looks at. */
  look?(bytes: Uint8Array, at: number): number;
  /** Length in bytes of the whole frame that begins at `at`, `head_bytes` of which are there; 0: none begins here. */
  length(bytes: Uint8Array, at: number, direction: Direction): number;
  /**
   * The frame in [at, end), whose true length is `length`; `end` may be a cut. 'ignored' when it is no message,
   * undefined when it contradicts the protocol. Not the whole of it may be readable; then what is missing is unknown.
   */
  read(bytes: Uint8Array, at: number, end: number, length: number, direction: Direction): FrameRead;
}

export type FrameRead = Message | 'ignored' | undefined;

export class FrameParser implements Parser {
  private readonly format: FrameFormat;

  constructor(format: FrameFormat) {
    this.format = format;
  }

  parse(stream: Stream, direction: Direction, emit: Emit): ParseState {
    const { head_bytes, look_bytes } = this.format;
    for (;;) {
      const { bytes, pos, end } = stream;
      const have = end - pos;
      if (have === 0 && stream.hole === 0) return 'more';
      const head = have < head_bytes ? head_bytes : (this.format.head?.(bytes, pos) ?? head_bytes);
      if (have < head) return stream.hole > 0 ? 'lost' : this.short(stream);
      const length = head === 0 ? 0 : this.format.length(bytes, pos, direction);
      if (length < head_bytes) return stream.resync && !stream.datagram ? 'lost' : 'not_mine';
      const look = Math.min(length, look_bytes, this.format.look?.(bytes, pos) ?? look_bytes);
      if (have < look && stream.hole === 0 && !stream.datagram && !stream.ended) return 'more';
      const read = this.format.read(bytes, pos, pos + Math.min(have, look), length, direction);
      if (read === undefined) return stream.resync && !stream.datagram ? 'lost' : 'not_mine';
      stream.mark();
      stream.advance(stream.datagram ? Math.min(length, have + stream.hole) : length);
      if (read === 'ignored') continue;
      read.length = length;
      emit(read);
    }
  }

  private short(stream: Stream): ParseState {
    return stream.datagram || stream.ended ? 'lost' : 'more';
  }
}
