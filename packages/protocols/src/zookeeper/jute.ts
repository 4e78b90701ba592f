// The fields of ZooKeeper's records (zookeeper.jute): numbers are big-endian, a buffer or text is its length (-1 for
// null) and its bytes, a vector the number of its elements and these.
import { i32be, intern, u32be } from '../bytes.ts';

const NULL = -1;

/** Reads one field after the other. Of a field that does not end before `end`, and all behind it, nothing is known. */
export class JuteReader {
  at = 0;
  /** A field did not fit, or made no sense. */
  failed = false;
  #bytes: Uint8Array = new Uint8Array(0);
  #end = 0;

  begin(bytes: Uint8Array, at: number, end: number): this {
    this.#bytes = bytes;
    this.at = at;
    this.#end = end;
    this.failed = false;
    return this;
  }

  /** All was read, and fitted exactly. */
  get exhausted(): boolean {
    return !this.failed && this.at === this.#end;
  }

  skip(count: number): boolean {
    if (count < 0 || count > this.#end - this.at) this.failed = true;
    else if (!this.failed) this.at += count;
    return !this.failed;
  }

  int(): number {
    return this.skip(4) ? i32be(this.#bytes, this.at - 4) : 0;
  }

  boolean(): boolean {
    if (!this.skip(1)) return false;
    const byte = this.#bytes[this.at - 1]!;
    if (byte > 1) this.failed = true;
    return byte === 1;
  }

  /** Passes over a buffer or text; returns its length, 0 for null. */
  buffer(): number {
    const length = this.int();
    return length !== NULL && this.skip(length) ? length : 0;
  }

  /** A text, cut to `bytes_max`; undefined when it is null or empty. */
  text(bytes_max: number): string | undefined {
    const length = this.buffer();
    return length === 0 ? undefined : intern(this.#bytes, this.at - length, this.at, bytes_max);
  }
}

/** 64 bits as ZooKeeper's own tools print them. */
export function hex64(bytes: Uint8Array, at: number): string {
  const high = u32be(bytes, at);
  const low = u32be(bytes, at + 4).toString(16);
  return high === 0 ? `0x${low}` : `0x${high.toString(16)}${low.padStart(8, '0')}`;
}
