// Fills one block of ClickHouse's Native format column by column: no row objects, nothing allocated a row.
//
//   const b = new BlockBuilder(AGENT_COLUMNS);          // once a table
//   const TIME = b.column('time');                      // once a column
//   b.u32(TIME, now_s); b.str(METHOD, 'GET'); b.end_row();
//   const block = b.take();                             // bytes of the rows so far; the builder is empty again
//
// A column that is not set in a row has the type's zero there (NULL where nullable); a column that no row set is left out
// of the block. Setting a column twice in a row is right for fixed widths and wrong for the others.
// Values are truncated to the column's width, as typed arrays do; numbers must be integers except for Float64.
import type { Column } from '../column.ts';
import { EMPTY_STATE, type Sketch } from '../sketch.ts';
import { ByteWriter } from './bytes.ts';
import { LAYOUTS, type Layout } from './layout.ts';

const ROWS_AT_FIRST = 256;
const TWO_32 = 4_294_967_296;

/** Values of variable width: their bytes in row order; rows not yet written are filled up when the next one is. */
interface Variable {
  readonly bytes: ByteWriter;
  /** Rows written. */
  rows: number;
  /** Arrays: end of each row's elements as u64 (low word, 0), and their number so far. */
  ends: Uint32Array;
  elements: number;
}

export class BlockBuilder {
  readonly columns: readonly Column[];
  /** Rows ended since the last reset. */
  rows = 0;
  private readonly layouts: readonly Layout[];
  private readonly prefixes: readonly Buffer[];
  private readonly indexes: ReadonlyMap<string, number>;
  private capacity = ROWS_AT_FIRST;
  private readonly used: Uint8Array;
  // One array of words per column and width, so that every setter sees one kind of array. Absent where the width is another.
  private readonly words8: (Uint8Array | undefined)[];
  private readonly words16: (Uint16Array | undefined)[];
  /** Also 64-bit columns (two words a row, low first) and IPv6 (four words). */
  private readonly words32: (Uint32Array | undefined)[];
  private readonly doubles: (Float64Array | undefined)[];
  private readonly nulls: (Uint8Array | undefined)[];
  private readonly variables: (Variable | undefined)[];

  constructor(columns: readonly Column[]) {
    this.columns = columns;
    this.layouts = columns.map((c) => LAYOUTS[c.type]);
    this.prefixes = columns.map((c, i) => prefix_of(c.name, this.layouts[i]!.wire_type));
    this.indexes = new Map(columns.map((c, i) => [c.name, i]));
    this.used = new Uint8Array(columns.length);
    const rows = this.capacity;
    const of_width = <T>(test: (l: Layout) => boolean, make: (l: Layout) => T): (T | undefined)[] =>
      this.layouts.map((l) => (l.form === 'fixed' && test(l) ? make(l) : undefined));
    this.words8 = of_width(
      (l) => l.width === 1,
      () => new Uint8Array(rows),
    );
    this.words16 = of_width(
      (l) => l.width === 2,
      () => new Uint16Array(rows),
    );
    this.words32 = of_width(
      (l) => l.width >= 4 && l.number !== 'float',
      (l) => new Uint32Array((rows * l.width) / 4),
    );
    this.doubles = of_width(
      (l) => l.number === 'float',
      () => new Float64Array(rows),
    );
    this.nulls = of_width(
      (l) => l.nullable,
      () => new Uint8Array(rows).fill(1),
    );
    this.variables = this.layouts.map((l) =>
      l.form === 'fixed'
        ? undefined
        : { bytes: new ByteWriter(), rows: 0, ends: new Uint32Array(is_array(l) ? rows * 2 : 0), elements: 0 },
    );
  }

  /** Index of a column by its name. Throws for a name that the definition does not have: a bug of ours. */
  column(name: string): number {
    const index = this.indexes.get(name);
    if (index === undefined) throw new Error(`BUG: no column ${name}`);
    return index;
  }

  /** UInt8, Nullable(UInt8). */
  u8(column: number, value: number): void {
    this.words8[column]![this.rows] = value;
    this.mark(column);
  }

  /** UInt16. */
  u16(column: number, value: number): void {
    this.words16[column]![this.rows] = value;
    this.mark(column);
  }

  /** UInt32, DateTime, IPv4 (big-endian value: 127.0.0.1 = 0x7f000001). */
  u32(column: number, value: number): void {
    this.words32[column]![this.rows] = value;
    this.mark(column);
  }

  /** Int32, Nullable(Int32). */
  i32(column: number, value: number): void {
    this.words32[column]![this.rows] = value;
    this.mark(column);
  }

  /** UInt64, Int64, DateTime64(6), and nullable: integers up to 2^53 in magnitude. */
  i64(column: number, value: number): void {
    const words = this.words32[column]!;
    const at = this.rows * 2;
    words[at] = value;
    words[at + 1] = Math.floor(value / TWO_32);
    this.mark(column);
  }

  /** 64-bit columns, by halves. */
  u64(column: number, low: number, high: number): void {
    const words = this.words32[column]!;
    const at = this.rows * 2;
    words[at] = low;
    words[at + 1] = high;
    this.mark(column);
  }

  f64(column: number, value: number): void {
    this.doubles[column]![this.rows] = value;
    this.mark(column);
  }

  /** IPv6: 16 bytes of `from`, in network order. */
  ip6(column: number, from: Uint8Array, start: number): void {
    const words = this.words32[column]!;
    const at = this.rows * 4;
    for (let w = 0, b = start; w < 4; w++, b += 4) {
      words[at + w] = from[b]! | (from[b + 1]! << 8) | (from[b + 2]! << 16) | (from[b + 3]! << 24);
    }
    this.mark(column);
  }

  /** String, LowCardinality(String). */
  str(column: number, value: string): void {
    this.next(column).bytes.string(value);
  }

  /** The same from bytes that are UTF-8 already (the store does not check). */
  str_bytes(column: number, from: Uint8Array, start: number, end: number): void {
    const { bytes } = this.next(column);
    bytes.varint(end - start);
    bytes.raw(from, start, end);
  }

  /** Array(String), Array(LowCardinality(String)). */
  strs(column: number, values: readonly string[]): void {
    const variable = this.next(column);
    for (let i = 0; i < values.length; i++) variable.bytes.string(values[i]!);
    this.end_array(variable, values.length);
  }

  /** Array(Float64). */
  f64s(column: number, values: readonly number[]): void {
    const variable = this.next(column);
    for (let i = 0; i < values.length; i++) variable.bytes.f64(values[i]!);
    this.end_array(variable, values.length);
  }

  /** Array(UInt64): `count` values of two words each, low first, from `words[start]` on. */
  u64s(column: number, words: Uint32Array, start: number, count: number): void {
    const variable = this.next(column);
    variable.bytes.raw(new Uint8Array(words.buffer, words.byteOffset + start * 4, count * 8), 0, count * 8);
    this.end_array(variable, count);
  }

  sketch(column: number, value: Sketch): void {
    value.encodeState(this.next(column).bytes);
  }

  end_row(): void {
    this.rows++;
    if (this.rows === this.capacity) this.grow();
  }

  /** Bytes that `take` would give at least; to decide when a batch is large enough. */
  get bytes_estimate(): number {
    let size = 0;
    for (let c = 0; c < this.layouts.length; c++) {
      if (this.used[c] === 1) size += this.variables[c]?.bytes.length ?? this.rows * this.layouts[c]!.width;
    }
    return size;
  }

  /** One Native block of the rows ended so far; must not be called within a row. Nothing that it returns is shared with the builder. */
  encode(): Buffer {
    const head = new ByteWriter(16);
    const used = [...this.used.keys()].filter((c) => this.used[c] === 1);
    head.varint(used.length);
    head.varint(this.rows);
    const parts: Uint8Array[] = [head.view()];
    for (const c of used) this.encode_column(c, parts);
    return Buffer.concat(parts);
  }

  /** Empties the builder, keeping its memory. A row begun but not ended is forgotten. */
  reset(): void {
    const rows = Math.min(this.rows + 1, this.capacity);
    for (let c = 0; c < this.layouts.length; c++) {
      if (this.used[c] === 0) continue;
      this.used[c] = 0;
      this.words8[c]?.fill(0, 0, rows);
      this.words16[c]?.fill(0, 0, rows);
      this.words32[c]?.fill(0, 0, (rows * this.layouts[c]!.width) / 4);
      this.doubles[c]?.fill(0, 0, rows);
      this.nulls[c]?.fill(1, 0, rows);
      const variable = this.variables[c];
      if (variable !== undefined) {
        variable.bytes.length = 0;
        variable.rows = 0;
        variable.elements = 0;
      }
    }
    this.rows = 0;
  }

  /** encode, then reset. */
  take(): Buffer {
    const block = this.encode();
    this.reset();
    return block;
  }

  private mark(column: number): void {
    this.used[column] = 1;
    const nulls = this.nulls[column];
    if (nulls !== undefined) nulls[this.rows] = 0;
  }

  /** The column's variable part with every row before the current one written. */
  private next(column: number): Variable {
    this.used[column] = 1;
    const variable = this.variables[column]!;
    if (variable.rows < this.rows) this.fill(column, variable, this.rows);
    variable.rows++;
    return variable;
  }

  /** Writes the type's zero for rows up to `rows`. */
  private fill(column: number, variable: Variable, rows: number): void {
    const missing = rows - variable.rows;
    const form = this.layouts[column]!.form;
    if (form === 'string') variable.bytes.zeros(missing);
    else if (form === 'sketch')
      for (let i = 0; i < missing; i++) variable.bytes.raw(EMPTY_STATE, 0, EMPTY_STATE.length);
    else for (let row = variable.rows; row < rows; row++) variable.ends[row * 2] = variable.elements;
    variable.rows = rows;
  }

  private end_array(variable: Variable, added: number): void {
    variable.elements += added;
    variable.ends[(variable.rows - 1) * 2] = variable.elements;
  }

  private encode_column(c: number, parts: Uint8Array[]): void {
    const layout = this.layouts[c]!;
    parts.push(this.prefixes[c]!);
    const nulls = this.nulls[c];
    if (nulls !== undefined) parts.push(nulls.subarray(0, this.rows));
    const variable = this.variables[c];
    if (variable === undefined) {
      const words = (this.words8[c] ?? this.words16[c] ?? this.words32[c] ?? this.doubles[c])!;
      parts.push(new Uint8Array(words.buffer, 0, this.rows * layout.width));
      return;
    }
    if (variable.rows < this.rows) this.fill(c, variable, this.rows);
    if (variable.ends.length > 0) parts.push(new Uint8Array(variable.ends.buffer, 0, this.rows * 8));
    parts.push(variable.bytes.view());
  }

  private grow(): void {
    this.capacity *= 2;
    for (let c = 0; c < this.layouts.length; c++) {
      this.words8[c] = grown(this.words8[c]);
      this.words16[c] = grown(this.words16[c]);
      this.words32[c] = grown(this.words32[c]);
      this.doubles[c] = grown(this.doubles[c]);
      this.nulls[c] = grown(this.nulls[c], 1);
      const variable = this.variables[c];
      if (variable !== undefined) variable.ends = grown(variable.ends)!;
    }
  }
}

const is_array = (layout: Layout): boolean => layout.form === 'strings' || layout.form === 'words';

type Words = Uint8Array | Uint16Array | Uint32Array | Float64Array;

/** An array of twice the length with the same beginning; the rest is `rest`. */
function grown<T extends Words>(words: T | undefined, rest = 0): T | undefined {
  if (words === undefined) return undefined;
  const twice = new (words.constructor as new (length: number) => T)(words.length * 2);
  twice.set(words);
  if (rest !== 0) twice.fill(rest, words.length);
  return twice;
}

/** Name and type, as they stand before a column's values. */
function prefix_of(name: string, type: string): Buffer {
  const writer = new ByteWriter(64);
  writer.string(name);
  writer.string(type);
  return Buffer.from(writer.view());
}
