// Reads blocks of ClickHouse's Native format. Bytes come from outside: what is wrong with them is said, never thrown.
import { state_end } from '../sketch.ts';
import { type Layout, layout_of_wire } from './layout.ts';

const COLUMNS_MAX = 512;
const ROWS_MAX = 4_000_000;
const NAME_BYTES_MAX = 256;

/** Where one column lies in the bytes. */
export interface ColumnView {
  readonly name: string;
  readonly type: string;
  readonly layout: Layout;
  /** Null map of nullable columns, ends (u64) of arrays: [head, start). */
  readonly head: number;
  /** Values: [start, end). */
  readonly start: number;
  readonly end: number;
}
export interface BlockView {
  readonly bytes: Uint8Array;
  readonly rows: number;
  readonly columns: readonly ColumnView[];
  /** First byte of the first column. */
  readonly body: number;
  /** First byte behind the block. */
  readonly end: number;
}
export type BlockResult =
  | { readonly ok: true; readonly block: BlockView }
  | { readonly ok: false; readonly reason: string };

const bad = (reason: string): BlockResult => ({ ok: false, reason });

/** A position that only moves forward; `failed` once it would leave the bytes. */
class Cursor {
  readonly bytes: Uint8Array;
  pos: number;
  failed = false;
  constructor(bytes: Uint8Array, pos: number) {
    this.bytes = bytes;
    this.pos = pos;
  }
  skip(size: number): void {
    if (size > this.bytes.length - this.pos) this.failed = true;
    else this.pos += size;
  }
  /** Unsigned LEB128 up to 2^49; more bytes are a failure. */
  varint(): number {
    let value = 0;
    for (let i = 0, scale = 1; i < 7; i++, scale *= 0x80) {
      if (this.pos >= this.bytes.length) break;
      const byte = this.bytes[this.pos++]!;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
    this.failed = true;
    return 0;
  }
  text(size_max: number): string {
    const size = this.varint();
    const start = this.pos;
    if (size > size_max) this.failed = true;
    else this.skip(size);
    return this.failed ? '' : utf8(this.bytes, start, this.pos);
  }
  strings(count: number): void {
    for (let i = 0; i < count && !this.failed; i++) this.skip(this.varint());
  }
}

const utf8 = (bytes: Uint8Array, start: number, end: number): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('utf8');

/** Finds the columns of the block that begins at `at`, without decoding values. Linear in the bytes. */
export function view_block(bytes: Uint8Array, at = 0): BlockResult {
  const cursor = new Cursor(bytes, at);
  const count = cursor.varint();
  const rows = cursor.varint();
  if (cursor.failed || count > COLUMNS_MAX || rows > ROWS_MAX) return bad('the block has no sound header');
  const body = cursor.pos;
  const columns: ColumnView[] = [];
  for (let i = 0; i < count; i++) {
    const name = cursor.text(NAME_BYTES_MAX);
    const type = cursor.text(NAME_BYTES_MAX);
    if (cursor.failed) return bad(`the block ends within the name of column ${i + 1} of ${count}`);
    const layout = layout_of_wire.get(type);
    if (layout === undefined) return bad(`column ${name} has the unknown type ${type}`);
    const head = cursor.pos;
    const start = skip_head(cursor, layout, rows);
    skip_values(cursor, layout, rows, head);
    if (cursor.failed) return bad(`the values of column ${name} are cut short or unsound`);
    columns.push({ name, type, layout, head, start, end: cursor.pos });
  }
  return { ok: true, block: { bytes, rows, columns, body, end: cursor.pos } };
}

function skip_head(cursor: Cursor, layout: Layout, rows: number): number {
  if (layout.nullable) cursor.skip(rows);
  if (layout.form === 'strings' || layout.form === 'words') cursor.skip(rows * 8);
  return cursor.pos;
}

function skip_values(cursor: Cursor, layout: Layout, rows: number, head: number): void {
  if (cursor.failed) return;
  if (layout.form === 'fixed') cursor.skip(rows * layout.width);
  else if (layout.form === 'string') cursor.strings(rows);
  else if (layout.form === 'sketch') {
    for (let row = 0; row < rows && !cursor.failed; row++) {
      const end = state_end(cursor.bytes, cursor.pos);
      if (end < 0) cursor.failed = true;
      else cursor.pos = end;
    }
  } else {
    const elements = count_elements(cursor.bytes, head, rows);
    if (elements < 0) cursor.failed = true;
    else if (layout.form === 'strings') cursor.strings(elements);
    else cursor.skip(elements * 8);
  }
}

/** The last end of an array column; -1 when ends run backwards or beyond what the bytes could hold. */
function count_elements(bytes: Uint8Array, head: number, rows: number): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let before = 0;
  for (let row = 0; row < rows; row++) {
    const end = view.getUint32(head + row * 8, true);
    if (end < before || end > bytes.length || view.getUint32(head + row * 8 + 4, true) !== 0) return -1;
    before = end;
  }
  return before;
}

/** A decoded value: 64-bit integers are numbers up to 2^53 and bigint beyond; IPv6 and sketches are bytes. */
export type Value = number | bigint | string | null | Uint8Array | readonly string[] | readonly (number | bigint)[];
export interface DecodedBlock {
  readonly rows: number;
  readonly columns: readonly { readonly name: string; readonly type: string; readonly values: readonly Value[] }[];
  /** First byte behind the block. */
  readonly end: number;
}

/** Decodes every value of one block. For tests and small results: it makes an object a value. */
export function decode_block(bytes: Uint8Array, at = 0): DecodedBlock | { readonly reason: string } {
  const result = view_block(bytes, at);
  if (!result.ok) return { reason: result.reason };
  const { rows, columns, end } = result.block;
  return {
    rows,
    end,
    columns: columns.map((c) => ({ name: c.name, type: c.type, values: values_of(bytes, c, rows) })),
  };
}

function values_of(bytes: Uint8Array, column: ColumnView, rows: number): Value[] {
  const { layout, head, start } = column;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const cursor = new Cursor(bytes, start);
  const next_string = (): string => cursor.text(bytes.length);
  const next_word = (): number | bigint => {
    cursor.skip(8);
    return layout.number === 'float' ? view.getFloat64(cursor.pos - 8, true) : word(view, cursor.pos - 8, false);
  };
  const values: Value[] = [];
  let before = 0;
  for (let row = 0; row < rows; row++) {
    if (layout.nullable && bytes[head + row] === 1) values.push(null);
    else if (layout.form === 'fixed') values.push(fixed_value(view, layout, start + row * layout.width));
    else if (layout.form === 'string') values.push(next_string());
    else if (layout.form === 'sketch') {
      const from = cursor.pos;
      cursor.pos = state_end(bytes, from);
      values.push(bytes.subarray(from, cursor.pos));
    } else {
      const end = view.getUint32(head + row * 8, true);
      const length = end - before;
      before = end;
      values.push(layout.form === 'strings' ? Array.from({ length }, next_string) : Array.from({ length }, next_word));
    }
  }
  return values;
}

function fixed_value(view: DataView, layout: Layout, at: number): Value {
  const signed = layout.number === 'signed';
  if (layout.number === 'float') return view.getFloat64(at, true);
  if (layout.width === 1) return view.getUint8(at);
  if (layout.width === 2) return view.getUint16(at, true);
  if (layout.width === 4) return signed ? view.getInt32(at, true) : view.getUint32(at, true);
  if (layout.width === 8) return word(view, at, signed);
  return new Uint8Array(view.buffer, view.byteOffset + at, layout.width);
}

function word(view: DataView, at: number, signed: boolean): number | bigint {
  const value = signed ? view.getBigInt64(at, true) : view.getBigUint64(at, true);
  return Number.isSafeInteger(Number(value)) ? Number(value) : value;
}
