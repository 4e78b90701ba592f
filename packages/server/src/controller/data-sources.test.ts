import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { APPLICATION, L7_FLOW_LOG } from '@sonde/records';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { open_embedded } from '../store/embedded/embedded.ts';
import type { Store } from '../store/store.ts';
import { DataSources } from './data-sources.ts';

let dir: string;
let path: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'sonde-sources-'));
  path = join(dir, 'data-sources.json');
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const MINUTES = 'flow_metrics.application.1m';
async function ttl(store: Store): Promise<string | undefined> {
  const sql = "SELECT engine_full FROM system.tables WHERE database = 'flow_metrics' AND name = 'application.1m'";
  return /toIntervalHour\((\d+)\) SETTINGS/.exec((await store.query(sql)).text())?.[1];
}

describe('DataSources', () => {
  it('change how long a table keeps its rows, at once and for the next start', async () => {
    const sources = await DataSources.open(path);
    const open = (of: DataSources) =>
      open_embedded({ path: join(dir, 'store'), retention: (table) => of.changed_hours(table) });
    let store = await open(sources);
    expect(await ttl(store)).toBe('168');
    const change = await sources.change(MINUTES, { retention_time: 48 }, (sql) => store.exec(sql));
    expect(change).toMatchObject({ ok: true, source: { LCUUID: MINUTES, INTERVAL: 60, RETENTION_TIME: 48 } });
    expect(await ttl(store)).toBe('48');
    await store.close();
    const later = await DataSources.open(path);
    expect(later.keeps(APPLICATION, 60)).toBe(48);
    expect(later.keeps(APPLICATION, 1)).toBe(24);
    store = await open(later);
    expect(store).toMatchObject({ migrated: [] });
    expect(await ttl(store)).toBe('48');
    await store.close();
  });

  it('list every table of every interval', async () => {
    const list = (await DataSources.open(path)).list();
    const of = (collection: string) =>
      list.filter((s) => s.DATA_TABLE_COLLECTION === collection).map((s) => s.INTERVAL);
    expect(of('flow_metrics.network_map')).toEqual([1, 60, 3600, 86_400]);
    expect(of('flow_log.l7_flow_log')).toEqual([0]);
    expect(list.every((s) => s.RETENTION_TIME === s.RETENTION_TIME_DEFAULT && s.RETENTION_TIME > 0)).toBe(true);
  });

  it.each([
    [MINUTES, { retention_time: 0 }, 400],
    [MINUTES, { retention_time: 1.5 }, 400],
    [MINUTES, { retention_time: '48) DELETE' }, 400],
    [MINUTES, { retention_time: 1e9 }, 400],
    [MINUTES, { retention_tim: 48 }, 400],
    [MINUTES, undefined, 400],
    ['flow_metrics.application`; DROP TABLE x', { retention_time: 48 }, 404],
    ['flow_tag.entity_map', { retention_time: 48 }, 404],
  ])('refuse %s %j', async (table, input, status) => {
    const sources = await DataSources.open(path);
    const ran: string[] = [];
    const outcome = await sources.change(table, input, async (sql) => void ran.push(sql));
    expect(outcome).toMatchObject({ ok: false, status });
    expect(ran).toEqual([]);
  });

  it('stay as they were when the store refuses', async () => {
    const sources = await DataSources.open(path);
    const refuse = async () => Promise.reject(new Error('busy'));
    await expect(sources.change(MINUTES, { retention_time: 48 }, refuse)).rejects.toThrow('busy');
    expect(sources.keeps(APPLICATION, 60)).toBe(168);
    await sources.change('flow_log.l7_flow_log', { retention_time: 12 }, async () => {});
    expect((await DataSources.open(path)).keeps(L7_FLOW_LOG, 0)).toBe(12);
  });

  it('say when their file is not valid', async () => {
    writeFileSync(path, '{"flow_log.l7_flow_log": -1}');
    await expect(DataSources.open(path)).rejects.toThrow(/is not valid/);
  });
});
