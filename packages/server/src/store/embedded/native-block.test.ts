// The codec against the store's own engine, both ways: what it reads of our blocks, and what we read of its.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Session } from 'chdb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Column, ColumnType } from '@sonde/records';
import { BlockBuilder, ByteWriter, decode_block, LAYOUTS, SKETCH_TYPE, Sketch, state_end } from '@sonde/records/codec';

let dir: string;
let engine: Session;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'sonde-native-'));
  engine = new Session(join(dir, 'db'));
});
afterAll(() => {
  engine.close();
  rmSync(dir, { recursive: true, force: true });
});

const TYPES = Object.keys(LAYOUTS) as ColumnType[];
const COLUMNS: Column[] = TYPES.map((type, i) => ({ kind: 'tag', name: `c${i}`, type, meaning: '' }));
const at = (type: ColumnType): number => TYPES.indexOf(type);
const store_type = (type: ColumnType): string => (type === 'Sketch' ? SKETCH_TYPE : type);

const V6 = Buffer.from('20010db8000000000000ff0000428329', 'hex');
const LONG = 'ü'.repeat(200);

/** Rows 0 and 3 unset, row 1 ordinary values, row 2 the extremes; then many rows to make the builder grow. */
function fill(b: BlockBuilder, rows: number): void {
  b.end_row();
  b.u8(at('UInt8'), 7);
  b.u16(at('UInt16'), 7000);
  b.u32(at('UInt32'), 70_000);
  b.i64(at('UInt64'), 7_000_000_000);
  b.i32(at('Int32'), -7);
  b.i64(at('Int64'), -7_000_000_000);
  b.f64(at('Float64'), 0.1);
  b.u32(at('DateTime'), 1_700_000_000);
  b.i64(at('DateTime64(6)'), 1_700_000_000_123_456);
  b.u32(at('IPv4'), 0x0a000001);
  b.ip6(at('IPv6'), V6, 0);
  b.str(at('String'), 'straße');
  b.str_bytes(at('LowCardinality(String)'), Buffer.from('xGETx'), 1, 4);
  b.i32(at('Nullable(Int32)'), -404);
  b.i64(at('Nullable(Int64)'), -1);
  b.i64(at('Nullable(UInt64)'), 1);
  b.u8(at('Nullable(UInt8)'), 0);
  b.strs(at('Array(LowCardinality(String))'), ['a', 'b']);
  b.strs(at('Array(String)'), ['', 'é']);
  b.f64s(at('Array(Float64)'), [1.5, -2]);
  b.sketch(at('Sketch'), sketch_of([100, 200]));
  b.end_row();
  b.u8(at('UInt8'), 255);
  b.u16(at('UInt16'), 65_535);
  b.u32(at('UInt32'), 4_294_967_295);
  b.u64(at('UInt64'), 0xffff_ffff, 0xffff_ffff);
  b.i32(at('Int32'), -2_147_483_648);
  b.u64(at('Int64'), 0, 0x8000_0000);
  b.f64(at('Float64'), Number.MAX_VALUE);
  b.str(at('String'), LONG);
  b.strs(at('Array(String)'), []);
  b.sketch(at('Sketch'), new Sketch());
  b.end_row();
  for (let i = 3; i < rows; i++) {
    if (i % 2 === 0) {
      b.str(at('String'), `row ${i}`);
      b.i64(at('UInt64'), i);
      b.i32(at('Nullable(Int32)'), i);
      b.strs(
        at('Array(String)'),
        Array.from({ length: i % 4 }, (_, k) => `${i}.${k}`),
      );
      b.sketch(at('Sketch'), sketch_of([i]));
    }
    b.end_row();
  }
}

function sketch_of(values: number[]): Sketch {
  const sketch = new Sketch();
  for (const value of values) sketch.add(value);
  return sketch;
}

const rows_of = (sql: string): unknown[][] =>
  (JSON.parse(engine.query(sql, 'JSONCompact')) as { data: unknown[][] }).data;

describe('blocks that the engine reads', () => {
  const ROWS = 1000;
  beforeAll(() => {
    const b = new BlockBuilder(COLUMNS);
    fill(b, 5); // a block before, so that what is left in a reused builder would be seen
    b.take();
    fill(b, ROWS);
    const file = join(dir, 'block.native');
    writeFileSync(file, b.take());
    const ddl = COLUMNS.map((c) => `${c.name} ${store_type(c.type)}`).join(', ');
    engine.query(
      `CREATE TABLE t (${ddl}, n UInt32 DEFAULT rowNumberInAllBlocks()) ENGINE = MergeTree ORDER BY tuple()`,
    );
    const names = COLUMNS.map((c) => c.name).join(', ');
    engine.query(`INSERT INTO t (${names}) SELECT ${names} FROM file('${file}', Native)`);
  });

  const values = (row: number): unknown[] => {
    const cast = COLUMNS.map((c) =>
      c.type === 'Sketch'
        ? `finalizeAggregation(${c.name})`
        : c.type.startsWith('Array')
          ? c.name
          : `toString(${c.name})`,
    );
    return rows_of(`SELECT ${cast.join(', ')} FROM t LIMIT 1 OFFSET ${row}`)[0]!;
  };

  it('gives every type back in an ordinary row', () => {
    const got = Object.fromEntries(TYPES.map((t, i) => [t, values(1)[i]]));
    expect(got).toMatchObject({
      UInt8: '7',
      UInt16: '7000',
      UInt32: '70000',
      UInt64: '7000000000',
      Int32: '-7',
      Int64: '-7000000000',
      Float64: '0.1',
      IPv4: '10.0.0.1',
      IPv6: '2001:db8::ff00:42:8329',
      String: 'straße',
      'LowCardinality(String)': 'GET',
      'Nullable(Int32)': '-404',
      'Nullable(Int64)': '-1',
      'Nullable(UInt64)': '1',
      'Nullable(UInt8)': '0',
      'Array(LowCardinality(String))': ['a', 'b'],
      'Array(String)': ['', 'é'],
      'Array(Float64)': [1.5, -2],
    });
    const [time] = rows_of(
      `SELECT toUnixTimestamp(c${at('DateTime')}), toUnixTimestamp64Micro(c${at('DateTime64(6)')}) FROM t LIMIT 1 OFFSET 1`,
    );
    expect(time).toEqual([1_700_000_000, 1_700_000_000_123_456]);
  });

  it('keeps the extremes', () => {
    const got = Object.fromEntries(TYPES.map((t, i) => [t, values(2)[i]]));
    expect(got).toMatchObject({
      UInt8: '255',
      UInt16: '65535',
      UInt32: '4294967295',
      UInt64: '18446744073709551615',
      Int32: '-2147483648',
      Int64: '-9223372036854775808',
      String: LONG,
      'Nullable(Int32)': null,
    });
  });

  it('fills what is not set with the zero of the type', () => {
    const plain = rows_of(
      `SELECT ${COLUMNS.filter((c) => c.type !== 'Sketch').map((c) => `${c.name} = defaultValueOfTypeName('${c.type}') OR ${c.name} IS NULL`)} FROM t LIMIT 1`,
    );
    expect(new Set(plain[0])).toEqual(new Set([1]));
  });

  it('keeps rows apart over growth', () => {
    const [sums] = rows_of(
      `SELECT count(), sum(c${at('UInt64')} % 1000000), sum(length(c${at('Array(String)')})), countIf(c${at('String')} LIKE 'row %') FROM t WHERE n > 2`,
    );
    const even = Array.from({ length: ROWS }, (_, i) => i).filter((i) => i > 2 && i % 2 === 0);
    expect(sums).toEqual([
      ROWS - 3,
      even.reduce((a, i) => a + i, 0),
      even.reduce((a, i) => a + (i % 4), 0),
      even.length,
    ]);
  });
});

describe('blocks that the engine writes', () => {
  it('are decoded, every type', async () => {
    const names = COLUMNS.map((c) =>
      c.type.includes('LowCardinality') ? `CAST(${c.name} AS ${LAYOUTS[c.type].wire_type}) AS ${c.name}` : c.name,
    );
    const result = await engine.queryAsync(`SELECT ${names} FROM t LIMIT 3`, { format: 'Native' });
    const block = decode_block(result.bytes());
    if ('reason' in block) throw new Error(block.reason);
    expect(block.end).toBe(result.bytes().length);
    expect(block.columns.map((c) => c.type)).toEqual(COLUMNS.map((c) => LAYOUTS[c.type].wire_type));
    const row = (r: number) => Object.fromEntries(TYPES.map((t, i) => [t, block.columns[i]!.values[r]]));
    expect(row(1)).toMatchObject({
      UInt8: 7,
      UInt64: 7_000_000_000,
      Int64: -7_000_000_000,
      Float64: 0.1,
      DateTime: 1_700_000_000,
      'DateTime64(6)': 1_700_000_000_123_456,
      IPv4: 0x0a000001,
      IPv6: new Uint8Array(V6),
      String: 'straße',
      'LowCardinality(String)': 'GET',
      'Nullable(Int32)': -404,
      'Array(String)': ['', 'é'],
      'Array(Float64)': [1.5, -2],
    });
    expect(row(2)).toMatchObject({ UInt64: 18_446_744_073_709_551_615n, Int64: -9_223_372_036_854_775_808n });
    expect(row(2)).toMatchObject({ 'Nullable(Int32)': null, 'Array(String)': [], String: LONG });
  });
});

describe('sketches', () => {
  const LEVELS = [0, 0.25, 0.5, 0.75, 0.9, 0.99, 1];
  const values = Array.from({ length: 5000 }, (_, i) => Math.round(1 + ((i * 7919) % 5000) ** 2.2));

  it('are states that the engine merges with its own, at any level', () => {
    const writer = new ByteWriter();
    sketch_of(values.slice(0, 2500)).encodeState(writer);
    const hex = writer.view().toString('hex');
    const own = `SELECT arrayJoin([${values.slice(2500)}]) AS v`;
    const sorted = values.toSorted((a, b) => a - b);
    for (const level of LEVELS) {
      const [[got]] = rows_of(
        `SELECT quantileDDMerge(0.01, ${level})(s) FROM (
           SELECT CAST(unhex('${hex}') AS ${SKETCH_TYPE}) AS s
           UNION ALL SELECT quantilesDDState(0.01, 0.5, 0.95, 0.99)(toUInt64(v)) FROM (${own}))`,
      ) as [[number]];
      const exact = sorted[Math.round(level * (sorted.length - 1))]!;
      expect(Math.abs(got - exact) / exact).toBeLessThanOrEqual(0.0101);
    }
  });

  it('count as the engine counts, also beyond the bounds, merged and reused', () => {
    const sketch = sketch_of([5, 5]);
    sketch.reset();
    sketch.merge(sketch_of([0, 0.5, 1, 2, 99, 100, 1_000_000]));
    sketch.merge(sketch_of([3_600_000_000, 1e15, Number.NaN]));
    sketch.add(7, 3);
    const writer = new ByteWriter();
    sketch.encodeState(writer);
    expect(sketch.count).toBe(12);
    const levels = LEVELS.join(', ');
    const [[got]] = rows_of(
      `SELECT finalizeAggregation(CAST(unhex('${writer.view().toString('hex')}') AS AggregateFunction(quantilesDD(0.01, ${levels}), UInt64)))`,
    ) as [[number[]]];
    for (const [i, level] of LEVELS.entries()) expect(sketch.quantile(level)).toBeCloseTo(got[i]!, 3);
  });

  it('the empty state is the engine’s', () => {
    const writer = new ByteWriter();
    new Sketch().encodeState(writer);
    const bytes = writer.view();
    expect(state_end(bytes, 0)).toBe(bytes.length);
    const [[hex]] = rows_of(`SELECT hex(CAST(unhex('${bytes.toString('hex')}') AS ${SKETCH_TYPE}))`) as [[string]];
    const [[own]] = rows_of(
      `SELECT hex(quantilesDDState(0.01, 0.5, 0.95, 0.99)(toUInt64(number))) FROM numbers(0)`,
    ) as [[string]];
    expect(hex).toBe(own);
  });
});
