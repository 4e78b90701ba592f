// Name-value pairs (section 3.4): the lengths of name and value, one byte up to 127, else four with the highest bit set, then
// both. A stream of them may be cut into records anywhere.
import { u32be, u8 } from '../bytes.ts';

/** Name in [name, value), value in [value, end). */
export type OnPair = (bytes: Uint8Array, name: number, value: number, end: number) => void;

/** A pair that is longer is not waited for, and nothing behind it is read. */
const PAIR_BYTES_MAX = 32_768;
const NONE = new Uint8Array(0);

export class PairStream {
  #rest = NONE;
  #dead = false;

  /** Content of one record. */
  write(bytes: Uint8Array, start: number, end: number, on_pair: OnPair): void {
    if (this.#dead) return;
    let [source, at, stop] = [bytes, start, end];
    if (this.#rest.length > 0) {
      source = new Uint8Array(this.#rest.length + end - start);
      source.set(this.#rest);
      source.set(bytes.subarray(start, end), this.#rest.length);
      [at, stop] = [0, source.length];
    }
    at = read_pairs(source, at, stop, on_pair);
    if (stop - at > PAIR_BYTES_MAX) this.broken();
    else this.#rest = at === stop ? NONE : source.slice(at, stop);
  }

  /** Bytes are missing: where the next pair begins cannot be told. */
  broken(): void {
    this.#dead = true;
    this.#rest = NONE;
  }
}

/** Gives each whole pair in [at, end); returns where the rest begins. */
export function read_pairs(bytes: Uint8Array, start: number, end: number, on_pair: OnPair): number {
  let at = start;
  for (;;) {
    const name_width = u8(bytes, at) < 0x80 ? 1 : 4;
    const value_width = at + name_width < end && u8(bytes, at + name_width) >= 0x80 ? 4 : 1;
    const name = at + name_width + value_width;
    if (name > end) return at;
    const value = name + length_at(bytes, at, name_width);
    const next = value + length_at(bytes, at + name_width, value_width);
    if (next > end) return at;
    on_pair(bytes, name, value, next);
    at = next;
  }
}

function length_at(bytes: Uint8Array, at: number, width: number): number {
  return width === 1 ? u8(bytes, at) : u32be(bytes, at) & 0x7fff_ffff;
}
