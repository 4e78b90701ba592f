import { CUSTOM_TAGS_MAX, type Resource } from '@sonde/records';
import { decode_block } from '@sonde/records/codec';
import { describe, expect, it } from 'vitest';
import { CUSTOM_TAG_COLUMNS, RESOURCE_COLUMNS } from '../store/schema/entity.ts';
import { entity } from '../testing/frames.ts';
import { host_source, Resources, type ResourceStore } from './resources.ts';

const pod = (uid: string, more: Partial<Resource> = {}): Resource => ({
  kind: 'pod',
  uid,
  name: uid,
  hostname: '',
  ip: '',
  type: 0,
  ...more,
});

/** Tables in memory that take blocks; the newest row of a key counts, as in the store. */
function tables() {
  const resources = new Map<number, (string | number)[]>();
  const tags = new Map<string, { value: string; version: bigint }>();
  const state = { failing: false, reloads: 0, asked: 0, referenced: [] as number[] };
  const rows_of = (bytes: Uint8Array, columns: typeof RESOURCE_COLUMNS) => {
    if (state.failing) throw new Error('no');
    const decoded = decode_block(Buffer.from(bytes));
    if ('reason' in decoded) throw new Error(decoded.reason);
    return Array.from({ length: decoded.rows }, (_, row) =>
      columns.map((c) => decoded.columns.find((d) => d.name === c.name)?.values[row] ?? (c.type === 'String' ? '' : 0)),
    );
  };
  const store: ResourceStore = {
    columns: RESOURCE_COLUMNS,
    tag_columns: CUSTOM_TAG_COLUMNS,
    async *load() {
      for (const [id, fields] of resources) yield [id, ...fields];
    },
    async insert(bytes) {
      for (const [id, ...fields] of rows_of(bytes, RESOURCE_COLUMNS))
        resources.set(id as number, fields as (string | number)[]);
    },
    async insert_tags(bytes) {
      for (const [owner, name, value, version] of rows_of(bytes, CUSTOM_TAG_COLUMNS)) {
        const key = `${owner} ${name}`;
        const at = BigInt(version as bigint);
        if ((tags.get(key)?.version ?? -1n) < at) tags.set(key, { value: value as string, version: at });
      }
    },
    async families(owners) {
      state.asked++;
      const of = [...tags].filter(([key]) => owners.some((owner) => key.startsWith(`${owner} `)));
      return new Map(of.map(([key, { value }]) => [key, value]));
    },
    async reload() {
      state.reloads++;
    },
    unreferenced: async () =>
      [...resources].filter(([id]) => !state.referenced.includes(id)).map(([id, fields]) => [id, String(fields[1])]),
    async remove(ids) {
      for (const id of ids) resources.delete(id);
    },
    compact: async () => {},
  };
  return { resources, tags, state, store, tag: (key: string) => tags.get(key)?.value };
}

describe('Resources', () => {
  it('have dense ids over all kinds, by kind and uid, also after a restart', async () => {
    const { store, resources } = tables();
    const first = await Resources.open(store, 100, 'a');
    expect([
      first.id(pod('x')),
      first.id(pod('y')),
      first.id(pod('x')),
      first.id(pod('x', { kind: 'pod_ns' })),
    ]).toEqual([1, 2, 1, 3]);
    expect(resources.size).toBe(0);
    await first.save();
    expect(resources.size).toBe(3);
    const later = await Resources.open(store, 100, 'b');
    expect([later.id(pod('y')), later.id(pod('z'))]).toEqual([2, 4]);
  });

  it('keep their id when they change, and are stored anew only then', async () => {
    const { store, resources, state } = tables();
    const ids = await Resources.open(store, 100, 'a');
    ids.id(pod('x'));
    await ids.save();
    await ids.reload();
    await ids.reload();
    expect(state.reloads).toBe(1);
    ids.id(pod('x'));
    await ids.save();
    await ids.reload();
    expect(state.reloads).toBe(1);
    expect(ids.id(pod('x', { name: 'renamed' }))).toBe(1);
    await ids.save();
    expect(resources.get(1)).toEqual(['pod', 'x', 'renamed', '', '', 0]);
  });

  it('are not lost when storing fails', async () => {
    const { store, resources, state, tag } = tables();
    const ids = await Resources.open(store, 100, 'a');
    ids.id(pod('x'));
    ids.set_tags(1, 'k8s.env', { A: '1' });
    state.failing = true;
    await expect(ids.save()).rejects.toThrow('no');
    state.failing = false;
    ids.id(pod('x', { name: 'newer' }));
    await ids.save();
    expect(resources.get(1)?.[2]).toBe('newer');
    expect(tag('1 k8s.env.A')).toBe('1');
  });

  it('are forgotten when no entity needs them, nobody has used them for two sweeps and their thing is gone', async () => {
    const { store, resources, state } = tables();
    const ids = await Resources.open(store, 100, 'a');
    for (const uid of ['kept', 'gone', 'alive', 'newest']) ids.id(pod(uid));
    await ids.save();
    state.referenced = [1];
    const alive = (uid: string): boolean => uid === 'alive';
    expect([await ids.sweep(alive), await ids.sweep(alive)]).toEqual([0, 1]);
    expect([...resources.keys()]).toEqual([1, 3, 4]);
    // Its tags are told again with its new id.
    expect([ids.id(pod('gone')), ids.id(pod('kept'))]).toEqual([5, 1]);
  });

  it('run out in a way that is counted', async () => {
    const ids = await Resources.open(tables().store, 1, 'a');
    expect([ids.id(pod('x')), ids.id(pod('y')), ids.id(pod('x'))]).toEqual([1, 0, 1]);
    expect(ids.exhausted).toBe(1);
  });
});

describe('custom tags', () => {
  it('are what the owner has now; the family alone is all of them', async () => {
    const { store, tag } = tables();
    const ids = await Resources.open(store, 100, 'a');
    ids.set_tags(7, 'cloud.tag', { team: 'a', cost: '1' });
    await ids.save();
    expect(tag('7 cloud.tag')).toBe('{"team":"a","cost":"1"}');
    ids.set_tags(7, 'cloud.tag', { team: 'b' });
    await ids.save();
    expect([tag('7 cloud.tag.team'), tag('7 cloud.tag.cost'), tag('7 cloud.tag')]).toEqual(['b', '', '{"team":"b"}']);
  });

  it('are stored anew only when they changed, also after a restart; those that went meanwhile go', async () => {
    const { store, tag, state } = tables();
    const first = await Resources.open(store, 100, 'a');
    first.set_tags(7, 'cloud.tag', { team: 'a', cost: '1' });
    expect(await first.save()).toBe(true);
    first.set_tags(7, 'cloud.tag', { cost: '1', team: 'a' });
    expect([await first.save(), await first.save(), state.asked]).toEqual([false, false, 2]);
    const later = await Resources.open(store, 100, 'b');
    later.set_tags(7, 'cloud.tag', { team: 'a' });
    later.set_tags(7, 'os.app', {});
    expect(await later.save()).toBe(true);
    expect([tag('7 cloud.tag.cost'), tag('7 cloud.tag'), tag('7 os.app')]).toEqual(['', '{"team":"a"}', undefined]);
    later.set_tags(7, 'cloud.tag', {});
    await later.save();
    expect(tag('7 cloud.tag')).toBe('');
  });

  it('are bounded', async () => {
    const { store, tags, tag } = tables();
    const ids = await Resources.open(store, 100, 'a');
    ids.set_tags(
      7,
      'k8s.env',
      Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [`K${i}`, 'v'.repeat(10_000)])),
    );
    await ids.save();
    expect(tags.size).toBe(CUSTOM_TAGS_MAX + 1);
    expect(tag('7 k8s.env.K0')).toHaveLength(4096);
  });

  it('equal sets of labels are one, in whatever order', async () => {
    const { store, tag } = tables();
    const ids = await Resources.open(store, 100, 'a');
    const set = ids.label_set({ app: 'cart', tier: 'x' });
    expect(ids.label_set({ tier: 'x', app: 'cart' })).toBe(set);
    expect(ids.label_set({ app: 'cart' })).not.toBe(set);
    expect(ids.label_set({})).toBe(0);
    await ids.save();
    expect(tag(`${set} k8s.label.tier`)).toBe('x');
  });
});

it('the machine of the agent is host and chost', async () => {
  const ids = await Resources.open(tables().store, 100, 'a');
  expect(host_source(entity('a'), ids)).toEqual({ host: 1, chost: 1 });
  expect(host_source(entity('far', { host: '' }), ids)).toEqual({});
});
