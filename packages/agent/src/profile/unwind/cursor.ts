// Reads DWARF's encodings. Running over the end is remembered, never thrown; what is read then is 0.

// LSB, section "DWARF Exception Header Encoding"
export const OMIT = 0xff;
const VALUE = {
  absptr: 0,
  uleb128: 1,
  udata2: 2,
  udata4: 3,
  udata8: 4,
  sleb128: 9,
  sdata2: 10,
  sdata4: 11,
  sdata8: 12,
};
const APPLICATION = { absolute: 0, pc_relative: 0x10, data_relative: 0x30 };

export class Cursor {
  failed = false;
  at: number;
  end: number;
  private readonly bytes: Buffer;

  constructor(bytes: Buffer, at: number, end: number) {
    this.bytes = bytes;
    this.at = at;
    this.end = Math.min(end, bytes.length);
  }

  get done(): boolean {
    return this.failed || this.at >= this.end;
  }

  private take(bytes: number): number {
    const at = this.at;
    if (bytes < 0 || bytes > this.end - at) {
      this.failed = true;
      return -1;
    }
    this.at = at + bytes;
    return at;
  }

  skip(bytes: number): void {
    this.take(bytes);
  }

  u8(): number {
    const at = this.take(1);
    return at < 0 ? 0 : this.bytes[at]!;
  }

  u16(): number {
    const at = this.take(2);
    return at < 0 ? 0 : this.bytes.readUInt16LE(at);
  }

  u32(): number {
    const at = this.take(4);
    return at < 0 ? 0 : this.bytes.readUInt32LE(at);
  }

  i32(): number {
    const at = this.take(4);
    return at < 0 ? 0 : this.bytes.readInt32LE(at);
  }

  /** Signed; exact up to 2^53. */
  i64(): number {
    const at = this.take(8);
    return at < 0 ? 0 : this.bytes.readUInt32LE(at) + this.bytes.readInt32LE(at + 4) * 2 ** 32;
  }

  uleb(): number {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = this.u8();
      value += (byte & 127) * scale;
      if (byte < 128) return value;
      if (scale > 2 ** 49) {
        this.failed = true;
        return 0;
      }
    }
  }

  sleb(): number {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = this.u8();
      value += (byte & 127) * scale;
      if (byte < 128) return byte & 64 ? value - scale * 128 : value;
      if (scale > 2 ** 49) {
        this.failed = true;
        return 0;
      }
    }
  }

  /** A pointer by its encoding. `here`: address of the cursor's byte 0; `data`: what data-relative ones count from. */
  pointer(encoding: number, here: number, data: number): number {
    const from = this.at;
    const value = this.encoded(encoding & 15);
    const application = encoding & 0x70;
    if (application === APPLICATION.pc_relative) return value + here + from;
    if (application === APPLICATION.data_relative) return value + data;
    if (application !== APPLICATION.absolute) this.failed = true;
    return value;
  }

  private encoded(format: number): number {
    switch (format) {
      case VALUE.absptr:
      case VALUE.udata8:
      case VALUE.sdata8:
        return this.i64();
      case VALUE.uleb128:
        return this.uleb();
      case VALUE.sleb128:
        return this.sleb();
      case VALUE.udata2:
        return this.u16();
      case VALUE.sdata2:
        return (this.u16() << 16) >> 16;
      case VALUE.udata4:
        return this.u32();
      case VALUE.sdata4:
        return this.i32();
      default:
        this.failed = true;
        return 0;
    }
  }
}
