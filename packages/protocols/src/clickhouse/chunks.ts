// Chunked framing (documentation, "Chunked framing"): a packet is one or more pieces, each behind its length (4, little
// endian); a length of 0 ends it. The beginning of each packet is gathered, the rest passed over.
import { u32le } from '../bytes.ts';
import type { Stream } from '../stream.ts';

/** Of a packet, what is gathered: more than a statement that is stored. */
const GATHERED_MAX = 65_536;
const CHUNK_BYTES_MAX = 1_073_741_824;

export class ChunkReader {
  readonly bytes = new Uint8Array(GATHERED_MAX);
  /** Gathered of the packet, and its true length without framing. */
  stop = 0;
  length = 0;
  #left = 0;
  /** Bytes of the packet are missing: what follows them is of no use. */
  #cut = false;
  #ended = true;

  /** Nothing of a packet has been passed. */
  get fresh(): boolean {
    return this.#ended;
  }

  get whole(): boolean {
    return this.stop === this.length;
  }

  reset(): void {
    this.#left = 0;
    this.#ended = true;
  }

  /** The next packet, once its end has come. */
  next(stream: Stream): 'packet' | 'more' | 'lost' | 'damaged' {
    if (this.#ended) {
      this.stop = 0;
      this.length = 0;
      this.#cut = false;
    }
    for (;;) {
      if (this.#left > 0 && !this.#take(stream)) return 'more';
      if (stream.end - stream.pos < 4) return stream.hole > 0 ? 'lost' : 'more';
      const size = u32le(stream.bytes, stream.pos);
      if (size > CHUNK_BYTES_MAX || (size === 0 && this.#ended)) return 'damaged';
      stream.advance(4);
      this.#ended = size === 0;
      if (size === 0) return 'packet';
      this.#left = size;
    }
  }

  /** Takes what has come of a chunk; false when more of it is to come. */
  #take(stream: Stream): boolean {
    while (this.#left > 0) {
      const { bytes, pos, end, hole } = stream;
      const here = Math.min(this.#left, end - pos);
      const missing = here > 0 ? 0 : Math.min(this.#left, hole);
      if (here + missing === 0) return false;
      if (here > 0 && !this.#cut) {
        const kept = Math.min(here, GATHERED_MAX - this.stop);
        this.bytes.set(bytes.subarray(pos, pos + kept), this.stop);
        this.stop += kept;
        if (kept < here) this.#cut = true;
      } else this.#cut = true;
      stream.advance(here + missing);
      this.#left -= here + missing;
      this.length += here + missing;
    }
    return true;
  }
}
