// The whole server as a process: frames in over HTTP, rows out by query, and what remains after kill -9.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DEFAULT_SETTINGS, type SyncRequest } from '@sonde/records';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { log_frame, map_frame } from './testing/frames.ts';
import { bundle_server, type RunningServer, start_server } from './testing/process.ts';

let file: string;
let dir: string;
let server: RunningServer | undefined;
beforeAll(async () => {
  file = await bundle_server();
});
afterAll(() => rmSync(file, { force: true }));
afterEach(async () => {
  await server?.stop('SIGKILL');
  server = undefined;
  rmSync(dir, { recursive: true, force: true });
});
const start = async (...args: string[]): Promise<RunningServer> => {
  server = await start_server(file, join(dir, 'data'), args);
  return server;
};
const fresh = async (...args: string[]): Promise<RunningServer> => {
  dir = mkdtempSync(join(tmpdir(), 'sonde-server-'));
  return start(...args);
};

const COUNT = 'SELECT count(), uniqExact(flow_id), uniqExact(_id), max(agent_id) FROM flow_log.l7_flow_log';

describe('ingest', () => {
  it('stores a frame once, labelled, under names that queries know', async () => {
    const s = await fresh();
    for (const frame of [
      await log_frame({ sequence: 1, rows: 100 }),
      await map_frame({ sequence: 1, rows: 5, encoding: 'gzip' }),
    ]) {
      const answer = await s.post(frame);
      expect([answer.status, await answer.json()]).toEqual([200, { rows: frame.includes('flow_log') ? 100 : 5 }]);
      expect((await s.post(frame)).status).toBe(200);
    }
    expect(await s.rows(COUNT)).toEqual([['100', '100', '100', 1]]);
    const names = `SELECT DISTINCT dictGet('flow_tag.entity_dict', 'name', toUInt64(entity_id_0)), dictGet('flow_tag.entity_dict', 'name', toUInt64(entity_id_1)) FROM`;
    await expect.poll(() => s.rows(`${names} flow_log.l7_flow_log`), { timeout: 5000 }).toEqual([['wrk', 'nginx']]);
    expect(await s.rows(`${names} flow_metrics.\`application_map.1s\``)).toEqual([['wrk', 'nginx']]);
    // The agent's machine is a resource of its own.
    const ask = async (sql: string) => {
      const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ sql }) };
      const reply = (await (await fetch(`${s.url}/v1/query`, init)).json()) as { result: { values: unknown[][] } };
      return reply.result.values;
    };
    await expect
      .poll(() => ask('SELECT chost_0, host_id_0 FROM l7_flow_log'), { timeout: 5000 })
      .not.toContainEqual(['', 0]);
    expect(await ask('SHOW TAG chost VALUES FROM l7_flow_log')).toEqual([[1, 'h1']]);
  });

  it('has the tags of additional resources at query time, also of rows that were there before', async () => {
    const s = await fresh();
    const put = async (document: string, type = 'application/yaml') => {
      const init = { method: 'PUT', headers: { 'content-type': type }, body: document };
      const answer = await fetch(`${s.url}/v1/domain-additional-resources/`, init);
      return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
    };
    const tags = (value: string) => `cloud_tags:
- {resource_type: chost, resource_name: h1, domain_uuid: dc, tags: [{key: team, value: ${value}}]}
`;
    expect((await s.post(await log_frame({ sequence: 1, rows: 10 }))).status).toBe(200);
    const team = 'SELECT `cloud.tag.team_1` AS team, Count(row) AS n FROM l7_flow_log GROUP BY `cloud.tag.team_1`';
    const ask = async (sql: string) => {
      const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ sql }) };
      const reply = (await (await fetch(`${s.url}/v1/query`, init)).json()) as { result: { values: unknown[][] } };
      return reply.result?.values;
    };
    expect(await put(tags('shop'))).toMatchObject({
      status: 200,
      body: { OPT_STATUS: 'SUCCESS', DATA: { changed: true } },
    });
    await expect.poll(() => ask(team), { timeout: 10_000 }).toEqual([['shop', 10]]);
    expect(await put(tags('shop'))).toMatchObject({ status: 200, body: { DATA: { changed: false } } });
    expect(await put(tags('[1'))).toMatchObject({
      status: 400,
      body: { OPT_STATUS: 'INVALID_POST_DATA', DESCRIPTION: expect.stringMatching(/^line \d: this is no YAML/) },
    });
    const json = {
      cloud_tags: [
        { resource_type: 'chost', resource_name: 'h1', domain_uuid: 'dc', tags: [{ key: 'team', value: 'ops' }] },
      ],
    };
    expect((await put(JSON.stringify(json), 'application/json')).status).toBe(200);
    await expect.poll(() => ask(team), { timeout: 10_000 }).toEqual([['ops', 10]]);
    const read = (await (await fetch(`${s.url}/v1/domain-additional-resources/`)).json()) as { DATA: object };
    expect(read.DATA).toMatchObject(json);
  });

  it('refuses for good what can never be stored, and says why', async () => {
    const s = await fresh();
    const good = await log_frame({ sequence: 1, rows: 10 });
    const unknown_entity = await log_frame({ sequence: 2, rows: 1, entities: [] });
    const cases: [Uint8Array, string][] = [
      [Buffer.from('hello'), 'not_a_frame'],
      [good.subarray(0, good.length - 1), 'bad_block'],
      [Buffer.concat([good, Buffer.from([0])]), 'bad_block'],
      [unknown_entity, 'bad_block'],
      [Buffer.from(good.toString('latin1').replace('"l7_flow_log"', '"l7_flow_lag"'), 'latin1'), 'unknown_table'],
      [Buffer.from(good.toString('latin1').replace('"rows":10', '"rows":11'), 'latin1'), 'bad_block'],
    ];
    for (const [frame, code] of cases) {
      const answer = await s.post(frame);
      expect([answer.status, ((await answer.json()) as { code: string }).code]).toEqual([400, code]);
    }
    const status = (await (await fetch(`${s.url}/api/v1/status`)).json()) as { drops: Record<string, number> };
    expect(status.drops).toMatchObject({ batch_not_a_frame: 1, batch_bad_block: 4, batch_unknown_table: 1 });
    expect(await s.rows(COUNT)).toEqual([['0', '0', '0', 0]]);
  });

  it('has every acknowledged and every retried row exactly once after kill -9 under load', async () => {
    let s = await fresh();
    const BATCHES = 40;
    const frames = await Promise.all(
      Array.from({ length: BATCHES }, (_, i) => log_frame({ sequence: i + 1, rows: 3000 })),
    );
    const waiting = new Set(frames);
    // Three kills, each while frames are between arrival and answer; what got no answer is sent again, as an agent does.
    for (const after of [3, 5, 7]) {
      let answered = 0;
      await Promise.all(
        [...waiting].map(async (frame) => {
          const ok = await s.post(frame).then(
            (r) => r.status === 200,
            () => false,
          );
          if (!ok) return;
          waiting.delete(frame);
          if (++answered === after) await s.stop('SIGKILL');
        }),
      );
      s = await start();
    }
    for (const frame of waiting) expect((await s.post(frame)).status).toBe(200);
    expect(waiting.size).toBeLessThan(BATCHES);
    const rows = String(BATCHES * 3000);
    expect(await s.rows(COUNT)).toEqual([[rows, rows, rows, 1]]);
  });

  it('finishes what it took in before it ends on SIGTERM', async () => {
    let s = await fresh();
    const frames = await Promise.all(Array.from({ length: 8 }, (_, i) => log_frame({ sequence: i + 1, rows: 2000 })));
    const answers = Promise.allSettled(frames.map((frame) => s.post(frame)));
    await expect
      .poll(async () => Number((await s.rows('SELECT count() FROM flow_log.l7_flow_log'))[0]![0]))
      .toBeGreaterThan(0);
    expect(await s.stop('SIGTERM')).toBe(0);
    const stored = (await answers).filter((a) => a.status === 'fulfilled' && a.value.status === 200).length;
    s = await start();
    const [[count]] = (await s.rows('SELECT count() FROM flow_log.l7_flow_log')) as [[string]];
    expect(Number(count)).toBeGreaterThanOrEqual(stored * 2000);
    expect(Number(count) % 2000).toBe(0);
  });
});

describe('agents and settings', () => {
  const request: SyncRequest = {
    agent: 'a-1',
    boot: 'b-1',
    host: 'h1',
    version: '0',
    pid: 1,
    started_ms: 1,
    state: 'no_ebpf',
    problems: ['not root'],
    counters: { ring_full: 3, ring_full_bytes: 900, events_late: 1 },
    settings_version: '',
  };
  const call = async (s: RunningServer, method: string, path: string, body?: unknown) => {
    const init =
      body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } };
    const answer = await fetch(s.url + path, { method, ...init });
    return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
  };

  it('keep ids and settings over a restart, and send settings only when they changed', async () => {
    let s = await fresh();
    const first = await call(s, 'POST', '/api/v1/agents/sync', request);
    expect(first).toMatchObject({ status: 200, body: { agent_id: 1, settings: DEFAULT_SETTINGS } });
    const current = { ...request, settings_version: first.body.settings_version };
    expect((await call(s, 'POST', '/api/v1/agents/sync', current)).body).not.toHaveProperty('settings');
    expect((await call(s, 'POST', '/api/v1/agents/sync', { ...request, agent: 'a-2' })).body.agent_id).toBe(2);
    expect((await call(s, 'POST', '/api/v1/agents/sync', { ...request, pid: 'x' })).status).toBe(400);
    expect((await call(s, 'PUT', '/api/v1/settings', { throttle_rows_s: -1 })).status).toBe(400);
    expect((await call(s, 'PUT', '/api/v1/settings', { throttle_rows_s: 5 })).status).toBe(200);
    const matchers = (match_regex: string) => ({ process_matchers: [{ match_regex, rewrite_name: 'x' }] });
    expect(await call(s, 'PUT', '/api/v1/settings', matchers('(a)\\1'))).toMatchObject({
      status: 400,
      body: {
        problems: ['process_matchers.0.match_regex: a regular expression without references back and looks ahead'],
      },
    });
    expect((await call(s, 'PUT', '/api/v1/settings', matchers('^a'))).body).toMatchObject({
      settings: { process_matchers: [{ match_regex: '^a', match_type: 'process_name', ignore: false }] },
    });
    expect((await call(s, 'PUT', '/api/v1/settings', { process_matchers: [] })).status).toBe(200);
    expect((await call(s, 'GET', '/api/v1/status')).body).toMatchObject({
      agents: [{ id: 1, state: 'no_ebpf', problems: ['not root'] }, { id: 2 }],
      drops: expect.toSatisfy((d) => JSON.stringify(d) === JSON.stringify({ ring_full: 6 })),
    });
    await s.stop();
    s = await start();
    const again = await call(s, 'POST', '/api/v1/agents/sync', { ...current, agent: 'a-2' });
    expect(again.body).toMatchObject({ agent_id: 2, settings: { ...DEFAULT_SETTINGS, throttle_rows_s: 5 } });
  });
});

describe('start', () => {
  it('keep the retention that was asked for over a restart', async () => {
    let s = await fresh();
    const path = '/v1/data-sources/flow_log.l7_flow_log/';
    const hours = async () => {
      const { DATA } = (await (await fetch(`${s.url}/v1/data-sources/`)).json()) as { DATA: Record<string, unknown>[] };
      return DATA.find((d) => d.LCUUID === 'flow_log.l7_flow_log')?.RETENTION_TIME;
    };
    expect(await hours()).toBe(72);
    const change = async (body: unknown) => {
      const init = { method: 'PATCH', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
      const answer = await fetch(s.url + path, init);
      return [answer.status, ((await answer.json()) as { OPT_STATUS: string }).OPT_STATUS];
    };
    expect(await change({ retention_time: 'long' })).toEqual([400, 'INVALID_PARAMETERS']);
    expect(await change({ retention_time: 12 })).toEqual([200, 'SUCCESS']);
    await s.stop('SIGKILL');
    s = await start();
    expect(await hours()).toBe(12);
    const [ddl] = await s.rows("SELECT engine_full FROM system.tables WHERE name = 'l7_flow_log'");
    expect(String(ddl![0])).toContain('toIntervalHour(12)');
  });

  it('refuses a second instance on the folder, and takes over a dead one’s lock', async () => {
    let s = await fresh();
    await expect(start_server(file, join(dir, 'data'))).rejects.toMatchObject({
      code: 1,
      message: expect.stringContaining(`in use by the server with process id ${s.process.pid}`),
    });
    await s.stop('SIGKILL');
    s = await start();
    expect((await fetch(`${s.url}/api/v1/health`)).status).toBe(200);
  });

  it('refuses a taken port', async () => {
    const s = await fresh();
    const taken = start_server(file, join(dir, 'other'), ['--listen', new URL(s.url).host]);
    await expect(taken).rejects.toMatchObject({ code: 1, message: expect.stringMatching(/Port \d+ .* is taken/) });
  });

  it('wants a token beyond loopback, and then of everybody', async () => {
    const token = 'a-token-of-some-length';
    dir = mkdtempSync(join(tmpdir(), 'sonde-server-'));
    await expect(start('--listen', '0.0.0.0:0')).rejects.toMatchObject({ code: 2 });
    writeFileSync(join(dir, 'token'), token);
    const s = await start('--token-file', join(dir, 'token'));
    const status = async (authorization?: string) =>
      (await fetch(`${s.url}/api/v1/status`, { headers: authorization ? { authorization } : {} })).status;
    expect([await status(), await status('Bearer wrong'), await status(`Bearer ${token}`)]).toEqual([401, 401, 200]);
  });
});
