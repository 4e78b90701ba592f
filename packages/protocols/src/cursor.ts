// Reading of fields in bytes that may end early: what is missing is told once, at the end.
import { u16le, u32le, u64le } from './bytes.ts';

/** The part that protocols with little-endian fields share; each adds its own kinds of fields. */
export class Cursor {
  bytes: Uint8Array = new Uint8Array(0);
  at = 0;
  stop = 0;
  /** A field reached past `stop`; everything read since is 0 or empty. */
  short = false;
  /** No such field can stand here. */
  bad = false;

  set(bytes: Uint8Array, at: number, stop: number): this {
    this.bytes = bytes;
    this.at = at;
    this.stop = stop;
    this.short = false;
    this.bad = false;
    return this;
  }

  get ok(): boolean {
    return !this.short && !this.bad;
  }

  /** Place of `count` bytes that are there, or -1. */
  take(count: number): number {
    if (this.short || this.stop - this.at < count) {
      this.short = true;
      return -1;
    }
    this.at += count;
    return this.at - count;
  }

  u8(): number {
    const at = this.take(1);
    return at < 0 ? 0 : this.bytes[at]!;
  }

  u16(): number {
    const at = this.take(2);
    return at < 0 ? 0 : u16le(this.bytes, at);
  }

  u32(): number {
    const at = this.take(4);
    return at < 0 ? 0 : u32le(this.bytes, at);
  }

  /** Above 2^53 rounded. */
  u64(): number {
    const at = this.take(8);
    return at < 0 ? 0 : u64le(this.bytes, at);
  }
}
