// Ids that nothing refers to any more, forgotten in the real store: tables, dictionaries, and what a restart finds.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { APPLICATION_MAP, ENTITY_DICTIONARIES, ENTITY_TYPE, L7_FLOW_LOG } from '@sonde/records';
import { BlockBuilder } from '@sonde/records/codec';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Known } from '../inventory.ts';
import { open_embedded } from '../store/embedded/embedded.ts';
import { entity_store, resource_store } from '../store/entity-store.ts';
import type { Store } from '../store/store.ts';
import { type Labels, open_labels } from './open.ts';

const NOW_S = Math.floor(Date.now() / 1000) - 60;
const path = mkdtempSync(join(tmpdir(), 'sonde-sweep-'));
let store: Store;
beforeAll(async () => {
  store = await open_embedded({ path });
});
afterAll(async () => {
  await store.close();
  rmSync(path, { recursive: true, force: true });
});

const pod = (name: string): Known => ({
  resources: [{ kind: 'pod', uid: `uid-${name}`, name, hostname: '', ip: '', type: 0 }],
  hostname: 'n1',
  labels: { app: name },
  instance: { type: ENTITY_TYPE.pod, name },
  fallback: { type: ENTITY_TYPE.pod, name },
  services: [],
});
const open = (boot: string): Promise<Labels> =>
  open_labels(entity_store(store), resource_store(store), boot, 1000, 1000);
const column = async (sql: string): Promise<string[]> =>
  (JSON.parse((await store.query(sql)).text()) as { data: unknown[][] }).data.map(([value]) => String(value));
const names = (): Promise<string[]> => column('SELECT DISTINCT name FROM flow_tag.entity_map ORDER BY name');

/** An entity each, of a pod that comes, and is gone when `alive` does not have it. */
async function give(
  labels: Labels,
  uids: readonly string[],
  alive: readonly string[],
): Promise<Record<string, number>> {
  const at = { from_us: NOW_S * 1e6, to_us: NOW_S * 1e6 };
  for (const name of uids) labels.things.put('c', `uid-${name}`, pod(name), at);
  const ids = Object.fromEntries(uids.map((name) => [name, labels.ends.thing(`uid-${name}`, NOW_S * 1e6)]));
  for (const name of uids) {
    const resource = pod(name).resources[0]!;
    labels.things.custom_tags({
      resource,
      family: 'k8s.annotation',
      values: { owner: name, no: '' },
    });
    if (!alive.includes(name)) labels.things.remove('c', `uid-${name}`, { from_us: 1, to_us: 1 });
  }
  labels.things.tick();
  await labels.entities.stored();
  return ids;
}

it('what no stored row names goes, with its resources and tags; what a row of any table names stays', async () => {
  const labels = await open('boot1');
  const all = ['in-log', 'in-map', 'as-server', 'nowhere', 'alive', 'newest'];
  const ids = await give(labels, all, ['alive']);
  for (const [definition, interval_s, name, end] of [
    [L7_FLOW_LOG, 0, 'in-log', 'entity_id_0'],
    [L7_FLOW_LOG, 0, 'as-server', 'entity_id_1'],
    [APPLICATION_MAP, 60, 'in-map', 'entity_id_0'],
  ] as const) {
    const b = new BlockBuilder(definition.columns.filter((c) => c.name === 'time' || c.name === end));
    b.u32(0, NOW_S);
    b.u32(1, ids[name]!);
    b.end_row();
    await store.insert(
      { database: definition.database, table: definition.table, interval_s },
      b.take(),
      `rows/${name}`,
    );
  }
  await labels.sweep();
  expect(await names()).toEqual(all.toSorted());
  await labels.sweep();
  expect(await names()).toEqual(['as-server', 'in-log', 'in-map', 'newest']);
  // Its annotations were told once: while it lives they stay, although no entity has it.
  const pods = await column("SELECT name FROM flow_tag.resource_map FINAL WHERE kind = 'pod' ORDER BY name");
  expect(pods).toEqual(['alive', 'as-server', 'in-log', 'in-map', 'newest']);
  const owners = "SELECT value FROM flow_tag.custom_tag_map FINAL WHERE name = 'k8s.annotation.owner' ORDER BY value";
  expect(await column(owners)).toEqual(pods);
  expect(labels.gauges()).toMatchObject({ 'entities.known': 4, 'entities.swept': 2, 'resources.swept': 3 });
  labels.entities.close();
});

it('dictionaries have what the tables have, and one id is never two entities', async () => {
  const labels = await open('boot2');
  const before = Number((await column('SELECT max(id) FROM flow_tag.entity_map'))[0]);
  const ids = await give(labels, ['nowhere', 'more'], []);
  expect(Math.min(ids.nowhere!, ids.more!)).toBeGreaterThan(before);
  for (const { reload } of [resource_store(store), entity_store(store)]) await reload();
  const [counted] = await column('SELECT count() FROM flow_tag.entity_map FINAL');
  const sizes = `SELECT element_count FROM system.dictionaries WHERE concat(database, '.', name) = '${ENTITY_DICTIONARIES[0]!.name}'`;
  expect(await column(sizes)).toEqual([counted]);
  expect(await column(`SELECT dictGet('flow_tag.entity_dict', 'name', toUInt64(${ids.more}))`)).toEqual(['more']);
  labels.entities.close();
});

it('what stands for tags that are gone is cleared away once nothing older can come back', async () => {
  const { compact } = resource_store(store);
  const empty = "SELECT count() FROM flow_tag.custom_tag_map WHERE value = ''";
  await store.exec('SYSTEM STOP MERGES flow_tag.custom_tag_map');
  const put = (value: string, second: number): Promise<void> =>
    store.exec(
      `INSERT INTO flow_tag.custom_tag_map (owner, name, value, version) VALUES (9, 'cloud.tag.x', '${value}', bitShiftLeft(toUInt64(${second}), 32))`,
    );
  await put('old', NOW_S - 20);
  await put('', NOW_S - 10);
  await store.exec('SYSTEM START MERGES flow_tag.custom_tag_map');
  expect(Number((await column(empty))[0])).toBeGreaterThan(0);
  await compact();
  expect(await column('SELECT value FROM flow_tag.custom_tag_map WHERE owner = 9')).toEqual([]);
});
