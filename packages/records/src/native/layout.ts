// How each column type lies in a block of ClickHouse's Native format (docs/formats/native-block.md).
import type { ColumnType } from '../column.ts';
import { SKETCH_TYPE } from '../sketch.ts';

export interface Layout {
  /** Type as the block names it. LowCardinality is left out: the store casts on insert. */
  readonly wire_type: string;
  /** fixed: `width` bytes a row. string: varint length and bytes. strings, words (8 bytes each): arrays. sketch: aggregate states. */
  readonly form: 'fixed' | 'string' | 'strings' | 'words' | 'sketch';
  /** Bytes of one value where form is fixed. */
  readonly width: 0 | 1 | 2 | 4 | 8 | 16;
  /** A map of one byte a row (1 = NULL) lies before the values. */
  readonly nullable: boolean;
  /** How a reader understands the bytes of a fixed value. */
  readonly number: 'unsigned' | 'signed' | 'float' | 'bytes';
}

const fixed = (
  wire_type: string,
  width: Layout['width'],
  number: Layout['number'] = 'unsigned',
  nullable = false,
): Layout => ({ wire_type, form: 'fixed', width, nullable, number });
const other = (wire_type: string, form: Layout['form']): Layout => ({
  wire_type,
  form,
  width: 0,
  nullable: false,
  number: 'bytes',
});

export const LAYOUTS: Readonly<Record<ColumnType, Layout>> = {
  UInt8: fixed('UInt8', 1),
  UInt16: fixed('UInt16', 2),
  UInt32: fixed('UInt32', 4),
  UInt64: fixed('UInt64', 8),
  Int32: fixed('Int32', 4, 'signed'),
  Int64: fixed('Int64', 8, 'signed'),
  Float64: fixed('Float64', 8, 'float'),
  DateTime: fixed('DateTime', 4),
  'DateTime64(6)': fixed('DateTime64(6)', 8, 'signed'),
  IPv4: fixed('IPv4', 4),
  IPv6: fixed('IPv6', 16, 'bytes'),
  String: other('String', 'string'),
  'LowCardinality(String)': other('String', 'string'),
  'Nullable(Int32)': fixed('Nullable(Int32)', 4, 'signed', true),
  'Nullable(Int64)': fixed('Nullable(Int64)', 8, 'signed', true),
  'Nullable(UInt64)': fixed('Nullable(UInt64)', 8, 'unsigned', true),
  'Nullable(UInt8)': fixed('Nullable(UInt8)', 1, 'unsigned', true),
  'Array(LowCardinality(String))': other('Array(String)', 'strings'),
  'Array(String)': other('Array(String)', 'strings'),
  'Array(Float64)': { ...other('Array(Float64)', 'words'), number: 'float' },
  'Array(UInt64)': { ...other('Array(UInt64)', 'words'), number: 'unsigned' },
  Sketch: other(SKETCH_TYPE, 'sketch'),
};

/** Layout by the type's name in a block; undefined for types that no column has. */
export const layout_of_wire: ReadonlyMap<string, Layout> = new Map(
  Object.values(LAYOUTS).map((layout) => [layout.wire_type, layout]),
);
