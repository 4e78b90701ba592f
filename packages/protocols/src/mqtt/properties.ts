// Properties of version 5 (section 2.2.2): a length, then identifiers each with a value of its own type.
import { intern, u16be, u8 } from '../bytes.ts';
import type { TracePairs } from '../trace-pairs.ts';

export interface Properties {
  /** First byte behind them. */
  end: number;
  topic_alias: number;
  correlation: string;
}

const TOPIC_ALIAS = 0x23;
const CORRELATION_DATA = 0x09;
const USER_PROPERTY = 0x26;
const PROPERTIES_MAX = 64;

/** Bytes of a value by identifier; 'text' and 'binary' begin with their length, 'pair' is two texts. */
const TYPES: Readonly<Record<number, number | 'text' | 'pair' | 'varint'>> = {
  1: 1,
  2: 4,
  3: 'text',
  8: 'text',
  9: 'text',
  11: 'varint',
  17: 4,
  18: 'text',
  19: 2,
  21: 'text',
  22: 'text',
  23: 1,
  24: 4,
  25: 1,
  26: 'text',
  28: 'text',
  31: 'text',
  33: 2,
  34: 2,
  35: 2,
  36: 1,
  37: 1,
  38: 'pair',
  39: 4,
  40: 1,
  41: 1,
  42: 1,
};

/** Bytes of the variable byte integer at `at`, at most 4. */
function varint_bytes(bytes: Uint8Array, at: number): number {
  let n = 1;
  while (n < 4 && u8(bytes, at + n - 1) > 127) n++;
  return n;
}

export function read_varint(bytes: Uint8Array, at: number): [value: number, next: number] {
  const n = varint_bytes(bytes, at);
  let value = 0;
  for (let i = 0; i < n; i++) value += (u8(bytes, at + i) & 127) * 128 ** i;
  return [value, at + n];
}

/** Trace context among them goes to `traces`. */
export function read_properties(bytes: Uint8Array, start: number, stop: number, traces?: TracePairs): Properties {
  const [length, first] = read_varint(bytes, start);
  const found: Properties = { end: first + length, topic_alias: 0, correlation: '' };
  const end = Math.min(stop, found.end);
  let at = first;
  for (let n = 0; n < PROPERTIES_MAX && at < end; n++) {
    const id = u8(bytes, at++);
    const type = TYPES[id];
    if (type === undefined) return found;
    if (id === TOPIC_ALIAS) found.topic_alias = u16be(bytes, at);
    const length = u16be(bytes, at);
    if (typeof type === 'number') at += type;
    else if (type === 'varint') at += varint_bytes(bytes, at);
    else at += 2 + length;
    if (at > end) return found;
    if (id === CORRELATION_DATA && is_text(bytes, at - length, at)) found.correlation = intern(bytes, at - length, at);
    if (id !== USER_PROPERTY) continue;
    const name_end = at;
    at += 2 + u16be(bytes, at);
    if (at <= end) traces?.note_bytes(bytes, name_end - length, name_end, name_end + 2, at);
  }
  return found;
}

/** Correlation data may be any bytes; those that are a short name are worth telling. */
function is_text(bytes: Uint8Array, start: number, end: number): boolean {
  if (end - start > 128) return false;
  for (let i = start; i < end; i++) if (u8(bytes, i) < 33 || u8(bytes, i) > 126) return false;
  return end > start;
}
