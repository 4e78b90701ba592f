// The block behind a packet's name: frames that are passed by their length, or columns that are walked.
import type { Direction } from '../protocol.ts';
import type { Stream } from '../stream.ts';
import { BlockWalker, type Walked } from './walker.ts';
import type { Connection } from './connection.ts';
import { pass } from './cursor.ts';
import { FRAME_HEADER_BYTES, frame_size, FULL_BYTES, plain_size } from './frames.ts';
import { CLIENT_PACKETS } from './messages.ts';
import { answers_hold, block_holds, holds_block } from './packets.ts';

export class BlockReader {
  readonly #connection: Connection;
  readonly #direction: Direction;
  readonly #walker = new BlockWalker();
  #packed = false;
  #rest = 0;
  /** Frames of this block so far, and whether the last one filled the writer's buffer. */
  #frames = 0;
  #full = false;
  length = 0;

  constructor(connection: Connection, direction: Direction) {
    this.#connection = connection;
    this.#direction = direction;
  }

  /** Of a walked block; -1 of a packed one. */
  get rows(): number {
    return this.#packed ? -1 : this.#walker.rows;
  }

  begin(packed: boolean): void {
    this.#packed = packed;
    this.#rest = 0;
    this.#frames = 0;
    this.#full = false;
    this.length = 0;
    if (!packed) this.#walker.begin(this.#connection.revision);
  }

  run(stream: Stream): Walked {
    if (this.#packed) return this.#pass_frames(stream);
    const walked = this.#walker.run(stream);
    this.length = this.#walker.length;
    return walked;
  }

  #pass_frames(stream: Stream): Walked {
    for (;;) {
      if (this.#rest > 0) {
        this.#rest = pass(stream, this.#rest);
        if (this.#rest > 0) return 'more';
      }
      const { bytes, pos, end, hole } = stream;
      const readable = end - pos >= FRAME_HEADER_BYTES;
      if (this.#frames > 0) {
        const ends = this.#is_over(stream);
        if (ends === undefined) return hole > 0 ? 'lost' : 'more';
        if (ends) return 'done';
      } else if (!readable) return hole > 0 ? 'lost' : 'more';
      const size = frame_size(bytes, pos);
      if (size === 0) return 'damaged';
      this.#frames++;
      this.#full = plain_size(bytes, pos) >= FULL_BYTES;
      this.length += size;
      this.#rest = size;
    }
  }

  /** Whether a packet, not another frame of this block, stands at the stream's position; undefined: not to be told yet. */
  #is_over(stream: Stream): boolean | undefined {
    const { bytes, pos, end } = stream;
    const is_frame = end - pos >= FRAME_HEADER_BYTES && frame_size(bytes, pos) > 0;
    if (!this.#full && !is_frame) return true;
    const packet = this.#packet_holds(bytes, pos, end);
    if (packet === 'yes') return true;
    if (!this.#full) return packet === 'short';
    return end - pos < FRAME_HEADER_BYTES ? undefined : !is_frame;
  }

  #packet_holds(bytes: Uint8Array, pos: number, end: number): 'yes' | 'no' | 'short' {
    if (this.#direction === 1) return answers_hold(bytes, pos, end, this.#connection);
    if (pos === end) return 'short';
    const type = bytes[pos]!;
    if (holds_block(0, type)) return block_holds(bytes, pos + 1, end, true);
    return type < CLIENT_PACKETS.length ? 'short' : 'no';
  }
}
