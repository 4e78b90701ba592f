// One message: message type, bitmaps, fields. It is one when all its fields fit and fill it exactly.
import { u16be, u8 } from '../bytes.ts';
import { digit_at, type Encoding, is_text, number_at, read_bitmap, width_of } from './encoding.ts';
import { type Field, FIELD_MAX, fields_of, PACKED_PRIVATE } from './fields.ts';
import { CLASS_MAX, FUNCTION_MAX, ORIGIN_MAX, VERSION_MAX } from './messages.ts';

const MTI_DIGITS = 4;
const BITMAP_BYTES = 8;
const SECONDARY = 64;
/** Currency codes: digits or letters, as the link has it. */
const CURRENCY_FIRST = 49;
const CURRENCY_LAST = 51;

/** What the last `walk` found; scratch, as parsing is synchronous. */
export class Found {
  version = 0;
  mti_class = 0;
  fn = 0;
  origin = 0;
  fields = 0;
  /** Of each field: where its value begins and ends; 0: it was not there. */
  readonly from = new Uint32Array(FIELD_MAX + 1);
  readonly to = new Uint32Array(FIELD_MAX + 1);
  /** First byte behind the last field that fitted. */
  end = 0;

  has(field: number): boolean {
    return this.to[field]! > 0;
  }
}

export const found = new Found();
const bitmap = new Uint8Array(2 * BITMAP_BYTES);

/** Reads the message type at `at`; false: there is none. */
export function read_mti(encoding: Encoding, bytes: Uint8Array, at: number): boolean {
  const version = digit_at(encoding, bytes, at, 0);
  const mti_class = digit_at(encoding, bytes, at, 1);
  const fn = digit_at(encoding, bytes, at, 2);
  const origin = digit_at(encoding, bytes, at, 3);
  if (version < 0 || version > VERSION_MAX || mti_class < 1 || mti_class > CLASS_MAX) return false;
  if (fn < 0 || fn > FUNCTION_MAX || origin < 0 || origin > ORIGIN_MAX) return false;
  found.version = version;
  found.mti_class = mti_class;
  found.fn = fn;
  found.origin = origin;
  return true;
}

/** True when [at, end) is a message to its last byte. What `found` says is right as far as `found.end` also when it is not. */
export function walk(encoding: Encoding, bytes: Uint8Array, at: number, end: number): boolean {
  found.fields = 0;
  found.end = at;
  found.to.fill(0);
  if (end - at < width_of(encoding, MTI_DIGITS) || !read_mti(encoding, bytes, at)) return false;
  const width = encoding.hex_bitmap ? 2 * BITMAP_BYTES : BITMAP_BYTES;
  let pos = at + width_of(encoding, MTI_DIGITS);
  if (end - pos < width || !read_bitmap(encoding, bytes, pos, bitmap, 0)) return false;
  pos += width;
  const secondary = (bitmap[0]! & 0x80) !== 0;
  if (secondary) {
    if (end - pos < width || !read_bitmap(encoding, bytes, pos, bitmap, BITMAP_BYTES)) return false;
    pos += width;
  }
  const table = fields_of(found.version);
  const last = secondary ? FIELD_MAX : SECONDARY;
  for (let field = 2; field <= last; field++) {
    const eight = bitmap[(field - 1) >> 3]!;
    if (eight === 0) {
      // None of these eight; the loop goes on behind the last of them.
      field = ((field - 1) | 7) + 1;
      continue;
    }
    if (((eight >> (7 - ((field - 1) & 7))) & 1) === 0) continue;
    pos = read_field(encoding, table[field], field, bytes, pos, end);
    if (pos < 0) return false;
    found.fields++;
    found.end = pos;
  }
  return pos === end && found.fields > 0;
}

/** Passes over a field; -1 when it does not fit. */
function read_field(
  encoding: Encoding,
  spec: Field | undefined,
  field: number,
  bytes: Uint8Array,
  at: number,
  end: number,
): number {
  if (spec === undefined) return -1;
  const kind = kind_of(encoding, spec, field);
  let pos = at;
  let { length } = spec;
  if (spec.prefix !== 0) {
    const width = prefix_width(encoding, spec.prefix);
    if (width > end - pos) return -1;
    length = prefix_value(encoding, spec.prefix, bytes, pos);
    if (length < 0 || length > Math.max(spec.length, kind === 'b' ? 999 : 0)) return -1;
    pos += width;
  }
  const size = size_of(encoding, kind, length, spec.prefix > 0);
  if (size > end - pos || !fits(encoding, kind, length, spec, bytes, pos, pos + size)) return -1;
  found.from[field] = pos;
  found.to[field] = pos + size;
  return pos + size;
}

function kind_of(encoding: Encoding, spec: Field, field: number): Field['kind'] {
  if (encoding.packed_private && PACKED_PRIVATE.has(field)) return 'n';
  if (encoding.packed_currency && field >= CURRENCY_FIRST && field <= CURRENCY_LAST) return 'n';
  return spec.kind;
}

function prefix_width(encoding: Encoding, digits: 2 | 3): number {
  return encoding.lengths === 'binary' ? digits - 1 : width_of(encoding, digits);
}

function prefix_value(encoding: Encoding, digits: 2 | 3, bytes: Uint8Array, at: number): number {
  if (encoding.lengths === 'binary') return digits === 2 ? u8(bytes, at) : u16be(bytes, at);
  return number_at(encoding, bytes, at, digits);
}

function size_of(encoding: Encoding, kind: Field['kind'], length: number, counted: boolean): number {
  if (kind === 'a') return length;
  // A counted field of bytes counts what stands there.
  if (kind === 'b') return encoding.hex_bytes && !counted ? 2 * length : length;
  return kind === 'x' ? 1 + width_of(encoding, length) : width_of(encoding, length);
}

function fits(
  encoding: Encoding,
  kind: Field['kind'],
  length: number,
  spec: Field,
  bytes: Uint8Array,
  at: number,
  end: number,
): boolean {
  if (kind === 'n') return are_digits(encoding, length, bytes, at, spec.prefix > 0);
  if (kind === 'x') return are_digits(encoding, length, bytes, at + 1, false);
  // Private fields hold whatever two parties agreed upon.
  return kind !== 'a' || (spec.prefix === 3 && spec.length === 999) || is_text(bytes, at, end);
}

/** Packed, an odd number of digits has one more: before it a zero, or behind it any padding where its length is counted. */
function are_digits(encoding: Encoding, length: number, bytes: Uint8Array, at: number, counted: boolean): boolean {
  if (encoding.digits !== 'packed') {
    const zero = encoding.digits === 'ascii' ? 0x30 : 0xf0;
    for (let i = at; i < at + length; i++) if (bytes[i]! < zero || bytes[i]! > zero + 9) return false;
    return true;
  }
  const spare = length & 1;
  for (let i = 0; i < length + spare; i++) {
    if (digit_at(encoding, bytes, at, i) >= 0) continue;
    if (spare === 0 || !counted || (i !== 0 && i !== length)) return false;
  }
  return true;
}
