// What the reader does with bytes that no builder wrote. What they mean is tested against the engine (server, store).
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DEFINITIONS } from '../all.ts';
import { agent_columns } from '../column.ts';
import { Sketch } from '../sketch.ts';
import { BlockBuilder } from './builder.ts';
import { decode_block, view_block } from './reader.ts';

function sample(rows: number): Buffer {
  const definition = DEFINITIONS.find((d) => d.table === 'application_map')!;
  const b = new BlockBuilder([
    ...agent_columns(definition),
    { kind: 'tag', name: 'names', type: 'Array(String)', meaning: '' },
    { kind: 'tag', name: 'values', type: 'Array(Float64)', meaning: '' },
    { kind: 'tag', name: 'maybe', type: 'Nullable(Int64)', meaning: '' },
  ]);
  const sketch = new Sketch();
  for (let i = 0; i < rows; i++) {
    sketch.add(i * 100);
    b.u32(b.column('time'), i);
    b.str(b.column('endpoint'), `/e/${i}`);
    b.sketch(b.column('rrt_sketch'), sketch);
    b.strs(b.column('names'), ['a', String(i)]);
    b.f64s(b.column('values'), [i]);
    if (i % 2 === 0) b.i64(b.column('maybe'), -i);
    b.end_row();
  }
  return b.take();
}

describe('view_block', () => {
  it('finds every byte of a block that stands among others', () => {
    const block = sample(20);
    const bytes = Buffer.concat([Buffer.alloc(3), block, Buffer.alloc(5)]);
    const result = view_block(bytes, 3);
    expect(result).toMatchObject({ ok: true, block: { rows: 20, end: 3 + block.length } });
  });

  it('refuses every truncation', () => {
    const block = sample(8);
    for (let size = 0; size < block.length; size++) {
      expect(view_block(block.subarray(0, size)).ok, `${size} bytes`).toBe(false);
    }
  });

  it('never throws, and never reads outside, on damaged blocks', () => {
    const block = sample(8);
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(block.length - 1), fc.nat(255)), { minLength: 1, maxLength: 8 }),
        (edits) => {
          const bad = Buffer.from(block);
          for (const [at, byte] of edits) bad[at] = byte;
          const result = view_block(bad);
          if (result.ok) expect(result.block.end).toBeLessThanOrEqual(bad.length);
          decode_block(bad);
        },
      ),
      { numRuns: 20_000 },
    );
  });

  it('refuses types that no column has', () => {
    const bytes = Buffer.from([1, 0, 1, 0x61, 4, ...Buffer.from('Ring')]);
    expect(view_block(bytes)).toEqual({ ok: false, reason: 'column a has the unknown type Ring' });
  });
});

describe('BlockBuilder', () => {
  it('gives equal bytes for equal rows, whatever was there before', () => {
    const first = sample(300);
    expect(sample(300).equals(first)).toBe(true);
    const b = new BlockBuilder([{ kind: 'tag', name: 'a', type: 'Nullable(Int32)', meaning: '' }]);
    for (let i = 0; i < 500; i++) {
      b.i32(0, i);
      b.end_row();
    }
    b.take();
    b.end_row();
    b.i32(0, 5);
    b.end_row();
    expect(decode_block(b.take())).toMatchObject({ columns: [{ values: [null, 5] }] });
  });

  it('leaves out columns that no row set', () => {
    const b = new BlockBuilder(DEFINITIONS[0]!.columns);
    b.end_row();
    expect(decode_block(b.take())).toMatchObject({ rows: 1, columns: [] });
  });

  it('knows no column that the definition lacks', () => {
    expect(() => new BlockBuilder([]).column('x')).toThrow('BUG');
  });
});
