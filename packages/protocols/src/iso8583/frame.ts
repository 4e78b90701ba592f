// What stands before a message on a stream: its length, and perhaps a header. Which of the usual ones a link has is found out
// by its first message that fits in every way.
import { starts_with, u16be, u32be, u8 } from '../bytes.ts';
import { type Encoding, ENCODINGS } from './encoding.ts';
import { found, read_mti, walk } from './walk.ts';

export interface Frame {
  /** Bytes of the length field. */
  readonly length_bytes: number;
  /** Value of the length field, of which all bytes are there; -1: there is none. */
  value(bytes: Uint8Array, at: number): number;
  /** The length counts itself. */
  readonly inclusive: boolean;
}

function ascii_length(bytes: Uint8Array, at: number): number {
  let value = 0;
  for (let i = 0; i < 4; i++) {
    const digit = u8(bytes, at + i) - 48;
    if (digit < 0 || digit > 9) return -1;
    value = value * 10 + digit;
  }
  return value;
}

const FRAMES: readonly Frame[] = [
  { length_bytes: 2, value: u16be, inclusive: false },
  { length_bytes: 4, value: ascii_length, inclusive: false },
  { length_bytes: 4, value: u32be, inclusive: false },
  { length_bytes: 2, value: u16be, inclusive: true },
  { length_bytes: 4, value: ascii_length, inclusive: true },
];

/** A link's way: frame, bytes of a header before each message, encoding. */
export interface Layout {
  readonly frame: Frame;
  readonly header_bytes: number;
  readonly encoding: Encoding;
}

/** Of a message type. */
export const MTI_BYTES_MAX = 4;
/** The longest length field and header, and a message type. */
const HEAD_BYTES_MAX = 4 + 46 + MTI_BYTES_MAX;
/** A message type, a bitmap and a field. */
export const MESSAGE_BYTES_MIN = 11;
/** Four digits say no more; binary lengths of real messages stay below. */
const MESSAGE_BYTES_MAX = 9999;
/** With the longest length field. */
export const MESSAGE_SIZE_MAX = MESSAGE_BYTES_MAX + 4;

/** Length of the message at `at` with its length field, in the given frame; 0: not all of that is there; -1: there is none. */
export function framed_size(frame: Frame, bytes: Uint8Array, at: number, end: number): number {
  if (end - at < frame.length_bytes) return 0;
  const value = frame.value(bytes, at);
  if (value === 0 && !frame.inclusive) return frame.length_bytes;
  const size = frame.inclusive ? value : value + frame.length_bytes;
  return value < 0 || value > MESSAGE_BYTES_MAX || size < frame.length_bytes + MESSAGE_BYTES_MIN ? -1 : size;
}

/** Bytes of the headers that the message which begins at `at` may have. */
function headers_at(bytes: Uint8Array, at: number, end: number): readonly number[] {
  const first = u8(bytes, at);
  // TPDU: its id, then two addresses; terminals of UnionPay add a header of six bytes, packed.
  if (first >> 4 === 6 && first !== 0x6f) return [TPDU_BYTES, TPDU_BYTES + POS_HEADER_BYTES, 0];
  if (starts_with(bytes, at, end, 'ISO')) return [BASE24_HEADER_BYTES];
  // Headers that begin with their own length: VISA, UnionPay.
  if (first === VISA_HEADER_BYTES || first === CUPS_HEADER_BYTES) return [first, 0];
  return NO_HEADER;
}

/** Fields of a message from which a layout is learnt. */
const FIELDS_TELLING = 2;

const NO_HEADER = [0];
const TPDU_BYTES = 5;
const POS_HEADER_BYTES = 6;
const BASE24_HEADER_BYTES = 12;
const VISA_HEADER_BYTES = 22;
const CUPS_HEADER_BYTES = 46;

/** Whether a message of the layout, all of which is there, fits in every way; `found` then says what it holds. */
export function fits(layout: Layout, bytes: Uint8Array, at: number, end: number): boolean {
  const size = framed_size(layout.frame, bytes, at, end);
  if (size <= layout.frame.length_bytes || at + size > end) return false;
  return walk(layout.encoding, bytes, at + layout.frame.length_bytes + layout.header_bytes, at + size);
}

/** The layout of which the message at `at` is one in every way; `found` then says what it holds. */
export function layout_at(bytes: Uint8Array, at: number, end: number): Layout | undefined {
  for (const frame of FRAMES) {
    const size = framed_size(frame, bytes, at, end);
    if (size <= frame.length_bytes || at + size > end) continue;
    const body = at + frame.length_bytes;
    for (const header_bytes of headers_at(bytes, body, end)) {
      for (const encoding of ENCODINGS) {
        const fitting = walk(encoding, bytes, body + header_bytes, at + size);
        if (fitting && found.fields >= FIELDS_TELLING) return { frame, header_bytes, encoding };
      }
    }
  }
  return undefined;
}

/** Length of a message that may begin at `at`, of which not all is there: its message type fits; as `Framing.size`. */
export function likely_size(bytes: Uint8Array, at: number, end: number): number {
  let unsure = false;
  for (const frame of FRAMES) {
    const size = framed_size(frame, bytes, at, end);
    if (size === 0) unsure = true;
    if (size <= frame.length_bytes) continue;
    const body = at + frame.length_bytes;
    for (const header_bytes of headers_at(bytes, body, end)) {
      const mti = body + header_bytes;
      if (mti + MTI_BYTES_MAX > end) unsure = true;
      else if (ENCODINGS.some((encoding) => read_mti(encoding, bytes, mti))) return size;
    }
  }
  return unsure && end - at < HEAD_BYTES_MAX ? 0 : -1;
}
