// A BPF ring buffer (kernel/bpf/ringbuf.c) read in place. Pages of its map: the consumer's position (ours to write), the
// producer's position, then the data twice in a row, so that a record never wraps. A record is an 8-byte header, the
// payload, padding to 8; the header's first word is its length with two flags.
import { Mapping, PAGE_BYTES } from './mapping.ts';

const BUSY = 0x8000_0000;
const DISCARD = 0x4000_0000;
const LENGTH_MASK = 0x3fff_ffff;
const HEADER_BYTES = 8;
/** Consumed records are given back to the kernel at least this often, bytes. */
const GIVE_BACK_BYTES = 256 << 10;

export class Ring {
  /** The producer's page and the data, twice; offsets handed to visitors count from here. */
  readonly buffer: ArrayBuffer;
  readonly #consumer: Mapping;
  readonly #data: Mapping;
  readonly #consumed: BigUint64Array;
  readonly #produced: Int32Array;
  readonly #words: Int32Array;
  readonly #bytes: number;
  #position = 0;
  #given_back = 0;

  constructor(fd: number, bytes: number) {
    this.#consumer = new Mapping(fd, PAGE_BYTES, 0, true);
    this.#data = new Mapping(fd, PAGE_BYTES + 2 * bytes, PAGE_BYTES, false);
    this.buffer = this.#data.buffer;
    this.#consumed = new BigUint64Array(this.#consumer.buffer, 0, 1);
    this.#produced = new Int32Array(this.buffer, 0, 1);
    this.#words = new Int32Array(this.buffer, PAGE_BYTES);
    this.#bytes = bytes;
  }

  /** Bytes written and not yet given back. */
  get pending(): number {
    // Positions only grow; their low 32 bits suffice, since a ring holds less than 2^31 bytes.
    return ((Atomics.load(this.#produced, 0) >>> 0) - (this.#position % 2 ** 32) + 2 ** 32) % 2 ** 32;
  }

  /**
   * Calls `visit` with place and length of each finished record, oldest first. The bytes are the kernel's again after
   * `visit` returned. Returns how many were visited.
   */
  drain(visit: (offset: number, length: number) => void, limit: number): number {
    let left = this.pending;
    let visited = 0;
    while (left > 0 && visited < limit) {
      const at = this.#position % this.#bytes;
      const header = Atomics.load(this.#words, at >>> 2);
      if (header & BUSY) break;
      const length = header & LENGTH_MASK;
      const step = HEADER_BYTES + ((length + 7) & ~7);
      this.#position += step;
      left -= step;
      if (!(header & DISCARD)) {
        visit(PAGE_BYTES + at + HEADER_BYTES, length);
        visited++;
      }
      if (this.#position - this.#given_back >= GIVE_BACK_BYTES) this.#giveBack();
    }
    this.#giveBack();
    return visited;
  }

  #giveBack(): void {
    if (this.#given_back === this.#position) return;
    this.#given_back = this.#position;
    Atomics.store(this.#consumed, 0, BigInt(this.#position));
  }

  close(): void {
    this.#consumer.close();
    this.#data.close();
  }
}
