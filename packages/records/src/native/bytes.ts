// A growing byte buffer that column builders write into; kept and reused from block to block.

/** Strings up to this long are copied by a loop: below it the call into the runtime costs more than the copy. */
const LOOP_CHARS_MAX = 40;

export class ByteWriter {
  bytes: Buffer;
  length = 0;

  constructor(capacity = 256) {
    this.bytes = Buffer.allocUnsafe(capacity);
  }

  /** Makes room for `more` bytes behind `length`. */
  ensure(more: number): void {
    const wanted = this.length + more;
    if (wanted <= this.bytes.length) return;
    const grown = Buffer.allocUnsafe(Math.max(wanted, this.bytes.length * 2));
    this.bytes.copy(grown, 0, 0, this.length);
    this.bytes = grown;
  }

  u8(value: number): void {
    this.ensure(1);
    this.bytes[this.length++] = value;
  }

  f64(value: number): void {
    this.ensure(8);
    this.length = this.bytes.writeDoubleLE(value, this.length);
  }

  /** LEB128, unsigned, up to 2^53. */
  varint(value: number): void {
    this.ensure(8);
    let rest = value;
    while (rest >= 0x80) {
      this.bytes[this.length++] = (rest % 0x80) | 0x80;
      rest = Math.floor(rest / 0x80);
    }
    this.bytes[this.length++] = rest;
  }

  zeros(count: number): void {
    this.ensure(count);
    this.bytes.fill(0, this.length, this.length + count);
    this.length += count;
  }

  raw(from: Uint8Array, start: number, end: number): void {
    const size = end - start;
    this.ensure(size);
    if (size <= LOOP_CHARS_MAX) for (let i = 0; i < size; i++) this.bytes[this.length + i] = from[start + i]!;
    else this.bytes.set(from.subarray(start, end), this.length);
    this.length += size;
  }

  /** A string as ClickHouse writes it: byte length as varint, then UTF-8. */
  string(value: string): void {
    const chars = value.length;
    if (chars <= LOOP_CHARS_MAX) {
      this.ensure(chars + 1);
      const bytes = this.bytes;
      const at = this.length + 1;
      let i = 0;
      for (; i < chars; i++) {
        const code = value.charCodeAt(i);
        if (code >= 0x80) break;
        bytes[at + i] = code;
      }
      if (i === chars) {
        bytes[this.length] = chars;
        this.length = at + chars;
        return;
      }
    }
    const size = Buffer.byteLength(value);
    this.varint(size);
    this.ensure(size);
    this.bytes.write(value, this.length, size);
    this.length += size;
  }

  /** What was written, as a view that the next write may overwrite. */
  view(): Buffer {
    return this.bytes.subarray(0, this.length);
  }
}
