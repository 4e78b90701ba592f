// Hessian 2.0 serialization protocol, section 4 ("Serialization"): one tag byte a value. Read without building values:
// strings that are asked for, everything else is passed over.
import { i32be, intern, u8, u16be } from '../bytes.ts';
import type { Values } from './values.ts';

const DEPTH_MAX = 64;
const CLASSES_MAX = 256;
const FIELDS_MAX = 1024;
const BAD = -1;

interface Class {
  name: string;
  fields: string[];
}

export class Hessian2 implements Values {
  at: number;
  readonly marks_last_byte = false;
  private readonly bytes: Uint8Array;
  private readonly end: number;
  private readonly string_bytes_max: number;
  private readonly classes: Class[] = [];

  constructor(bytes: Uint8Array, at: number, end: number, string_bytes_max: number) {
    this.bytes = bytes;
    this.at = at;
    this.end = end;
    this.string_bytes_max = string_bytes_max;
  }

  string(): string | undefined {
    const begin = this.at;
    let text = '';
    for (;;) {
      const tag = this.at < this.end ? u8(this.bytes, this.at) : BAD;
      const head = string_head(tag);
      if (head === 0) break;
      const start = this.at + head;
      const stop = start <= this.end ? this.after_units(start, string_units(this.bytes, this.at, tag)) : BAD;
      if (stop === BAD) break;
      const room = this.string_bytes_max - text.length;
      if (room > 0) text += intern(this.bytes, start, stop, room);
      this.at = stop;
      // 'R': not the last piece.
      if (tag !== 0x52) return text;
    }
    this.at = begin;
    return undefined;
  }

  any_string(): string | undefined {
    return this.string();
  }

  /** Lengths count UTF-16 units. Returns where `units` of them, from `start`, end. */
  private after_units(start: number, units: number): number {
    let at = start;
    for (let left = units; left > 0; left--) {
      if (at >= this.end) return BAD;
      const lead = u8(this.bytes, at);
      at += lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
      // Four bytes are a pair of units, unless the writer counted characters.
      if (lead >= 0xf0 && left > 1) left--;
    }
    return at <= this.end ? at : BAD;
  }

  integer(): number | undefined {
    if (this.at >= this.end) return undefined;
    const tag = u8(this.bytes, this.at);
    const size = tag >= 0x80 && tag <= 0xbf ? 1 : tag >= 0xc0 && tag <= 0xcf ? 2 : tag >= 0xd0 && tag <= 0xd7 ? 3 : 5;
    if ((size === 5 && tag !== 0x49) || this.at + size > this.end) return undefined;
    const at = this.at;
    this.at += size;
    if (size === 1) return tag - 0x90;
    if (size === 2) return (tag - 0xc8) * 256 + u8(this.bytes, at + 1);
    if (size === 3) return (tag - 0xd4) * 65_536 + u16be(this.bytes, at + 1);
    return i32be(this.bytes, at + 1);
  }

  skip(count: number): boolean {
    for (let i = 0; i < count; i++) if (!this.value(0)) return false;
    return true;
  }

  map(pair: (key: string, value: string) => void): boolean {
    const tag = u8(this.bytes, this.at);
    if (this.at >= this.end || (tag !== 0x48 && tag !== 0x4d)) return false;
    this.at++;
    if (tag === 0x4d && !this.type()) return false;
    while (this.at < this.end) {
      if (u8(this.bytes, this.at) === 0x5a) {
        this.at++;
        return true;
      }
      const key = this.string();
      if (key === undefined && !this.value(1)) return false;
      const value = this.string();
      if (value === undefined && !this.value(1)) return false;
      if (key !== undefined && value !== undefined) pair(key, value);
    }
    return false;
  }

  exception(): string | undefined {
    while (u8(this.bytes, this.at) === 0x43 && this.at < this.end) {
      this.at++;
      if (!this.definition()) return undefined;
    }
    const tag = this.at < this.end ? u8(this.bytes, this.at++) : BAD;
    const known = this.class_of(tag);
    if (known === undefined) return undefined;
    for (const field of known.fields) {
      const text = field === 'detailMessage' ? this.string() : undefined;
      if (text !== undefined) return `${known.name}: ${text}`;
      if (!this.value(1)) break;
    }
    return known.name;
  }

  /** Of the object whose tag was just passed. */
  private class_of(tag: number): Class | undefined {
    if (tag >= 0x60 && tag <= 0x6f) return this.classes[tag - 0x60];
    const index = tag === 0x4f ? this.integer() : undefined;
    return index === undefined ? undefined : this.classes[index];
  }

  /** A type: its name, or the number of one that was there before. */
  private type(): boolean {
    return this.string() !== undefined || this.integer() !== undefined;
  }

  private definition(): boolean {
    const name = this.string();
    const count = this.integer();
    if (name === undefined || count === undefined || count < 0 || count > FIELDS_MAX) return false;
    if (this.classes.length >= CLASSES_MAX) return false;
    const fields: string[] = [];
    for (let i = 0; i < count; i++) {
      const field = this.string();
      if (field === undefined) return false;
      fields.push(field);
    }
    this.classes.push({ name, fields });
    return true;
  }

  private values(count: number, depth: number): boolean {
    for (let i = 0; i < count; i++) if (!this.value(depth)) return false;
    return true;
  }

  private until_end(depth: number): boolean {
    while (this.at < this.end) {
      if (u8(this.bytes, this.at) === 0x5a) {
        this.at++;
        return true;
      }
      if (!this.value(depth)) return false;
    }
    return false;
  }

  private list(typed: boolean, depth: number): boolean {
    if (typed && !this.type()) return false;
    const count = this.integer();
    return count !== undefined && count >= 0 && this.values(count, depth);
  }

  /** Passes over one value. */
  private value(depth: number): boolean {
    if (this.at >= this.end || depth > DEPTH_MAX) return false;
    const tag = u8(this.bytes, this.at);
    if (string_head(tag) > 0) return this.string() !== undefined;
    const size = FIXED_SIZES[tag]!;
    if (size > 0) {
      this.at += size;
      return this.at <= this.end;
    }
    this.at++;
    if ((tag >= 0x20 && tag <= 0x2f) || (tag >= 0x34 && tag <= 0x37) || tag === 0x41 || tag === 0x42) {
      return this.binary(tag, depth);
    }
    if ((tag >= 0x60 && tag <= 0x6f) || tag === 0x4f) {
      const known = this.class_of(tag);
      return known !== undefined && this.values(known.fields.length, depth + 1);
    }
    if (tag >= 0x70 && tag <= 0x77) return this.type() && this.values(tag - 0x70, depth + 1);
    if (tag >= 0x78 && tag <= 0x7f) return this.values(tag - 0x78, depth + 1);
    switch (tag) {
      case 0x43: // 'C' definition of a class, then the value
        return this.definition() && this.value(depth + 1);
      case 0x48: // 'H' map
      case 0x57: // 'W' list
        return this.until_end(depth + 1);
      case 0x4d: // 'M' typed map
      case 0x55: // 'U' typed list
        return this.type() && this.until_end(depth + 1);
      case 0x51: // 'Q' reference
        return this.integer() !== undefined;
      case 0x56: // 'V' typed list with length
      case 0x58: // 'X' list with length
        return this.list(tag === 0x56, depth + 1);
      default:
        return false;
    }
  }

  private binary(tag: number, depth: number): boolean {
    if (tag <= 0x2f) this.at += tag - 0x20;
    else if (tag <= 0x37) this.at += 1 + (tag - 0x34) * 256 + u8(this.bytes, this.at);
    else this.at += 2 + u16be(this.bytes, this.at);
    if (this.at > this.end) return false;
    // 'A': not the last piece.
    return tag !== 0x41 || this.value(depth + 1);
  }
}

/** Bytes before the text of a string's piece; 0 when `tag` begins none. */
function string_head(tag: number): number {
  if (tag >= 0 && tag <= 0x1f) return 1;
  if (tag >= 0x30 && tag <= 0x33) return 2;
  return tag === 0x52 || tag === 0x53 ? 3 : 0;
}

function string_units(bytes: Uint8Array, at: number, tag: number): number {
  if (tag <= 0x1f) return tag;
  if (tag <= 0x33) return (tag - 0x30) * 256 + u8(bytes, at + 1);
  return u16be(bytes, at + 1);
}

/** Bytes of values whose tag alone tells them; 0 for all others. */
const FIXED_SIZES: readonly number[] = Array.from({ length: 256 }, (_, tag) => {
  if (tag >= 0x38 && tag <= 0x3f) return 3; // long
  if (tag >= 0x80 && tag <= 0xbf) return 1; // int
  if (tag >= 0xc0 && tag <= 0xcf) return 2;
  if (tag >= 0xd0 && tag <= 0xd7) return 3;
  if (tag >= 0xd8 && tag <= 0xef) return 1; // long
  if (tag >= 0xf0) return 2;
  // 'D' double, 'F' 'N' 'T', 'I' int, 'J' and 'K' dates, 'L' and 'Y' longs, 0x5b..0x5f short doubles
  const sizes: Record<number, number> = {
    ...{ 68: 9, 70: 1, 78: 1, 84: 1, 73: 5, 74: 9, 75: 5, 76: 9, 89: 5 },
    ...{ 91: 1, 92: 1, 93: 2, 94: 3, 95: 5 },
  };
  return sizes[tag] ?? 0;
});
