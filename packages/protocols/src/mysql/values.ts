// Bound values of a prepared statement in the binary protocol, as text.
import { u8, utf8 } from '../bytes.ts';
import type { Cursor } from './packet.ts';

/** Type byte -> name (MySQL: include/field_types.h). */
const NAMES: Readonly<Record<number, string>> = {
  0: 'Decimal',
  1: 'Tiny',
  2: 'Short',
  3: 'Long',
  4: 'Float',
  5: 'Double',
  6: 'Null',
  7: 'Timestamp',
  8: 'LongLong',
  9: 'Int24',
  10: 'Date',
  11: 'Time',
  12: 'Datetime',
  13: 'Year',
  14: 'NewDate',
  15: 'VarChar',
  16: 'Bit',
  17: 'Timestamp2',
  18: 'Datetime2',
  19: 'Time2',
  20: 'TypedArray',
  242: 'Vector',
  243: 'Invalid',
  244: 'Bool',
  245: 'Json',
  246: 'NewDecimal',
  247: 'Enum',
  248: 'Set',
  249: 'TinyBlob',
  250: 'MediumBlob',
  251: 'LongBlob',
  252: 'Blob',
  253: 'VarString',
  254: 'String',
  255: 'Geometry',
};
const UNSIGNED = 0x80_00;

/** Of a type as sent (flags in the high byte): undefined when there is no such type. */
export function type_name(type: number): string | undefined {
  return NAMES[type & 0xff];
}

/** Reads one value; with `redact` it is passed over and shown as '?'. */
export function read_value(cursor: Cursor, type: number, redact: boolean, bytes_max: number): string {
  const name = type_name(type) ?? 'Unknown';
  const value = read_plain(cursor, type, redact, bytes_max);
  return `${name}(${redact ? '?' : value})`;
}

function read_plain(cursor: Cursor, type: number, redact: boolean, bytes_max: number): string {
  const { bytes } = cursor;
  const unsigned = (type & UNSIGNED) !== 0;
  switch (type & 0xff) {
    case 1:
      return String(signed(cursor.u8(), 8, unsigned));
    case 2:
    case 13:
      return String(signed(cursor.u16(), 16, unsigned));
    case 3:
    case 9:
      return String(signed(cursor.u32(), 32, unsigned));
    case 8: {
      const [low, high] = [cursor.u32(), cursor.u32()];
      const value = (BigInt(high) << 32n) | BigInt(low);
      return String(unsigned ? value : BigInt.asIntN(64, value));
    }
    case 4:
    case 5: {
      const size = (type & 0xff) === 4 ? 4 : 8;
      const at = cursor.skip(size);
      if (cursor.cut) return '';
      const view = new DataView(bytes.buffer, bytes.byteOffset + at, size);
      return size === 4 ? String(Number(view.getFloat32(0, true).toPrecision(7))) : String(view.getFloat64(0, true));
    }
    case 6:
      return '';
    case 7:
    case 10:
    case 12:
      return date(cursor);
    case 11:
      return time(cursor);
    default: {
      const length = cursor.lenenc();
      const at = cursor.skip(length);
      return redact ? '' : utf8(bytes, at, Math.min(at + length, cursor.end), bytes_max);
    }
  }
}

function signed(value: number, bits: number, unsigned: boolean): number {
  return unsigned || value < 2 ** (bits - 1) ? value : value - 2 ** bits;
}

const two = (n: number): string => String(n).padStart(2, '0');

/** Length 0, 4, 7 or 11: nothing, a day, with time, with microseconds. */
function date(cursor: Cursor): string {
  const length = cursor.u8();
  const end = cursor.at + length;
  if (length === 0 || length > cursor.left) return cursor.skip(length) >= 0 ? '0000-00-00' : '';
  const day = `${String(cursor.u16()).padStart(4, '0')}-${two(cursor.u8())}-${two(cursor.u8())}`;
  const hour = length >= 7 ? ` ${two(cursor.u8())}:${two(cursor.u8())}:${two(cursor.u8())}` : '';
  const micro = length >= 11 ? `.${String(cursor.u32()).padStart(6, '0')}` : '';
  cursor.at = end;
  return day + hour + micro;
}

/** Length 0, 8 or 12: nothing, sign, days and time, with microseconds. */
function time(cursor: Cursor): string {
  const length = cursor.u8();
  const end = cursor.at + length;
  if (length < 8 || length > cursor.left) return cursor.skip(length) >= 0 ? '00:00:00' : '';
  const sign = cursor.u8() === 1 ? '-' : '';
  const hours = cursor.u32() * 24 + cursor.u8();
  const clock = `${sign}${two(hours)}:${two(cursor.u8())}:${two(cursor.u8())}`;
  const micro = length >= 12 ? `.${String(cursor.u32()).padStart(6, '0')}` : '';
  cursor.at = end;
  return clock + micro;
}

export interface Bound {
  text: string;
  types: number[];
  /** Values for all of them were there. */
  whole: boolean;
}

/**
 * The parameters of an execution: null bitmap, flag, types, values. `types` of the last execution hold when no new ones are
 * sent; parameters in `long` were sent before and have no value here. Undefined when the bytes do not fit.
 */
export function read_parameters(
  cursor: Cursor,
  count: number,
  known: readonly number[] | undefined,
  long: ReadonlySet<number> | undefined,
  named: boolean,
  redact: boolean,
  bytes_max: number,
): Bound | undefined {
  const nulls = cursor.skip((count + 7) >> 3);
  let types = known?.slice(0, count) ?? [];
  if (cursor.u8() === 1) {
    types = [];
    for (let i = 0; i < count && !cursor.cut; i++) {
      types.push(cursor.u16());
      if (named) cursor.skip(cursor.lenenc());
    }
  }
  if (types.length < count || types.some((type) => type_name(type) === undefined)) return undefined;
  const shown: string[] = [];
  let room = bytes_max;
  for (let i = 0; i < count; i++) {
    if (((u8(cursor.bytes, nulls + (i >> 3)) >> (i & 7)) & 1) === 1) shown.push('NULL');
    else if (long?.has(i)) shown.push(`${type_name(types[i]!)}(...)`);
    else {
      if (cursor.left <= 0) break;
      shown.push(read_value(cursor, types[i]!, redact, Math.max(0, room)));
    }
    room -= shown.at(-1)!.length + 2;
  }
  return { text: shown.join(', '), types, whole: shown.length === count && !cursor.cut };
}
