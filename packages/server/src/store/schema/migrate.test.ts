import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  APPLICATION_MAP,
  type Column,
  ENTITY_DICTIONARIES,
  L4_FLOW_LOG,
  L7_FLOW_LOG,
  type RecordDefinition,
  STORED,
} from '@sonde/records';
import { Session } from 'chdb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Engine, migrate } from './migrate.ts';

let dir: string;
let session: Session;
let engine: Engine;
beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'sonde-migrate-'));
  session = new Session(join(dir, 'db'));
  engine = {
    run: async (sql) => void (await session.queryAsync(sql, { format: 'Null' })),
    rows: async (sql, params) =>
      JSON.parse((await session.queryBindAsync(sql, params, { format: 'JSONCompact' })).text()).data,
  };
  await migrate(engine, [L7_FLOW_LOG, APPLICATION_MAP]);
  session.query(`INSERT INTO flow_log.l7_flow_log (time, request_type) VALUES (now(), 'GET')`);
});
afterAll(() => {
  session.close();
  rmSync(dir, { recursive: true, force: true });
});

const tag = (name: string, more: Partial<Column> = {}): Column =>
  ({ kind: 'tag', name, type: 'String', meaning: '', ...more }) as Column;
const with_column = (d: RecordDefinition, column: Column): RecordDefinition => ({
  ...d,
  columns: [...d.columns, column],
});

describe('migrate', () => {
  it('does nothing to what is as it should be', async () => {
    expect(await migrate(engine, [L7_FLOW_LOG, APPLICATION_MAP])).toEqual([]);
  });

  it('adds columns and indexes, changes retention and codecs, keeps the rows', async () => {
    const columns = L7_FLOW_LOG.columns.map((c) => (c.name === 'flow_id' ? { ...c, codec: 'T64, ZSTD(1)' } : c));
    const newer = with_column(
      { ...L7_FLOW_LOG, columns, ttl_hours: { 0: 48 } },
      tag('added', { index: 'bloom_filter GRANULARITY 2' }),
    );
    expect(await migrate(engine, [newer])).toHaveLength(4);
    expect(await migrate(engine, [newer])).toEqual([]);
    expect(session.query('SELECT request_type, added FROM flow_log.l7_flow_log', 'TSV')).toBe('GET\t\n');
    expect(session.query("SELECT engine_full FROM system.tables WHERE name = 'l7_flow_log'", 'TSV')).toContain(
      'toIntervalHour(48)',
    );
  });

  it('a tag added to a metric table keeps rows of different values apart', async () => {
    const newer = with_column(APPLICATION_MAP, tag('zone'));
    expect(await migrate(engine, [newer])).toHaveLength(6);
    expect(await migrate(engine, [newer])).toEqual([]);
    const table = 'flow_metrics.`application_map.1s`';
    session.query(
      `INSERT INTO ${table} (time, zone, request) VALUES (toStartOfMinute(now()), 'a', 1), (toStartOfMinute(now()), 'b', 2), (toStartOfMinute(now()), 'a', 4)`,
    );
    session.query(`OPTIMIZE TABLE ${table} FINAL`);
    expect(session.query(`SELECT zone, request FROM ${table} ORDER BY zone`, 'TSV')).toBe('a\t5\nb\t2\n');
  });

  it('gives entities of an older version their resources, and keeps their names', async () => {
    for (const name of [
      ...ENTITY_DICTIONARIES.map((d) => d.name),
      'flow_tag.resource_dict',
      'flow_tag.custom_tag_dict',
    ])
      session.query(`DROP DICTIONARY ${name}`);
    for (const name of ['entity_map', 'resource_map', 'custom_tag_map']) session.query(`DROP TABLE flow_tag.${name}`);
    session.query(
      'CREATE TABLE flow_tag.entity_map (id UInt32 CODEC(ZSTD(1)), name String CODEC(ZSTD(1))) ENGINE = ReplacingMergeTree ORDER BY id',
    );
    session.query(`CREATE DICTIONARY flow_tag.entity_dict (id UInt64, name String DEFAULT '') PRIMARY KEY id
      SOURCE(CLICKHOUSE(DB 'flow_tag' TABLE 'entity_map')) LAYOUT(FLAT()) LIFETIME(0)`);
    session.query("INSERT INTO flow_tag.entity_map VALUES (7, 'cart')");
    const name = "SELECT dictGet('flow_tag.entity_dict', 'name', 7::UInt64)";
    expect(session.query(name, 'TSV')).toBe('cart\n');
    for (let round = 0; round < 2; round++) await migrate(engine, [L7_FLOW_LOG]);
    expect(session.query(`${name}, dictGet('flow_tag.entity_dict', 'pod_ns_id', 7::UInt64)`, 'TSV')).toBe('cart\t0\n');
  });

  it('makes the tables of every definition, and finds nothing to do the second time', async () => {
    // The two that the tests above changed stay as they are.
    const rest = STORED.filter((d) => d !== L7_FLOW_LOG && d !== APPLICATION_MAP);
    expect((await migrate(engine, rest)).length).toBeGreaterThan(rest.length);
    expect(await migrate(engine, rest)).toEqual([]);
  });

  it('keeps rows as long as it is told to, not as the definition says', async () => {
    const told = { ...L7_FLOW_LOG, ttl_hours: { 0: 24 } };
    const hours = (asked: string) => (asked === 'flow_log.l7_flow_log' ? 12 : undefined);
    expect(await migrate(engine, [told], hours)).toHaveLength(1);
    expect(session.query("SELECT engine_full FROM system.tables WHERE name = 'l7_flow_log'", 'TSV')).toContain(
      'toIntervalHour(12)',
    );
    expect(await migrate(engine, [told], hours)).toEqual([]);
  });

  it('makes a table of another shape anew while it holds no rows', async () => {
    const other = { ...L4_FLOW_LOG, order_by: ['time', 'flow_id'] };
    expect(await migrate(engine, [other])).toEqual(['flow_log.l4_flow_log held no rows and was made anew']);
    expect(await migrate(engine, [other])).toEqual([]);
  });

  it('refuses what would need the rows rewritten, in a sentence', async () => {
    const columns = L7_FLOW_LOG.columns.map((c): Column => (c.name === 'flow_id' ? { ...c, type: 'String' } : c));
    await expect(migrate(engine, [{ ...L7_FLOW_LOG, columns }])).rejects.toMatchObject({
      code: 'schema',
      message: expect.stringMatching(/flow_log\.l7_flow_log has column flow_id as UInt64, this version needs String/),
    });
    await expect(migrate(engine, [{ ...L7_FLOW_LOG, order_by: ['time', 'flow_id'] }])).rejects.toMatchObject({
      code: 'schema',
    });
    await expect(
      migrate(engine, [{ ...L7_FLOW_LOG, intervals_s: [], table: 'application_map.1s', database: 'flow_metrics' }]),
    ).rejects.toMatchObject({
      code: 'schema',
      message: expect.stringContaining('is a AggregatingMergeTree'),
    });
  });
});
