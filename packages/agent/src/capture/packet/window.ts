// A file read front to back through one buffer that slides along it: records of any size up to a bound, no copy a record.
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

const WINDOW_BYTES = 1 << 20;

export class FileWindow {
  /** Readable bytes are `bytes[pos] .. bytes[end - 1]`; valid until the next `need`. */
  bytes = new Uint8Array(WINDOW_BYTES);
  view = new DataView(this.bytes.buffer);
  pos = 0;
  end = 0;
  /** Bytes of the file, 0 when it is a pipe. */
  readonly size: number;
  readonly #fd: number;
  #read_total = 0;

  /** Throws what the operating system says when the file cannot be opened or read. */
  constructor(path: string) {
    this.#fd = openSync(path, 'r');
    const stat = fstatSync(this.#fd);
    this.size = stat.isFile() ? stat.size : 0;
    if (stat.isDirectory()) throw new Error(`${path} is a folder`);
  }

  /** Offset in the file of `pos`. */
  get offset(): number {
    return this.#read_total - (this.end - this.pos);
  }

  /** Makes at least n bytes readable; false when the file ends before. */
  need(n: number): boolean {
    if (this.end - this.pos >= n) return true;
    if (n > this.bytes.length - this.pos) this.#slide(n);
    while (this.end - this.pos < n) {
      const got = readSync(this.#fd, this.bytes, this.end, this.bytes.length - this.end, null);
      if (got === 0) return false;
      this.end += got;
      this.#read_total += got;
    }
    return true;
  }

  close(): void {
    closeSync(this.#fd);
  }

  #slide(n: number): void {
    const kept = this.bytes.subarray(this.pos, this.end);
    const target = n > this.bytes.length ? new Uint8Array(n + WINDOW_BYTES) : this.bytes;
    if (target === this.bytes) target.copyWithin(0, this.pos, this.end);
    else target.set(kept);
    this.bytes = target;
    this.view = new DataView(target.buffer);
    this.end -= this.pos;
    this.pos = 0;
  }
}
