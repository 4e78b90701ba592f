// The content of a command: an object in the older Hessian 2.0 grammar ("O" definition, "o" instance). Only strings and
// booleans at its beginning are read; arguments and results stand behind them.
import { intern, u8, u16be } from '../bytes.ts';

const DEFINITION = 0x4f;
const INSTANCE = 0x6f;
const STRING = 0x53;
const NULL = 0x4e;
const TRUE = 0x54;
const FALSE = 0x46;
const FIELDS_MAX = 64;

export interface Beginning {
  class_name: string;
  /** Name of a field -> its value, up to the first that is neither text, null nor boolean. */
  fields: Map<string, string | boolean>;
}

export class ContentReader {
  at: number;
  private readonly bytes: Uint8Array;
  private readonly end: number;
  private readonly string_bytes_max: number;

  constructor(bytes: Uint8Array, at: number, end: number, string_bytes_max: number) {
    this.bytes = bytes;
    this.at = at;
    this.end = end;
    this.string_bytes_max = string_bytes_max;
  }

  /** The object that begins here; undefined when it is none. */
  object(): Beginning | undefined {
    if (this.at >= this.end || u8(this.bytes, this.at) !== DEFINITION) return undefined;
    this.at++;
    const length = this.integer();
    if (length < 0 || this.at + length > this.end) return undefined;
    const class_name = intern(this.bytes, this.at, this.at + length, this.string_bytes_max);
    this.at += length;
    const count = this.integer();
    if (count < 0 || count > FIELDS_MAX) return undefined;
    const names: string[] = [];
    for (let i = 0; i < count; i++) {
      const name = this.string();
      if (name === undefined) return undefined;
      names.push(name);
    }
    const fields = new Map<string, string | boolean>();
    if (u8(this.bytes, this.at++) !== INSTANCE || this.integer() < 0) return { class_name, fields };
    for (const name of names) {
      const tag = this.at < this.end ? u8(this.bytes, this.at) : -1;
      if (tag === TRUE || tag === FALSE || tag === NULL) {
        this.at++;
        if (tag !== NULL) fields.set(name, tag === TRUE);
        continue;
      }
      const text = this.string();
      if (text === undefined) break;
      fields.set(name, text);
    }
    return { class_name, fields };
  }

  /** Lengths count characters; they are taken as bytes where all are ASCII, else walked. */
  string(): string | undefined {
    if (this.at >= this.end) return undefined;
    const tag = u8(this.bytes, this.at);
    const head = tag <= 0x1f ? 1 : tag === STRING ? 3 : 0;
    if (head === 0) return undefined;
    const start = this.at + head;
    let at = start;
    for (let left = head === 1 ? tag : u16be(this.bytes, this.at + 1); left > 0; left--) {
      if (at >= this.end) return undefined;
      const lead = u8(this.bytes, at);
      at += lead < 0x80 ? 1 : lead < 0xe0 ? 2 : 3;
    }
    if (at > this.end) return undefined;
    this.at = at;
    return intern(this.bytes, start, at, this.string_bytes_max);
  }

  /** Hessian 2.0 compact integers of up to three bytes; -1 when it is none, or negative. */
  private integer(): number {
    const tag = this.at < this.end ? u8(this.bytes, this.at) : 0;
    if (tag >= 0x90 && tag <= 0xbf) {
      this.at++;
      return tag - 0x90;
    }
    if (tag >= 0xc8 && tag <= 0xcf && this.at + 1 < this.end) {
      this.at += 2;
      return (tag - 0xc8) * 256 + u8(this.bytes, this.at - 1);
    }
    return -1;
  }
}
