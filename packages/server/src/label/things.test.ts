import { ENTITY_TYPE, L7_FLOW_LOG, NO_LABEL, TAG_SOURCE, agent_columns } from '@sonde/records';
import { BlockBuilder, decode_block } from '@sonde/records/codec';
import { describe, expect, it } from 'vitest';
import { type Known, plain_address, type ServiceOf } from '../inventory.ts';
import { entity } from '../testing/frames.ts';
import { tables } from '../testing/tag-tables.ts';
import { Ends } from './ends.ts';
import { EntityIds } from './entities.ts';
import { Labeler } from './labeler.ts';
import { Resources } from './resources.ts';
import { Things } from './things.ts';

const S = 1e6;
const T0 = 1_700_000_000 * S;
const at = (from_s: number, to_s = from_s) => ({ from_us: T0 + from_s * S, to_us: T0 + to_s * S });
const resource = (kind: 'pod' | 'pod_service' | 'pod_group', name: string) =>
  ({ kind, uid: `${kind}-${name}`, name, hostname: '', ip: '', type: 0 }) as const;
const service = (name: string, ports: number[] = [], labels = {}): ServiceOf => ({
  resource: resource('pod_service', name),
  labels,
  ports,
});
const pod = (name: string, more: Partial<Known> = {}): Known => ({
  resources: [resource('pod', name), resource('pod_group', 'cart')],
  hostname: 'n1',
  labels: { app: name },
  instance: { type: ENTITY_TYPE.pod, name },
  fallback: { type: 130, name: 'cart' },
  services: [],
  ...more,
});
const things = () =>
  new Things(
    () => {},
    () => T0 + 100 * S,
  );
const found = (t: Things, address: string, from_s: number, to_s = from_s, host = '') => {
  const it = t.by_address(address, host, T0 + from_s * S, T0 + to_s * S);
  return it && [it.known.instance.name, it.doubtful];
};

describe('addresses', () => {
  const handed_over = () => {
    const t = things();
    t.current('c', T0, Number.POSITIVE_INFINITY);
    t.put('c', 'a', pod('a'), at(1));
    t.hold('c', 'a', ['10.0.0.1'], at(1, 2));
    t.remove('c', 'a', at(30, 31));
    t.put('c', 'b', pod('b'), at(30, 40));
    t.hold('c', 'b', ['10.0.0.1'], at(38, 40));
    return t;
  };

  it('are whose they were at the time, for certain while nobody else can have had them', () => {
    const t = handed_over();
    expect(found(t, '10.0.0.1', 10)).toEqual(['a', false]);
    expect(found(t, '10.0.0.1', 31.5)).toEqual(['a', false]);
    expect(found(t, '10.0.0.1', 35)).toBeUndefined();
    // Nobody else can have had it, although the source said so two seconds later.
    expect(found(t, '10.0.0.1', 38.5)).toEqual(['b', false]);
    expect(found(t, '10.0.0.1', 50)).toEqual(['b', false]);
    expect(found(t, '10.0.0.2', 50)).toBeUndefined();
  });

  it('are doubtful where two may have had them, and for calls that outlast the change', () => {
    const t = handed_over();
    expect(found(t, '10.0.0.1', 20, 60)).toEqual(['a', true]);
    t.remove('c', 'b', at(60, 62));
    t.put('c', 'd', pod('d'), at(61, 63));
    t.hold('c', 'd', ['10.0.0.1'], at(61, 63));
    expect(found(t, '10.0.0.1', 59)).toEqual(['b', false]);
    expect(found(t, '10.0.0.1', 60.5)).toEqual(['b', true]);
    expect(found(t, '10.0.0.1', 62.9)).toEqual(['b', true]);
    expect(found(t, '10.0.0.1', 63.1)).toEqual(['d', false]);
  });

  it('are doubtful while the source is behind, and before it began unless the thing surely was there', () => {
    const t = handed_over();
    t.current('c', T0, T0 + 47 * S);
    expect(found(t, '10.0.0.1', 45.4)).toEqual(['b', false]);
    // What happens to it at once may not have been said when the source fell behind.
    expect(found(t, '10.0.0.1', 45.6)).toEqual(['b', true]);
    t.current('c', T0 + 39 * S, Number.POSITIVE_INFINITY);
    expect(found(t, '10.0.0.1', 38.5)).toEqual(['b', true]);
    expect(found(t, '10.0.0.1', 41)).toEqual(['b', false]);
  });

  it('are doubtful in a gap that the source never heard of, unless the tenant is from before', () => {
    const t = handed_over();
    t.gap('c', T0 + 39 * S, T0 + 45 * S);
    expect(found(t, '10.0.0.1', 42)).toEqual(['b', true]);
    expect(found(t, '10.0.0.1', 46.5)).toEqual(['b', false]);
    t.hosts('c', new Map([['n1', 'x']]));
    expect([t.missed('n1', T0 + 42 * S, T0 + 42 * S), t.missed('n1', T0 + 47 * S, T0 + 47 * S)]).toEqual([true, false]);
    t.gap('c', T0 + 60 * S, T0 + 65 * S);
    expect(found(t, '10.0.0.1', 62)).toEqual(['b', false]);
    // Gone by the end of the gap: another may have had it for a moment, and be gone too.
    t.remove('c', 'b', at(65));
    expect(found(t, '10.0.0.1', 62)).toEqual(['b', true]);
  });

  it('are waited for while their source begins or lists anew, for half a minute', () => {
    const t = things();
    const wait = (s: number) => t.patience_us('n1', T0 + s * S);
    expect(wait(100)).toBe(0);
    t.current('c', Number.NaN, T0 + 95 * S);
    expect([t.missed('n1', T0, T0), wait(100)]).toEqual([true, T0 + 125 * S]);
    t.hosts('c', new Map([['n1', 'x']]));
    t.current('c', T0 + 96 * S, Number.POSITIVE_INFINITY);
    expect([t.missed('n1', T0, T0 + 100 * S), wait(100)]).toEqual([false, 0]);
    t.current('c', T0 + 96 * S, T0 + 92 * S);
    expect([wait(89), wait(91)]).toEqual([0, T0 + 122 * S]);
    t.current('c', T0 + 96 * S, T0 + 60 * S);
    expect([t.missed('n1', T0, T0 + 99 * S), wait(99)]).toEqual([true, 0]);
  });

  it('belong to the cluster of the agent first; of several others none is certain', () => {
    const t = handed_over();
    t.put('d', 'x', pod('x'), at(0));
    t.hold('d', 'x', ['10.0.0.1', '10.9.9.9'], at(0));
    t.current('d', T0, Number.POSITIVE_INFINITY);
    t.hosts('d', new Map([['n9', 'x']]));
    expect(found(t, '10.0.0.1', 50, 50, 'n9')).toEqual(['x', false]);
    expect(found(t, '10.0.0.1', 50, 50, 'elsewhere')).toEqual(['b', true]);
    expect(found(t, '10.9.9.9', 50, 50, 'elsewhere')).toEqual(['x', false]);
    t.hold('d', 'x', [], at(60));
    expect(found(t, '10.9.9.9', 70, 70, 'n9')).toBeUndefined();
  });

  it('compare in one form', () => {
    expect(['10.1.2.3', '2001:DB8:0::1', 'fe80::1%eth0', 'x'].map(plain_address)).toEqual([
      '10.1.2.3',
      '2001:db8::1',
      '',
      '',
    ]);
  });
});

describe('things', () => {
  it('are found by uid with what they were at the time; the first word holds from ever', () => {
    const t = things();
    t.current('c', T0, Number.POSITIVE_INFINITY);
    const [old, fresh] = [pod('a'), pod('a', { labels: { app: 'new' } })];
    t.put('c', 'a', old, at(10));
    t.put('c', 'a', fresh, at(20, 20.2));
    const look = (s: number) => t.by_uid('a', T0 + s * S, T0 + s * S);
    expect(look(1)).toEqual({ known: old, doubtful: false });
    expect(look(18.9)).toEqual({ known: old, doubtful: false });
    expect(look(19.5)).toEqual({ known: old, doubtful: true });
    expect(look(20.3)).toEqual({ known: fresh, doubtful: true });
    expect(look(21.5)).toEqual({ known: fresh, doubtful: false });
  });

  it('are forgotten five minutes after they went, and sooner when they are too many', () => {
    let now = T0;
    const t = new Things(
      () => {},
      () => now,
    );
    for (let i = 0; i < 1000; i++) {
      t.put('c', `p${i}`, pod(`p${i}`), { from_us: now, to_us: now });
      t.hold('c', `p${i}`, [`10.0.0.${i % 50}`], { from_us: now, to_us: now });
      now += S;
      t.remove('c', `p${i}`, { from_us: now, to_us: now });
      t.tick();
    }
    expect(t.gauges).toMatchObject({ 'inventory.things': 301, 'inventory.cut': 0 });
    now += 3600 * S;
    t.tick();
    expect(t.gauges).toMatchObject({ 'inventory.things': 0, 'inventory.addresses': 0, 'inventory.past': 0 });
  });
});

describe('Labeler', () => {
  const open = async () => {
    const t = things();
    const { entities, resources, store } = tables();
    const ids = await EntityIds.open(entities, 1000, 'boot');
    const known = await Resources.open(store, 1000, 'boot');
    return { t, ids, labeler: new Labeler(ids, new Ends(ids, known, t), 50), resources, rows: entities.rows };
  };
  const block = (rows: readonly { s: number; port?: number; client?: number }[]) => {
    const b = new BlockBuilder(agent_columns(L7_FLOW_LOG));
    for (const { s, port = 80, client = 1 } of rows) {
      b.u32(b.column('time'), T0 / S + Math.floor(s));
      b.i64(b.column('start_time'), T0 + s * S);
      b.i64(b.column('end_time'), T0 + s * S + 1000);
      b.u32(b.column('entity_id_0'), client);
      b.u32(b.column('entity_id_1'), 2);
      b.u16(b.column('server_port'), port);
      b.end_row();
    }
    return b.take();
  };
  const far = entity('10.0.0.1', { type: ENTITY_TYPE.ip, service_type: ENTITY_TYPE.ip, host: '', ip: '10.0.0.1' });

  it('gives each row the tags of its time, of both ends, and the service of its port', async () => {
    const { t, labeler, rows } = await open();
    t.current('c', T0, Number.POSITIVE_INFINITY);
    const services = [service('web', [80], { team: 'w' }), service('admin', [9000])];
    t.put('c', 'uid-a', pod('a', { services }), at(1));
    t.hold('c', 'uid-a', ['10.0.0.1'], at(1));
    t.put('c', 'uid-l', pod('l'), at(1));
    t.remove('c', 'uid-a', at(30));
    t.put('c', 'uid-b', pod('b'), at(32));
    t.hold('c', 'uid-b', ['10.0.0.1'], at(32));
    const near = entity('curl', { pod_uid: 'uid-l' });
    const entities = [
      { local: 1, entity: near },
      { local: 2, entity: far },
    ];
    const cases = [{ s: 10 }, { s: 11, port: 9000 }, { s: 12, port: 1 }, { s: 40 }, { s: 31 }];
    const labeled = await labeler.label(block(cases), L7_FLOW_LOG, { rows: 5, entities, interval_s: 0 }, 1);
    if (!labeled.ok) throw new Error(labeled.reason);
    const decoded = decode_block(labeled.block);
    if ('reason' in decoded) throw new Error(decoded.reason);
    const end = (i: 0 | 1) =>
      decoded.columns.find((c) => c.name === `entity_id_${i}`)!.values.map((id) => rows.get(id as number)!);
    expect(end(0).map((e) => [e.name, e.gprocess, e.service, e.tag_source])).toEqual(
      cases.map(() => ['l', 'curl', 'cart', TAG_SOURCE.pod]),
    );
    expect(end(1).map((e) => [e.name, e.service, e.service_type, e.tag_source])).toEqual([
      ['a', 'web', 11, 8],
      ['a', 'admin', 11, 8],
      ['a', 'cart', 130, 8],
      ['b', 'cart', 130, 8],
      ['a', 'web', 11, TAG_SOURCE.address | TAG_SOURCE.doubtful],
    ]);
    expect(new Set(end(1).map((e) => e.label_set_id)).size).toBe(3);
    expect(end(1).every((e) => Number(e.chost_id) > 0 && Number(e.pod_id) > 0)).toBe(true);
  });

  it('keeps what no source knows as the agent says it, and waits only where one may', async () => {
    const { t, labeler, ids, rows } = await open();
    const now_s = (Date.now() * 1000 - T0) / S;
    const entities = [
      { local: 1, entity: entity('curl', { pod_uid: 'unheard' }) },
      { local: 2, entity: far },
    ];
    const label = () => labeler.label(block([{ s: now_s }]), L7_FLOW_LOG, { rows: 1, entities, interval_s: 0 }, 1);
    expect((await label()).ok).toBe(true);
    expect([labeler.waited, rows.size]).toEqual([0, 2]);
    expect(ids.id(far, {}, NO_LABEL)).toBeLessThanOrEqual(2);
    t.current('c', Number.NaN, T0);
    t.hosts('c', new Map([['h1', 'node']]));
    const began = Date.now();
    expect((await label()).ok).toBe(true);
    expect(Date.now() - began).toBeGreaterThanOrEqual(40);
    expect(labeler.waited).toBe(1);
    // The source of this host knows nothing yet: what it will say of the address nobody can tell.
    expect([...rows.values()].filter((e) => e.ip === '10.0.0.1').map((e) => [e.name, e.tag_source])).toEqual([
      ['10.0.0.1', 0],
      ['10.0.0.1', 128],
    ]);
  });
});
