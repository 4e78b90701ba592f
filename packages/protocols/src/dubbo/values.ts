// What reading of a body has to be able to do, whatever its serialization.
import { utf8 } from '../bytes.ts';

export interface Values {
  /** Where the next value begins; may be set. */
  at: number;
  /** The next value when it is a whole string; undefined, and nothing passed, when it is none. */
  string(): string | undefined;
  /** A string where a value of any type may stand, such as in a map. */
  any_string(): string | undefined;
  /** The next value when it is a small whole number. */
  integer(): number | undefined;
  /** Passes over `count` values of any type; false when that cannot be done. */
  skip(count: number): boolean;
  /** Hands out the pairs of strings of the map that comes next; false when it could not be read to its end. */
  map(pair: (key: string, value: string) => void): boolean;
  /** Class, and text when there is one, of the exception that comes next. */
  exception(): string | undefined;
  /** Whether the last byte of a name carries a mark in its highest bit. */
  readonly marks_last_byte: boolean;
}

export type OpenValues = (bytes: Uint8Array, at: number, end: number, string_bytes_max: number) => Values;

// JVMS section 4.3.2: a field descriptor such as [I or Ljava/lang/String;
const DESCRIPTOR = /\[*(?:[BCDFIJSZV]|L[^;]+;)/y;

/** How many parameters a row of descriptors names; -1 when it is none. */
export function count_parameters(descriptors: string): number {
  let count = 0;
  DESCRIPTOR.lastIndex = 0;
  while (DESCRIPTOR.lastIndex < descriptors.length) {
    if (!DESCRIPTOR.test(descriptors)) return -1;
    count++;
  }
  return count;
}

/** fastjson: every value is a line of JSON. */
export class JsonLines implements Values {
  at: number;
  readonly marks_last_byte = false;
  private readonly bytes: Uint8Array;
  private readonly end: number;
  private readonly string_bytes_max: number;

  constructor(bytes: Uint8Array, at: number, end: number, string_bytes_max: number) {
    this.bytes = bytes;
    this.at = at;
    this.end = end;
    this.string_bytes_max = string_bytes_max;
  }

  private line(): unknown {
    const lf = this.bytes.indexOf(10, this.at);
    if (lf < 0 || lf >= this.end) return undefined;
    const text = utf8(this.bytes, this.at, lf, this.string_bytes_max);
    try {
      const value: unknown = JSON.parse(text);
      this.at = lf + 1;
      return value;
    } catch {
      return undefined;
    }
  }

  string(): string | undefined {
    const begin = this.at;
    const value = this.line();
    if (typeof value === 'string') return value;
    this.at = begin;
    return undefined;
  }

  any_string(): string | undefined {
    return this.string();
  }

  integer(): number | undefined {
    const value = this.line();
    return typeof value === 'number' && Number.isInteger(value) ? value : undefined;
  }

  skip(count: number): boolean {
    for (let i = 0; i < count; i++) {
      const lf = this.bytes.indexOf(10, this.at);
      if (lf < 0 || lf >= this.end) return false;
      this.at = lf + 1;
    }
    return true;
  }

  map(pair: (key: string, value: string) => void): boolean {
    const value = this.line();
    if (typeof value !== 'object' || value === null) return false;
    for (const [key, text] of Object.entries(value)) if (typeof text === 'string') pair(key, text);
    return true;
  }

  exception(): string | undefined {
    const value = this.line();
    if (typeof value !== 'object' || value === null) return undefined;
    const { message } = value as { message?: unknown };
    return typeof message === 'string' ? message : undefined;
  }
}
