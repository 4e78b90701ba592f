// What every store must do. The embedded store is the only one so far; another joins STORES.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  AGENT_STATS,
  agent_columns,
  APPLICATION_MAP,
  interval_name,
  L7_FLOW_LOG,
  physical_intervals,
  STORED,
} from '@sonde/records';
import { BlockBuilder, Sketch } from '@sonde/records/codec';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { open_embedded } from './embedded/embedded.ts';
import type { Store, TableRef } from './store.ts';

const STORES: Record<string, (path: string) => Promise<Store>> = {
  embedded: (path) => open_embedded({ path }),
};
const LOG: TableRef = { database: 'flow_log', table: 'l7_flow_log', interval_s: 0 };
const MAP_1S: TableRef = { database: 'flow_metrics', table: 'application_map', interval_s: 1 };
// Far enough from a partition's border and inside every table's retention.
const NOW_S = Math.floor(Date.now() / 1000) - 60;

function log_block(rows: number, first = 0): Buffer {
  const b = new BlockBuilder(agent_columns(L7_FLOW_LOG));
  for (let i = first; i < first + rows; i++) {
    b.u32(b.column('time'), NOW_S);
    b.i64(b.column('flow_id'), i);
    b.str(b.column('request_type'), i % 2 === 0 ? 'GET' : 'POST');
    b.i64(b.column('response_duration'), i);
    b.end_row();
  }
  return b.take();
}

function map_block(requests: number, durations_us: readonly number[], endpoint = '/a'): Buffer {
  const b = new BlockBuilder(agent_columns(APPLICATION_MAP));
  const sketch = new Sketch();
  for (const d of durations_us) sketch.add(d);
  b.u32(b.column('time'), NOW_S);
  b.str(b.column('endpoint'), endpoint);
  b.i64(b.column('request'), requests);
  b.i64(b.column('rrt_max'), Math.max(...durations_us));
  b.sketch(b.column('rrt_sketch'), sketch);
  b.end_row();
  return b.take();
}

describe.each(Object.entries(STORES))('%s store', (_name, open) => {
  let dir: string;
  let store: Store;
  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), 'sonde-store-'));
    store = await open(join(dir, 'data'));
  });
  afterAll(async () => {
    await store.close();
    rmSync(dir, { recursive: true, force: true });
  });
  const rows = async (sql: string, params = {}): Promise<unknown[][]> =>
    (JSON.parse((await store.query(sql, params)).text()) as { data: unknown[][] }).data;

  it('has a table for every definition and interval', async () => {
    for (const d of STORED) {
      for (const interval_s of physical_intervals(d)) {
        const name = interval_s === 0 ? d.table : `${d.table}.${interval_name(interval_s)}`;
        expect(await rows(`SELECT count() FROM \`${d.database}\`.\`${name}\``)).toEqual([['0']]);
      }
    }
  });

  it('keeps what is inserted, once a token', async () => {
    await store.insert(LOG, log_block(1000), 'a/b/log/1/l7_flow_log');
    await store.insert(LOG, log_block(1000), 'a/b/log/1/l7_flow_log');
    await store.insert(LOG, log_block(500, 1000), 'a/b/log/2/l7_flow_log');
    expect(await rows('SELECT count(), uniq(flow_id), sum(response_duration) FROM flow_log.l7_flow_log')).toEqual([
      ['1500', '1500', String((1499 * 1500) / 2)],
    ]);
  });

  it('merges parts of a window, sums, maxima and sketches', async () => {
    await store.insert(MAP_1S, map_block(2, [100, 300]), 'a/b/map/1/application_map');
    await store.insert(MAP_1S, map_block(1, [200]), 'a/b/map/2/application_map');
    await store.insert(MAP_1S, map_block(5, [900], '/b'), 'a/b/map/3/application_map');
    const sql = `SELECT endpoint, sum(request), max(rrt_max), round(quantileDDMerge(0.01, 0.5)(rrt_sketch) / 100)
      FROM flow_metrics.\`application_map.1s\` GROUP BY endpoint ORDER BY endpoint`;
    const wanted = [
      ['/a', '3', '300', 2],
      ['/b', '5', '900', 9],
    ];
    expect(await rows(sql)).toEqual(wanted);
    await store.exec('OPTIMIZE TABLE flow_metrics.`application_map.1s` FINAL');
    expect(await rows('SELECT count() FROM flow_metrics.`application_map.1s`')).toEqual([['2']]);
    expect(await rows(sql)).toEqual(wanted);
  });

  it('rolls minutes up to hours and days, once a token', async () => {
    const ref = { ...MAP_1S, interval_s: 60 };
    for (const [token, n] of [
      ['1', 2],
      ['1', 2],
      ['2', 3],
    ] as const)
      await store.insert(ref, map_block(n, [100 * n]), `a/b/minute/${token}/application_map`);
    for (const name of ['1m', '1h', '1d'])
      expect(
        await rows(`SELECT sum(request), max(rrt_max), round(quantileDDMerge(0.01, 1)(rrt_sketch) / 100),
          uniqExact(toUnixTimestamp(time)) FROM flow_metrics.\`application_map.${name}\``),
        name,
      ).toEqual([['5', '300', 3, '1']]);
    expect(await rows('SELECT DISTINCT toUnixTimestamp(time) % 86400 FROM flow_metrics.`application_map.1d`')).toEqual([
      [0],
    ]);
  });

  it('refuses blocks that cannot be right', async () => {
    const block = log_block(3);
    const insert = (b: Uint8Array, ref = LOG, token = 't') => store.insert(ref, b, token);
    await expect(insert(block.subarray(0, block.length - 1))).rejects.toMatchObject({ code: 'bad_block' });
    await expect(insert(Buffer.concat([block, block]))).rejects.toMatchObject({ code: 'bad_block' });
    await expect(insert(map_block(1, [1]))).rejects.toMatchObject({ code: 'bad_block' });
    await expect(insert(block, LOG, "t', x='")).rejects.toMatchObject({ code: 'bad_block' });
    await expect(insert(block, { ...LOG, table: 'nope' })).rejects.toMatchObject({ code: 'unknown_table' });
    await expect(insert(block, { ...MAP_1S, interval_s: 7 })).rejects.toMatchObject({ code: 'unknown_table' });
  });

  it('takes a batch whose times lie far apart', async () => {
    const b = new BlockBuilder(agent_columns(AGENT_STATS));
    for (let i = 0; i < 300; i++) {
      b.u32(b.column('time'), NOW_S - i * 86_400);
      b.end_row();
    }
    const table = { database: AGENT_STATS.database, table: AGENT_STATS.table, interval_s: 0 };
    await store.insert(table, b.take(), 'a/b/stats/1/deepflow_collector');
    expect(await rows('SELECT count() > 0 FROM deepflow_tenant.deepflow_collector')).toEqual([[1]]);
  });

  it('takes values as parameters only', async () => {
    const hostile = "x' OR 1=1; DROP TABLE t; -- \\ \n \u0000 é";
    expect(await rows('SELECT {a:String}, {b:Array(UInt64)}', { a: hostile, b: [1, 2n ** 64n - 1n] })).toEqual([
      [hostile, ['1', '18446744073709551615']],
    ]);
    await expect(store.query('SELECT {a:UInt8}', { a: '1 OR 1' })).rejects.toMatchObject({ code: 'bad_parameter' });
    await expect(store.query('SELECT {a:UInt8}')).rejects.toMatchObject({ code: 'bad_parameter' });
  });

  it('says which kind of failure it was', async () => {
    const failing = (sql: string, options = {}) => expect(store.query(sql, {}, options)).rejects;
    await failing('SELECT 1 FROM flow_log.nope').toMatchObject({ code: 'unknown_table' });
    await failing('SELECT nope FROM flow_log.l7_flow_log').toMatchObject({ code: 'unknown_column' });
    await failing('SELECT (').toMatchObject({ code: 'syntax' });
    await failing('SELECT sleep(3)', { timeout_s: 1 }).toMatchObject({ code: 'timeout' });
    await failing('SELECT number FROM numbers(11)', { max_rows: 10 }).toMatchObject({ code: 'too_many_rows' });
    await failing('SELECT groupArray(number) FROM numbers(30000000)', { max_memory_bytes: 1e7 }).toMatchObject({
      code: 'memory',
    });
  });

  it('cannot write through query', async () => {
    const failing = (sql: string) => expect(store.query(sql)).rejects;
    await failing('INSERT INTO flow_log.l7_flow_log (flow_id) SELECT 1').toMatchObject({ code: 'read_only' });
    await failing('CREATE TABLE x (a Int8) ENGINE = Memory').toMatchObject({ code: 'read_only' });
    await failing("SELECT * FROM file('/etc/passwd', LineAsString)").toMatchObject({ code: 'read_only' });
  });

  it.each([
    "SELECT file('/etc/passwd')",
    "SELECT `file`('/etc/passwd')",
    "SELECT * FROM (SELECT FILE ('/etc/passwd'))",
    "SELECT 1 INTO OUTFILE '/tmp/sonde-must-not-be'",
    "SELECT 1) INTO OUTFILE '/tmp/sonde-must-not-be' --",
    'SELECT 1; SELECT 2',
    'KILL QUERY WHERE 1',
    'SELECT 1 FORMAT CSV',
    'SELECT 1 SETTINGS readonly = 0',
    "SELECT * FROM url('http://127.0.0.1:1/', TSV)",
    'SYSTEM RELOAD DICTIONARY flow_tag.entity_dict',
    'SET readonly = 0',
  ])('refuses %s of a user', async (sql) => {
    await expect(store.query(sql, {}, { untrusted: true })).rejects.toMatchObject({
      code: expect.stringMatching(/^(read_only|syntax)$/),
    });
  });

  it('answers a user’s reading statements, in the database of their choice', async () => {
    const answer = async (sql: string) =>
      JSON.parse((await store.query(sql, {}, { untrusted: true, database: 'flow_log' })).text()).data;
    expect(await answer("SELECT 'file(' AS a, count() > 0 FROM l7_flow_log -- a comment")).toEqual([['file(', 1]]);
    expect(await answer('SHOW TABLES')).toEqual(
      ['l4_flow_log', 'l4_packet', 'l7_flow_log', 'l7_packet', 'span_with_trace_id', 'trace_tree'].map((name) => [
        name,
      ]),
    );
  });

  it('cancels running and waiting statements and stays usable', async () => {
    const abort = new AbortController();
    const slow = 'SELECT count() FROM numbers(100000000000) WHERE sipHash64(number) = 5';
    const running = Array.from({ length: 6 }, () => store.query(slow, {}, { signal: abort.signal }));
    const settled = Promise.allSettled(running);
    await new Promise((resolve) => setTimeout(resolve, 200));
    await store.insert(LOG, log_block(1, 5000), 'beside/queries/log/1/l7_flow_log'); // inserts do not wait for queries
    abort.abort();
    for (const result of await settled) expect(result).toMatchObject({ reason: { code: 'cancelled' } });
    const left = "SELECT count() FROM system.processes WHERE query LIKE '%= 5%' AND query NOT LIKE '%processes%'";
    expect(await rows(left)).toEqual([['0']]);
    expect(await rows('SELECT 1')).toEqual([[1]]);
  });

  it('says busy instead of queueing without end', async () => {
    const abort = new AbortController();
    const many = Array.from({ length: 200 }, () => store.query('SELECT sleep(0.5)', {}, { signal: abort.signal }));
    const settled = Promise.allSettled(many);
    abort.abort();
    const codes = new Set((await settled).map((r) => (r.status === 'rejected' ? r.reason.code : 'done')));
    expect([...codes].sort()).toEqual(['busy', 'cancelled']);
  });

  it('reports sizes', async () => {
    const size = (await store.sizes()).find((s) => s.table === 'l7_flow_log');
    expect(size).toMatchObject({ database: 'flow_log', rows: 1501 });
    expect(size!.bytes).toBeGreaterThan(0);
  });

  it('finds everything again after close and open, and remembers tokens', async () => {
    await store.close();
    await expect(store.query('SELECT 1')).rejects.toMatchObject({ code: 'closed' });
    store = await open(join(dir, 'data'));
    await store.insert(LOG, log_block(1000), 'a/b/log/1/l7_flow_log');
    expect(await rows('SELECT count() FROM flow_log.l7_flow_log')).toEqual([['1501']]);
  });
});
