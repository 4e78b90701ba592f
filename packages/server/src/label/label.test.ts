import {
  agent_columns,
  APPLICATION_MAP,
  type Column,
  ENTITY_FIELDS,
  type Entity,
  L7_FLOW_LOG,
  RESOURCE_KINDS,
} from '@sonde/records';
import { BlockBuilder, decode_block } from '@sonde/records/codec';
import { describe, expect, it } from 'vitest';
import { entity } from '../testing/frames.ts';
import { BlockLabeler, type LabelResult } from './block.ts';
import type { Globals } from './ends.ts';
import { EntityIds, type EntityStore } from './entities.ts';
import { check } from './labeler.ts';
import { RowTimes } from './row-times.ts';

function block(locals: readonly [number, number][], set: (b: BlockBuilder) => void = () => {}): Buffer {
  const b = new BlockBuilder(agent_columns(L7_FLOW_LOG));
  for (const [client, server] of locals) {
    b.u32(b.column('time'), 1_700_000_000);
    b.u32(b.column('entity_id_0'), client);
    b.u32(b.column('entity_id_1'), server);
    b.str(b.column('request_type'), 'GET');
    set(b);
    b.end_row();
  }
  return b.take();
}

describe('BlockLabeler', () => {
  const globals = new Map([
    [0, 0],
    [1, 70_001],
    [2, 70_002],
  ]);
  const label = (bytes: Buffer, rows: number, definition = L7_FLOW_LOG, of: Globals = globals): LabelResult => {
    const block = check(bytes, definition, rows);
    if (typeof block === 'string') return { ok: false, reason: block };
    return new BlockLabeler().label(block, definition, 5, of, new RowTimes(block, 0));
  };

  it('replaces ids in place, appends the server’s columns and touches nothing else', () => {
    const plain = block([
      [1, 2],
      [0, 1],
      [2, 2],
    ]);
    const before = decode_block(Buffer.from(plain));
    const result = label(plain, 3);
    if (!result.ok) throw new Error(result.reason);
    const after = decode_block(result.block);
    if ('reason' in before || 'reason' in after) throw new Error('unsound');
    const values = (name: string) => after.columns.find((c) => c.name === name)?.values;
    expect(values('entity_id_0')).toEqual([70_001, 0, 70_002]);
    expect(values('entity_id_1')).toEqual([70_002, 70_001, 70_002]);
    expect(values('agent_id')).toEqual([5, 5, 5]);
    expect(new Set(values('_id'))).toHaveLength(3);
    expect(after.end).toBe(result.block.length);
    for (const column of before.columns) {
      if (!column.name.startsWith('entity_id')) expect(values(column.name)).toEqual(column.values);
    }
  });

  it('refuses what is not the definition’s', () => {
    expect(label(block([[1, 3]]), 1)).toEqual({
      ok: false,
      reason: 'entity_id_1 uses entity 3, which the header does not define',
    });
    expect(label(block([[1, 2]]), 2)).toMatchObject({ ok: false, reason: expect.stringContaining('announces 2 rows') });
    expect(label(block([[1, 2]]), 1, APPLICATION_MAP)).toMatchObject({ ok: false });
    const own = new BlockBuilder(L7_FLOW_LOG.columns);
    own.u32(own.column('time'), 1);
    own.u16(own.column('agent_id'), 99);
    own.end_row();
    expect(label(own.take(), 1)).toMatchObject({ ok: false, reason: expect.stringContaining('agent_id') });
    const twice = block([[1, 2]]);
    const columns: Column[] = [{ kind: 'tag', name: 'time', type: 'UInt32', meaning: '' }];
    const wrong = new BlockBuilder(columns);
    wrong.u32(0, 1);
    wrong.end_row();
    expect(label(wrong.take(), 1)).toMatchObject({ ok: false, reason: 'column time is UInt32, not DateTime' });
    expect(label(Buffer.concat([twice, twice]), 1)).toMatchObject({ ok: false });
  });
});

describe('EntityIds', () => {
  const columns: Column[] = [
    { kind: 'tag', name: 'id', type: 'UInt32', meaning: '' },
    ...ENTITY_FIELDS.map(
      (name): Column => ({ kind: 'tag', name, type: name.endsWith('type') ? 'UInt8' : 'String', meaning: '' }),
    ),
    ...RESOURCE_KINDS.map((kind): Column => ({ kind: 'tag', name: `${kind}_id`, type: 'UInt32', meaning: '' })),
    { kind: 'tag', name: 'gprocess', type: 'String', meaning: '' },
    { kind: 'tag', name: 'tag_source', type: 'UInt8', meaning: '' },
  ];
  /** A table in memory that takes what the real one takes: blocks. */
  function table() {
    const rows = new Map<number, (string | number)[]>();
    const state = { failing: false, inserts: 0, reloads: 0, referenced: [] as number[] };
    const store: EntityStore = {
      columns,
      async *load() {
        for (const [id, fields] of rows) yield [id, ...fields];
      },
      async insert(bytes) {
        await new Promise((resolve) => setTimeout(resolve, 5));
        if (state.failing) throw new Error('no');
        state.inserts++;
        const decoded = decode_block(bytes);
        if ('reason' in decoded) throw new Error(decoded.reason);
        // The block has no column that is empty in every row; what is missing is the zero of its type.
        for (let row = 0; row < decoded.rows; row++) {
          const of = (name: string) => decoded.columns.find((c) => c.name === name)?.values[row];
          const fields = columns.slice(1).map((c) => of(c.name) ?? (c.type === 'String' ? '' : 0));
          rows.set(of('id') as number, fields as (string | number)[]);
        }
      },
      async reload() {
        state.reloads++;
      },
      unreferenced: async () => [...rows.keys()].filter((id) => !state.referenced.includes(id)),
      async remove(ids) {
        for (const id of ids) rows.delete(id);
      },
    };
    return { rows, state, store };
  }
  const define = (...entities: Entity[]) => entities.map((e, i) => ({ local: i + 1, entity: e }));

  it('are dense, the same for equal definitions, and stay over a restart', async () => {
    const { store, rows } = table();
    const ids = await EntityIds.open(store, 100, 'boot1');
    expect([...(await ids.resolve(define(entity('a'), entity('b'))))]).toEqual([
      [0, 0],
      [1, 1],
      [2, 2],
    ]);
    const changed = entity('a', { command_line: 'a --other' });
    expect([...(await ids.resolve(define(entity('b'), changed)))].slice(1)).toEqual([
      [1, 2],
      [2, 3],
    ]);
    ids.close();
    const later = await EntityIds.open(store, 100, 'boot2');
    expect([...(await later.resolve(define(changed, entity('c'))))].slice(1)).toEqual([
      [1, 3],
      [2, 4],
    ]);
    later.close();
    expect(rows.size).toBe(4);
  });

  it('are given only when they are stored, also to those who ask meanwhile', async () => {
    const { store, rows, state } = table();
    const ids = await EntityIds.open(store, 100, 'boot');
    const asked = [
      ids.resolve(define(entity('a'))),
      ids.resolve(define(entity('a'))),
      ids.resolve(define(entity('b'))),
    ];
    for (const answer of asked) {
      const id = (await answer).get(1)!;
      expect(rows.has(id)).toBe(true);
    }
    state.failing = true;
    await expect(ids.resolve(define(entity('c')))).rejects.toThrow('no');
    await expect(ids.resolve(define(entity('c')))).rejects.toThrow('no');
    state.failing = false;
    expect((await ids.resolve(define(entity('c')))).get(1)).toBe(3);
    expect(rows.has(3)).toBe(true);
    ids.close();
  });

  it('change with the resources that an entity belongs to, which are stored before', async () => {
    const { store, rows } = table();
    const order: string[] = [];
    const universal = {
      tags: () => ({ pod_ns: namespace }),
      save: async () => {
        order.push('resources');
        return true;
      },
      reload: async () => {},
    };
    let namespace = 7;
    const insert = store.insert.bind(store);
    const watched = {
      ...store,
      insert: (...args: Parameters<typeof insert>) => {
        order.push('entities');
        return insert(...args);
      },
    };
    const ids = await EntityIds.open(watched, 100, 'boot1', universal);
    expect((await ids.resolve(define(entity('a')))).get(1)).toBe(1);
    namespace = 8;
    expect((await ids.resolve(define(entity('a')))).get(1)).toBe(2);
    expect(order.slice(0, 2)).toEqual(['resources', 'entities']);
    ids.close();
    const later = await EntityIds.open(store, 100, 'boot2', universal);
    expect((await later.resolve(define(entity('a')))).get(1)).toBe(2);
    expect(rows.size).toBe(2);
    later.close();
  });

  it('are forgotten when no row needs them and nobody has used them for two sweeps, and never given again', async () => {
    const { store, rows, state } = table();
    const ids = await EntityIds.open(store, 100, 'boot1');
    await ids.resolve(define(entity('kept'), entity('old'), entity('used'), entity('newest')));
    state.referenced = [1];
    // Of the time before the first sweep nobody knows: a batch may be on its way.
    expect(await ids.sweep()).toBe(0);
    await ids.resolve(define(entity('used')));
    expect(await ids.sweep()).toBe(1);
    expect([...rows.keys()]).toEqual([1, 3, 4]);
    expect([...(await ids.resolve(define(entity('kept'), entity('old'))))].slice(1)).toEqual([
      [1, 1],
      [2, 5],
    ]);
    expect([await ids.sweep(), await ids.sweep()]).toEqual([2, 0]);
    expect([...rows.keys()]).toEqual([1, 5]);
    ids.close();
    const later = await EntityIds.open(store, 100, 'boot2');
    expect((await later.resolve(define(entity('old'), entity('new')))).get(2)).toBe(6);
    later.close();
  });

  it('run out in a way that is counted', async () => {
    const { store } = table();
    const ids = await EntityIds.open(store, 1, 'boot');
    expect([...(await ids.resolve(define(entity('a'), entity('b'))))].slice(1)).toEqual([
      [1, 1],
      [2, 0],
    ]);
    expect(ids.exhausted).toBe(1);
    ids.close();
  });
});
