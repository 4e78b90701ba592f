// Values of parameters as text.
import { latin1, u16le, u32le, u8 } from '../bytes.ts';
import { type TdsCursor, utf16 } from './cursor.ts';
import { ID, type Type } from './types.ts';

const NULL_SHORT = 0xffff;
const NULL_LONG = 0xffffffff;
/** Above all lengths: all ones, and all ones but one for "not known yet". */
const UNKNOWN_LENGTH = 2 ** 63;
const DAY_MS = 86_400_000;
/** Days from 0001-01-01, and from 1900-01-01, to 1970-01-01. */
const DAYS_OF_DATE = 719_162;
const DAYS_OF_DATETIME = 25_567;
const BINARY_BYTES_MAX = 64;

/** Passes a value of a parameter; its text when `told`, 'NULL' when it is null. Undefined when the cursor is short. */
export function read_value(cursor: TdsCursor, type: Type, told: boolean, characters_max: number): string | undefined {
  let length = type.size;
  if (type.form === 'partial') return read_partial(cursor, type, told, characters_max);
  if (type.form === 'byte') length = cursor.u8();
  else if (type.form === 'short') length = cursor.u16();
  else if (type.form !== 'fixed') length = cursor.u32();
  const null_length = type.form === 'byte' ? 0 : type.form === 'short' ? NULL_SHORT : NULL_LONG;
  if (type.id === ID.null || (type.form !== 'fixed' && length === null_length)) {
    return cursor.ok ? (told ? 'NULL' : '?') : undefined;
  }
  const at = cursor.take(length);
  if (at < 0) return undefined;
  return told ? text_of(cursor.bytes, at, length, type, characters_max) : '?';
}

/** Pieces behind their lengths, ended by one of 0. */
function read_partial(cursor: TdsCursor, type: Type, told: boolean, characters_max: number): string | undefined {
  const total = cursor.u64();
  // Rounded: only null and "unknown" are so large.
  const low = u32le(cursor.bytes, cursor.at - 8);
  if (cursor.short) return undefined;
  if (total > UNKNOWN_LENGTH && low === NULL_LONG) return told ? 'NULL' : '?';
  let text = '';
  for (;;) {
    const length = cursor.u32();
    if (cursor.short) return undefined;
    if (length === 0) break;
    const at = cursor.take(length);
    if (at < 0) return undefined;
    if (told && text.length < characters_max) text += text_of(cursor.bytes, at, length, type, characters_max);
  }
  return told ? text.slice(0, characters_max) : '?';
}

function text_of(bytes: Uint8Array, at: number, length: number, type: Type, characters_max: number): string {
  switch (type.id) {
    case ID.nvarchar:
    case ID.nchar:
    case ID.ntext:
    case ID.xml:
      return utf16(bytes, at, at + length, characters_max);
    case ID.varchar:
    case ID.char:
    case ID.text:
    case ID.json:
    case 0x2f:
    case 0x27:
      return latin1(bytes, at, at + Math.min(length, characters_max));
    case ID.guid:
      return length === 16 ? guid(bytes, at) : hex(bytes, at, length);
    case ID.decimal:
    case ID.numeric:
    case 0x37:
    case 0x3f:
      return decimal(bytes, at, length, type.scale);
    default:
      return number_or_time(bytes, at, length, type) ?? hex(bytes, at, Math.min(length, BINARY_BYTES_MAX));
  }
}

function number_or_time(bytes: Uint8Array, at: number, length: number, type: Type): string | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset + at, length);
  switch (type.id) {
    case ID.tinyint:
    case ID.smallint:
    case ID.int:
    case ID.bigint:
    case ID.int_n:
      return integer(view, length);
    case ID.bit:
    case ID.bit_n:
      return String(u8(bytes, at));
    case ID.real:
    case ID.float:
    case ID.float_n:
      return String(length === 4 ? view.getFloat32(0, true) : length === 8 ? view.getFloat64(0, true) : '');
    case ID.money:
    case ID.smallmoney:
    case ID.money_n:
      if (length === 4) return fixed_point(BigInt(view.getInt32(0, true)), 4);
      // The higher four bytes come first.
      return length === 8
        ? fixed_point((BigInt(view.getInt32(0, true)) << 32n) | BigInt(u32le(bytes, at + 4)), 4)
        : undefined;
    case ID.datetime:
    case ID.smalldatetime:
    case ID.datetime_n:
      return length === 8
        ? moment(view.getInt32(0, true) - DAYS_OF_DATETIME, (u32le(bytes, at + 4) * 1000) / 300)
        : moment(u16le(bytes, at) - DAYS_OF_DATETIME, u16le(bytes, at + 2) * 60_000);
    case ID.date:
      return moment(days(bytes, at) - DAYS_OF_DATE, 0).slice(0, 10);
    case ID.time:
      return moment(0, fraction_ms(bytes, at, length, type.scale)).slice(11);
    case ID.datetime2:
      return moment(days(bytes, at + length - 3) - DAYS_OF_DATE, fraction_ms(bytes, at, length - 3, type.scale));
    case ID.datetimeoffset:
      return moment(days(bytes, at + length - 5) - DAYS_OF_DATE, fraction_ms(bytes, at, length - 5, type.scale));
    default:
      return undefined;
  }
}

function integer(view: DataView, length: number): string {
  if (length === 1) return String(view.getUint8(0));
  if (length === 2) return String(view.getInt16(0, true));
  if (length === 4) return String(view.getInt32(0, true));
  return length === 8 ? String(view.getBigInt64(0, true)) : '';
}

function days(bytes: Uint8Array, at: number): number {
  return u16le(bytes, at) | (u8(bytes, at + 2) << 16);
}

/** A count of 10^-scale seconds in 3 to 5 bytes. */
function fraction_ms(bytes: Uint8Array, at: number, length: number, scale: number): number {
  let count = 0;
  for (let i = length - 1; i >= 0; i--) count = count * 256 + u8(bytes, at + i);
  return Math.floor((count * 1000) / 10 ** scale);
}

/** As ISO 8601, without a zone. */
function moment(day: number, ms: number): string {
  const date = new Date(day * DAY_MS + Math.round(ms));
  return Number.isNaN(date.getTime()) ? '' : date.toISOString().slice(0, -1);
}

/** A sign (1: positive), then the digits as one number. */
function decimal(bytes: Uint8Array, at: number, length: number, scale: number): string {
  let value = 0n;
  for (let i = length - 1; i > 0; i--) value = (value << 8n) | BigInt(u8(bytes, at + i));
  return fixed_point(u8(bytes, at) === 0 ? -value : value, scale);
}

function fixed_point(value: bigint, scale: number): string {
  const digits = (value < 0n ? -value : value).toString().padStart(scale + 1, '0');
  const text = scale === 0 ? digits : `${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
  return value < 0n ? `-${text}` : text;
}

function guid(bytes: Uint8Array, at: number): string {
  const part = (n: number, count: number): string => hex(bytes, at + n, count).slice(2);
  const first = u32le(bytes, at).toString(16).padStart(8, '0');
  const words = [u16le(bytes, at + 4), u16le(bytes, at + 6)].map((word) => word.toString(16).padStart(4, '0'));
  return `${first}-${words.join('-')}-${part(8, 2)}-${part(10, 6)}`;
}

function hex(bytes: Uint8Array, at: number, count: number): string {
  return `0x${Buffer.from(bytes.buffer, bytes.byteOffset + at, count).toString('hex')}`;
}
