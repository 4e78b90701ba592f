// Messages of protocol version 3 (PostgreSQL documentation, "Message Formats"): type (1 byte), length (4, itself included, big
// endian), content; before and in place of the first one, startup packets without a type.
import { i32be, u8, u32be } from '../bytes.ts';
import type { Stream } from '../stream.ts';

export const HEADER_BYTES = 5;
export const STARTUP = { version_3: 196_608, ssl: 80_877_103, gss: 80_877_104, cancel: 80_877_102 } as const;
/** The server refuses startup packets above this (MAX_STARTUP_PACKET_LENGTH). */
export const STARTUP_BYTES_MAX = 10_000;
const MESSAGE_BYTES_MAX = 0x4000_0000;

/** A message type by its letter. */
export const code = (letter: string): number => letter.charCodeAt(0);

/** Smallest length of each type; negative = exactly that length. */
type Lengths = Readonly<Record<string, number>>;
const TO_SERVER_LENGTHS: Lengths = {
  B: 12,
  C: 6,
  d: 4,
  c: -4,
  f: 5,
  D: 6,
  E: 9,
  H: -4,
  F: 12,
  P: 8,
  p: 4,
  Q: 5,
  S: -4,
  X: -4,
};
const TO_CLIENT_LENGTHS: Lengths = {
  R: 8,
  K: 8,
  2: -4,
  3: -4,
  C: 5,
  d: 4,
  c: -4,
  G: 7,
  H: 7,
  W: 7,
  D: 6,
  I: -4,
  E: 5,
  V: 8,
  v: 12,
  n: -4,
  N: 5,
  A: 10,
  t: 6,
  S: 6,
  1: -4,
  s: -4,
  Z: -5,
  T: 6,
};

/** Longest of the types that hold little: names, numbers, settings. Others hold what users sent. */
const LITTLE_MAX: Readonly<Record<string, number>> = {
  K: 300,
  A: 8192,
  G: 8192,
  H: 8192,
  W: 8192,
  v: 8192,
  R: 16_384,
  S: 65_536,
};
const TAG_MAX = 256;
const NAMES_MAX = 2048;

/** Length that no message of this type exceeds. */
function length_max(direction: 0 | 1, letter: string): number {
  if (direction === 1) return letter === 'C' ? TAG_MAX : (LITTLE_MAX[letter] ?? MESSAGE_BYTES_MAX);
  return letter === 'C' || letter === 'D' || letter === 'E' ? NAMES_MAX : letter === 'p' ? 65_536 : MESSAGE_BYTES_MAX;
}

const maxima = [TO_SERVER_LENGTHS, TO_CLIENT_LENGTHS].map((lengths, direction) => {
  const table = new Int32Array(256);
  for (const letter of Object.keys(lengths)) table[code(letter)] = length_max(direction as 0 | 1, letter);
  return table;
});

const tables = [TO_SERVER_LENGTHS, TO_CLIENT_LENGTHS].map((lengths) => {
  const table = new Int8Array(256);
  for (const [letter, length] of Object.entries(lengths)) table[code(letter)] = length;
  return table;
});

/** Whether a message of this direction may have this type and length. */
export function may_be(direction: 0 | 1, type: number, length: number): boolean {
  const rule = tables[direction]![type]!;
  return rule !== 0 && length <= maxima[direction]![type]! && (rule < 0 ? length === -rule : length >= rule);
}

/** How many messages stand one behind the other; `whole` when they end exactly at `end`, or beyond it with the last. */
export function chain(
  direction: 0 | 1,
  bytes: Uint8Array,
  start: number,
  end: number,
): { count: number; whole: boolean } {
  let at = start;
  let count = 0;
  while (at + HEADER_BYTES <= end) {
    const length = u32be(bytes, at + 1);
    if (!may_be(direction, u8(bytes, at), length)) return { count, whole: false };
    count++;
    at += length + 1;
  }
  return { count, whole: at >= end };
}

export class MessageReader {
  type = 0;
  /** Of the content; `stop` is before its end when that was not captured or has not come. */
  start = 0;
  stop = 0;
  /** Length on the wire, type and length included. */
  size = 0;
  /** Of a message that was taken, what has not come yet; the server's are passed over piece by piece. */
  rest = 0;

  /** Looks at the next message; at least `wanted` bytes of its content are readable unless they never will be. */
  peek(stream: Stream, direction: 0 | 1, wanted: (type: number) => number): 'message' | 'more' | 'lost' | 'damaged' {
    const { bytes, pos, end } = stream;
    if (end - pos < HEADER_BYTES) {
      if (stream.hole > 0) return 'lost';
      return end > pos && tables[direction]![u8(bytes, pos)] === 0 ? 'damaged' : 'more';
    }
    this.type = u8(bytes, pos);
    const length = i32be(bytes, pos + 1);
    if (!may_be(direction, this.type, length)) return 'damaged';
    this.size = length + 1;
    this.start = pos + HEADER_BYTES;
    this.stop = Math.min(end, pos + this.size);
    const due = Math.min(length - 4, wanted(this.type));
    return stream.hole === 0 && this.stop - this.start < due ? 'more' : 'message';
  }
}

/** Passes as much of `count` bytes as has come; returns what is left. */
export function pass(stream: Stream, count: number): number {
  let left = count;
  while (left > 0) {
    const step = Math.min(left, stream.end - stream.pos + stream.hole);
    if (step === 0) break;
    stream.advance(step);
    left -= step;
  }
  return left;
}

/** End of a zero-ended string: the index of its zero, or `stop`. */
export function zero_at(bytes: Uint8Array, start: number, stop: number): number {
  for (let at = start; at < stop; at++) if (bytes[at] === 0) return at;
  return stop;
}
