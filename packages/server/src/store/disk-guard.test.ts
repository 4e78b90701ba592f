import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { agent_columns, L7_FLOW_LOG } from '@sonde/records';
import { BlockBuilder } from '@sonde/records/codec';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { DiskGuard } from './disk-guard.ts';
import { open_embedded } from './embedded/embedded.ts';
import type { Store } from './store.ts';

let dir: string;
let store: Store;
beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'sonde-guard-'));
  store = await open_embedded({ path: join(dir, 'store') });
});
afterAll(async () => {
  await store.close();
  rmSync(dir, { recursive: true, force: true });
});

const HOUR_S = 3600;
const NOW_S = Math.floor(Date.now() / 1000);
let batches = 0;

/** Some 100 KB that do not compress, `hours` ago. */
async function insert(hours: number): Promise<void> {
  const b = new BlockBuilder(agent_columns(L7_FLOW_LOG));
  for (let i = 0; i < 1000; i++) {
    b.u32(b.column('time'), NOW_S - hours * HOUR_S);
    b.str(b.column('trace_id'), Array.from({ length: 14 }, () => Math.random().toString(36).slice(2)).join(''));
    b.end_row();
  }
  await store.insert({ database: 'flow_log', table: 'l7_flow_log', interval_s: 0 }, b.take(), `guard/${++batches}`);
}
const hours_left = async (): Promise<number[]> => {
  const sql = `SELECT DISTINCT round((${NOW_S} - toUnixTimestamp(time)) / 3600) AS h FROM flow_log.l7_flow_log ORDER BY h`;
  return (JSON.parse((await store.query(sql)).text()) as { data: [number][] }).data.map(([h]) => h);
};
const guard = (limits: Partial<ConstructorParameters<typeof DiskGuard>[2]>) => {
  const dropped: string[] = [];
  const limited = { free_bytes_early: 0, free_bytes_min: 0, data_bytes_max: 0, ...limits };
  return { dropped, guard: new DiskGuard(store, dir, limited, (table) => dropped.push(table)) };
};

it('does nothing while there is room', async () => {
  for (const hours of [5, 3, 1, 0]) await insert(hours);
  const { guard: g, dropped } = guard({});
  await g.check();
  expect([g.refusal, g.report.problem, dropped]).toEqual([undefined, '', []]);
  expect(g.report.data_bytes).toBeGreaterThan(200_000);
  expect(await hours_left()).toEqual([0, 1, 3, 5]);
});

it('drops the oldest partitions when the rows outgrow their limit', async () => {
  const { guard: all } = guard({});
  await all.check();
  const { guard: g, dropped } = guard({ data_bytes_max: Math.floor(all.report.data_bytes * 0.6) });
  await g.check();
  expect(dropped).toEqual(['flow_log.l7_flow_log', 'flow_log.l7_flow_log']);
  expect(await hours_left()).toEqual([0, 1]);
  expect(g.refusal).toBeUndefined();
  expect(g.report.problem).toContain('2 oldest partitions were dropped');
});

it('keeps the newest partition and refuses rows instead', async () => {
  const { guard: g } = guard({ data_bytes_max: 1000 });
  await g.check();
  expect(await hours_left()).toEqual([0]);
  expect(g.refusal).toContain('over the limit');
});

it('drops early and refuses late as the disk fills up', async () => {
  await insert(2);
  const early = guard({ free_bytes_early: Number.MAX_SAFE_INTEGER });
  await early.guard.check();
  expect(await hours_left()).toEqual([0]);
  expect([early.guard.refusal, early.dropped]).toEqual([undefined, ['flow_log.l7_flow_log']]);
  const full = guard({ free_bytes_early: Number.MAX_SAFE_INTEGER, free_bytes_min: Number.MAX_SAFE_INTEGER });
  await full.guard.check();
  expect(full.guard.refusal).toMatch(/Only \d+ MiB are free/);
});
