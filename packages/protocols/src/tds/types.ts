// Types of columns and parameters ([MS-TDS] 2.2.5.4, 2.2.5.6) as far as their values must be passed over, or told.
import type { TdsCursor } from './cursor.ts';

/**
 * How a value stands:
 * - fixed: `size` bytes
 * - byte, short, long: behind its length in 1, 2 (0xffff: null) or 4 (0xffffffff: null) bytes
 * - pointed: behind a pointer (1 byte length, 0: null) and a time stamp, then as `long`; in parameters as `long`
 * - partial: behind its length in 8 bytes, in pieces (partially length-prefixed); all ones: null
 */
export type Form = 'fixed' | 'byte' | 'short' | 'long' | 'pointed' | 'partial';

export interface Type {
  readonly id: number;
  readonly form: Form;
  /** Of a fixed value. */
  readonly size: number;
  /** Digits behind the point, or of a second's fraction. */
  readonly scale: number;
}

export const ID = {
  null: 0x1f,
  image: 0x22,
  text: 0x23,
  guid: 0x24,
  int_n: 0x26,
  date: 0x28,
  time: 0x29,
  datetime2: 0x2a,
  datetimeoffset: 0x2b,
  tinyint: 0x30,
  bit: 0x32,
  smallint: 0x34,
  int: 0x38,
  smalldatetime: 0x3a,
  real: 0x3b,
  money: 0x3c,
  datetime: 0x3d,
  float: 0x3e,
  variant: 0x62,
  ntext: 0x63,
  bit_n: 0x68,
  decimal: 0x6a,
  numeric: 0x6c,
  float_n: 0x6d,
  money_n: 0x6e,
  datetime_n: 0x6f,
  smallmoney: 0x7a,
  bigint: 0x7f,
  varbinary: 0xa5,
  varchar: 0xa7,
  binary: 0xad,
  char: 0xaf,
  nvarchar: 0xe7,
  nchar: 0xef,
  udt: 0xf0,
  xml: 0xf1,
  table: 0xf3,
  json: 0xf4,
  vector: 0xf5,
} as const;

const FIXED: Readonly<Record<number, number>> = {
  [ID.null]: 0,
  [ID.tinyint]: 1,
  [ID.bit]: 1,
  [ID.smallint]: 2,
  [ID.int]: 4,
  [ID.smalldatetime]: 4,
  [ID.real]: 4,
  [ID.money]: 8,
  [ID.datetime]: 8,
  [ID.float]: 8,
  [ID.smallmoney]: 4,
  [ID.bigint]: 8,
};
/** Old types whose maximum stands in a byte: CHAR, VARCHAR, BINARY, VARBINARY. */
const OLD_TEXTS = new Set([0x2f, 0x27, 0x2d, 0x25]);
const SIZED_BY_BYTE = new Set<number>([ID.guid, ID.int_n, ID.bit_n, ID.float_n, ID.money_n, ID.datetime_n]);
/** DECIMAL and NUMERIC, those of old clients too. */
const EXACT = new Set<number>([ID.decimal, ID.numeric, 0x37, 0x3f]);
const SCALED = new Set<number>([ID.time, ID.datetime2, ID.datetimeoffset]);
const COLLATED = new Set<number>([ID.varchar, ID.char, ID.nvarchar, ID.nchar]);
const SHORT = new Set<number>([ID.varbinary, ID.varchar, ID.binary, ID.char, ID.nvarchar, ID.nchar]);
const COLLATION_BYTES = 5;
const PARTIAL = 0xffff;
const SCALE_MAX = 7;
const FIXED_TYPES = new Map(
  Object.entries(FIXED).map(([id, size]) => [Number(id), { id: Number(id), form: 'fixed', size, scale: 0 } as const]),
);

/**
 * The type at the cursor; `in_column`: within COLMETADATA, where some tell more. Undefined when the cursor is short, or
 * when no type begins so; then it is `bad`.
 */
export function read_type(cursor: TdsCursor, in_column: boolean, wide: boolean): Type | undefined {
  const id = cursor.u8();
  if (!cursor.ok) return undefined;
  const known = FIXED_TYPES.get(id);
  if (known !== undefined) return known;
  let form: Form = 'byte';
  let scale = 0;
  if (SIZED_BY_BYTE.has(id) || OLD_TEXTS.has(id)) cursor.u8();
  else if (EXACT.has(id)) {
    cursor.take(2);
    scale = cursor.u8();
    if (scale > 38) cursor.bad = true;
  } else if (SCALED.has(id)) {
    scale = cursor.u8();
    if (scale > SCALE_MAX) cursor.bad = true;
  } else if (SHORT.has(id)) {
    form = cursor.u16() === PARTIAL ? 'partial' : 'short';
    // TDS 7.0 has none, and no client of it is left.
    if (COLLATED.has(id)) cursor.take(COLLATION_BYTES);
  } else if (id !== ID.date) form = read_long_type(cursor, id, in_column, wide);
  return cursor.ok ? { id, form, size: 0, scale } : undefined;
}

function read_long_type(cursor: TdsCursor, id: number, in_column: boolean, wide: boolean): Form {
  switch (id) {
    case ID.text:
    case ID.ntext:
    case ID.image: {
      cursor.u32();
      if (id !== ID.image) cursor.take(COLLATION_BYTES);
      // The table's name, since TDS 7.2 in parts.
      if (in_column) for (let parts = wide ? cursor.u8() : 1; parts > 0 && cursor.ok; parts--) cursor.us_text();
      return 'pointed';
    }
    case ID.variant:
      cursor.u32();
      return 'long';
    case ID.xml:
      if (cursor.u8() === 1) {
        cursor.b_text();
        cursor.b_text();
        cursor.us_text();
      }
      return 'partial';
    case ID.json:
      return 'partial';
    case ID.vector:
      cursor.u16();
      cursor.u8();
      return 'short';
    case ID.udt:
      if (in_column) cursor.u16();
      for (let i = 0; i < 3; i++) cursor.b_text();
      if (in_column) cursor.us_text();
      return 'partial';
    default:
      cursor.bad = true;
      return 'byte';
  }
}
