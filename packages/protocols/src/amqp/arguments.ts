// Arguments of methods and properties of contents (specification 0-9-1 section 4.2.5), as far as rows need them.
import { intern, u16be, u32be, u64be, u8 } from '../bytes.ts';
import type { TracePairs } from '../trace-pairs.ts';

export interface Arguments {
  virtual_host?: string;
  queue?: string;
  exchange?: string;
  routing_key?: string;
  code?: number;
  text?: string;
  bits?: number;
  /** Class << 16 | method. */
  method?: number;
}

/** Bytes that each letter of `Method.fields` takes when it is no text. */
const WIDTHS: Readonly<Record<string, number>> = { s: 2, L: 8, B: 1, c: 2, b: 1, m: 4 };
const TEXTS: Readonly<Record<string, 'virtual_host' | 'queue' | 'exchange' | 'routing_key' | 'text'>> = {
  v: 'virtual_host',
  q: 'queue',
  e: 'exchange',
  r: 'routing_key',
  x: 'text',
};

/** Reads what is there; what lies behind `stop` is left out. */
export function read_arguments(fields: string, bytes: Uint8Array, start: number, stop: number): Arguments {
  const found: Arguments = {};
  let at = start;
  for (const letter of fields) {
    const width = WIDTHS[letter];
    const length = width ?? u8(bytes, at) + 1;
    if (at + length > stop) return found;
    if (letter === 'c') found.code = u16be(bytes, at);
    else if (letter === 'b') found.bits = u8(bytes, at);
    else if (letter === 'm') found.method = u32be(bytes, at);
    else if (width === undefined) {
      const field = TEXTS[letter];
      if (field !== undefined) found[field] = intern(bytes, at + 1, at + length);
    }
    at += length;
  }
  return found;
}

export interface Content {
  body_bytes: number;
  correlation_id?: string;
}

// Property flags of the class basic (specification section 1.8.1), highest bit first.
const FLAG = { content_type: 0x8000, content_encoding: 0x4000, headers: 0x2000 } as const;
const DELIVERY_MODE = 0x1000;
const PRIORITY = 0x0800;
const CORRELATION_ID = 0x0400;
const HEADERS_MAX = 64;

/** A content header's payload: class, weight, body size, flags, properties. Trace context in its headers goes to `traces`. */
export function read_content(bytes: Uint8Array, start: number, stop: number, traces: TracePairs): Content {
  const content: Content = { body_bytes: u64be(bytes, start + 4) };
  const flags = u16be(bytes, start + 12);
  let at = start + 14;
  for (const flag of [FLAG.content_type, FLAG.content_encoding]) if (flags & flag) at += 1 + u8(bytes, at);
  if (flags & FLAG.headers) {
    const table_end = at + 4 + u32be(bytes, at);
    note_table(bytes, at + 4, Math.min(stop, table_end), traces);
    at = table_end;
  }
  if (flags & DELIVERY_MODE) at++;
  if (flags & PRIORITY) at++;
  const length = u8(bytes, at);
  if (flags & CORRELATION_ID && at + 1 + length <= stop)
    content.correlation_id = intern(bytes, at + 1, at + 1 + length);
  return content;
}

/** Lengths of field values by type letter, as RabbitMQ and the specification's errata have them; -1: a length of 4 follows. */
const VALUE_WIDTHS: Readonly<Record<string, number>> = {
  t: 1,
  b: 1,
  B: 1,
  s: 2,
  u: 2,
  I: 4,
  i: 4,
  l: 8,
  f: 4,
  d: 8,
  D: 5,
  T: 8,
  V: 0,
  S: -1,
  A: -1,
  F: -1,
  x: -1,
};

/** Text values of a table go to `traces`. */
function note_table(bytes: Uint8Array, start: number, stop: number, traces: TracePairs): void {
  let at = start;
  for (let n = 0; n < HEADERS_MAX && at < stop; n++) {
    const name_end = at + 1 + u8(bytes, at);
    if (name_end + 1 > stop) return;
    const width = VALUE_WIDTHS[String.fromCharCode(u8(bytes, name_end))];
    if (width === undefined) return;
    const value_at = name_end + (width < 0 ? 5 : 1);
    const value_end = value_at + (width < 0 ? u32be(bytes, name_end + 1) : width);
    if (value_end > stop) return;
    if (width < 0) traces.note_bytes(bytes, at + 1, name_end, value_at, value_end);
    at = value_end;
  }
}
