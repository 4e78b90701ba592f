// One direction of a connection: its header table, and a header block that is spread over several frames.
import { HpackDecoder } from './hpack.ts';
import type { Fields } from './fields.ts';
import { FRAME_BYTES_DEFAULT, FRAME_BYTES_MAX } from './frames.ts';

/** A longer header block is read no further; what its end does to the table stays unknown. */
const BLOCK_BYTES_MAX = 65_536;
/** Largest frame believed where the settings were not seen. */
const FRAME_BYTES_BELIEVED = 1_048_576;

export class Side {
  readonly hpack: HpackDecoder;
  /** Whether any frame was read since the last loss. */
  begun = false;
  /** Largest frame that this direction may carry. */
  frame_bytes_max = FRAME_BYTES_DEFAULT;
  /** Stream whose header block is unfinished, 0 for none; a promise's when `block_type` is PUSH_PROMISE. */
  block_stream = 0;
  block_type = 0;
  block_flags = 0;
  block_wire_bytes = 0;

  private block = new Uint8Array(0);
  private block_bytes = 0;
  private whole = true;

  constructor(fields: Fields) {
    this.hpack = new HpackDecoder(fields, fields.static_slots);
  }

  /** Bytes were lost, or the connection was joined in its middle. */
  lost(): void {
    this.hpack.forget();
    this.begun = false;
    this.block_stream = 0;
    this.block_bytes = 0;
    this.frame_bytes_max = Math.max(this.frame_bytes_max, FRAME_BYTES_BELIEVED);
  }

  allow_frames_of(bytes: number): void {
    this.frame_bytes_max = Math.min(FRAME_BYTES_MAX, Math.max(this.frame_bytes_max, bytes));
  }

  begin_block(stream: number, type: number, flags: number): void {
    this.block_stream = stream;
    this.block_type = type;
    this.block_flags = flags;
    this.block_wire_bytes = 0;
    this.block_bytes = 0;
    this.whole = true;
  }

  /** A piece of the block; `whole` is false when it is cut. */
  add_to_block(bytes: Uint8Array, start: number, end: number, whole: boolean): void {
    if (!this.whole) return;
    const length = Math.min(end - start, BLOCK_BYTES_MAX - this.block_bytes);
    if (this.block.length < this.block_bytes + length) {
      const larger = new Uint8Array(Math.max(1024, (this.block_bytes + length) * 2));
      larger.set(this.block.subarray(0, this.block_bytes));
      this.block = larger;
    }
    this.block.set(bytes.subarray(start, start + length), this.block_bytes);
    this.block_bytes += length;
    this.whole = whole && length === end - start;
  }

  /** Decodes the collected block into the fields. False when it is none. */
  end_block(): boolean {
    const decoded = this.decode(this.block, 0, this.block_bytes, this.whole);
    this.block_stream = 0;
    this.block_bytes = 0;
    this.block = new Uint8Array(0);
    return decoded;
  }

  /** Decodes a block; what a cut one would have put into the table stays unknown. False when it is none. */
  decode(bytes: Uint8Array, start: number, end: number, whole: boolean): boolean {
    const decoded = this.hpack.decode(bytes, start, end);
    if (!whole || decoded !== 'ok') this.hpack.forget();
    return decoded === 'ok' || (decoded === 'cut' && !whole);
  }
}
