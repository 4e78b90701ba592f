// The routes over a real server and store.
import fastify, { type FastifyInstance } from 'fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { query_command } from '../cli/query-command.ts';
import { query_routes } from './index.ts';
import { BEGIN, make_edges, open_world, type World } from './testing/world.ts';

let world: World;
let app: FastifyInstance;
let url = '';
beforeAll(async () => {
  world = await open_world(make_edges(60));
  app = fastify();
  query_routes(app, { store: world.store });
  url = await app.listen({ host: '127.0.0.1', port: 0 });
});
afterAll(async () => {
  // Else it waits for kept connections until they time out.
  app?.server.closeAllConnections();
  await app?.close();
  await world?.close();
});

interface Reply {
  OPT_STATUS: string;
  DESCRIPTION: string;
  result: { columns: string[]; values: unknown[][]; schemas: Record<string, unknown>[] } | null;
  debug: { sql: string } | null;
}
async function post(path: string, body: unknown, type = 'application/json') {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const response = await fetch(url + path, { method: 'POST', headers: { 'content-type': type }, body: text });
  const answer = await response.text();
  return { status: response.status, text: answer, reply: (answer.startsWith('{') ? JSON.parse(answer) : {}) as Reply };
}

function requests(): number {
  return world.edges.reduce((n, e) => n + e.request, 0);
}
const SUM = 'SELECT Sum(request) AS r, endpoint FROM application_map GROUP BY endpoint ORDER BY endpoint';

describe('POST /v1/query', () => {
  it('answers JSON and forms alike, in the shape of DeepFlow', async () => {
    const json = await post('/v1/query', { db: 'flow_metrics', sql: SUM });
    const form = new URLSearchParams({ db: 'flow_metrics', sql: SUM }).toString();
    const formed = await post('/v1/query/', form, 'application/x-www-form-urlencoded');
    expect(json.status).toBe(200);
    expect(formed.reply).toEqual(json.reply);
    expect(json.reply).toMatchObject({
      OPT_STATUS: 'SUCCESS',
      DESCRIPTION: '',
      result: {
        columns: ['r', 'endpoint'],
        schemas: [
          { unit: '', type: 1, value_type: 'Float64', pre_as: 'Sum(request)' },
          { unit: '', type: 0, value_type: 'String', pre_as: '' },
        ],
      },
    });
    const sum = json.reply.result!.values.reduce((n, row) => n + Number(row[0]), 0);
    expect(sum).toBe(requests());
  });

  it('shows its work when asked', async () => {
    const { reply } = await post('/v1/query', { db: 'flow_metrics', sql: SUM, debug: true, data_precision: '1s' });
    expect(reply.debug!.sql).toContain('`flow_metrics`.`application_map.1s`');
  });

  it.each([
    [
      { sql: 'SELECT Sum(reqest) FROM application_map' },
      400,
      /`reqest` is no metric.*Did you mean `request`.*character 12/,
    ],
    [{ sql: 'SELECT 1 FRM application_map' }, 400, /character/],
    [{ sql: 'DROP TABLE application_map' }, 400, /expected `select` or `show`/],
    [{ sql: 'SELECT Sum(request) FROM application_map; SELECT 1' }, 400, /end of the statement/],
    [{ sql: 'SHOW TABLES', db: 'flow_metric' }, 404, /no database `flow_metric`.*Did you mean `flow_metrics`/],
    [{ sql: '' }, 400, /`sql`/],
    [{}, 400, /`sql`/],
    [{ sql: "SELECT endpoint FROM application_map WHERE endpoint regexp '('" }, 400, /./],
    [{ sql: SUM, data_precision: '2h' }, 400, /kept at 1s, 1m, 1h, 1d, not at 2h/],
  ])('refuses %j', async (body, status, message) => {
    const { status: got, reply } = await post('/v1/query', body);
    expect(reply.DESCRIPTION).toMatch(message);
    expect(reply.OPT_STATUS).not.toBe('SUCCESS');
    expect(got).toBe(status);
  });

  it('takes a body that is none for what it is', async () => {
    expect((await post('/v1/query', '{"sql": ')).status).toBe(400);
    expect((await post('/v1/query', 'x', 'text/plain')).status).toBe(400);
  });
});

describe('cancelling', () => {
  // Runs for many seconds unless it is stopped.
  const SLOW = 'SELECT count() FROM numbers(100000000000) WHERE sipHash64(number) = 1';

  it('DELETE /v1/query/<uuid> ends a running query', async () => {
    const answer = post('/v1/query/raw', { sql: SLOW, query_uuid: 'slow-1' });
    for (;;) {
      const response = await fetch(`${url}/v1/query/slow-1`, { method: 'DELETE' });
      if (response.status === 200) break;
      expect(response.status).toBe(404);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    const { status, reply } = await answer;
    expect(reply.OPT_STATUS).toBe('CANCELLED');
    expect(status).toBe(499);
  });

  it('a client that goes away ends its query', async () => {
    const controller = new AbortController();
    const request = fetch(`${url}/v1/query/raw`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ sql: SLOW, query_uuid: 'slow-2' }),
      signal: controller.signal,
    });
    const running = async () =>
      Number(
        JSON.parse(
          (
            await world.store.query(
              "SELECT count() FROM system.processes WHERE query LIKE '%100000000000%' AND query NOT LIKE '%processes%'",
            )
          ).text(),
        ).data[0][0],
      );
    while ((await running()) === 0) await new Promise((resolve) => setTimeout(resolve, 10));
    controller.abort();
    await expect(request).rejects.toThrow();
    while ((await running()) > 0) await new Promise((resolve) => setTimeout(resolve, 10));
  });
});

describe('POST /v1/query/raw', () => {
  it('speaks the SQL of the store, in three formats', async () => {
    const sql = 'SELECT sum(request) AS r FROM flow_metrics.`application_map.1s`';
    expect((await post('/v1/query/raw', { sql, format: 'csv' })).text).toBe(`"r"\n${requests()}\n`);
    expect((await post('/v1/query/raw', { sql, format: 'tsv' })).text).toBe(`r\n${requests()}\n`);
    expect(JSON.parse((await post('/v1/query/raw', { sql, format: 'json' })).text)).toEqual({ r: String(requests()) });
  });

  it.each([
    ['rows', 'SELECT number FROM numbers(2000000)'],
    ['memory', 'SELECT groupArray(toString(number)) FROM numbers(100000000)'],
  ])('says which limit is reached: %s', async (_what, sql) => {
    const { status, reply } = await post('/v1/query/raw', { sql });
    expect([reply.OPT_STATUS, status]).toEqual(['LIMIT_REACHED', 422]);
    expect(reply.DESCRIPTION).not.toBe('');
  });

  it.each([
    'DROP TABLE flow_metrics.`application_map.1s`',
    'INSERT INTO flow_tag.entity_map (id) VALUES (99)',
    'SELECT 1; DROP TABLE flow_metrics.`application_map.1s`',
    "SELECT * FROM file('/etc/hostname', 'LineAsString')",
    "SELECT file('/etc/hostname')",
    "SELECT `file`('/etc/hostname')",
    'SELECT * FROM `/etc/hostname`',
    "SELECT * FROM '/etc/hostname'",
    "SELECT * FROM url('http://127.0.0.1:1/', 'LineAsString')",
    "SELECT 1 INTO OUTFILE '/tmp/sonde-must-not-exist'",
    "SELECT * FROM executable('id', 'TSV', 'a String')",
    'SELECT 1 SETTINGS readonly = 0',
    'SYSTEM SHUTDOWN',
    'SET readonly = 0',
    'KILL QUERY WHERE 1',
  ])('refuses %s', async (sql) => {
    const { status, reply } = await post('/v1/query/raw', { sql });
    expect(reply.OPT_STATUS).not.toBe('SUCCESS');
    expect(reply.DESCRIPTION).not.toBe('');
    expect(status).toBeGreaterThanOrEqual(400);
    expect(status, reply.DESCRIPTION).toBeLessThan(500);
    const rows = await world.ask('SELECT Sum(request) AS r FROM application_map');
    expect(rows).toEqual([{ r: requests() }]);
  });
});

describe('sonde query', () => {
  async function run(...argv: string[]) {
    const out: string[] = [];
    const [write, error] = [process.stdout.write, process.stderr.write];
    process.stdout.write = ((text: string) => out.push(text) > 0) as typeof process.stdout.write;
    process.stderr.write = ((text: string) => out.push(text) > 0) as typeof process.stderr.write;
    try {
      return { code: await query_command(['--server', url, ...argv]), text: out.join('') };
    } finally {
      process.stdout.write = write;
      process.stderr.write = error;
    }
  }

  it('prints rows in the format asked for', async () => {
    const sql = `SELECT Sum(request) AS r, 'a,"b' AS t FROM application_map WHERE time >= ${BEGIN}`;
    const r = requests();
    expect(await run('--db', 'flow_metrics', sql, '--format', 'json')).toEqual({
      code: 0,
      text: `{"r":${r},"t":"a,\\"b"}\n`,
    });
    expect((await run('--db', 'flow_metrics', sql, '--format', 'csv')).text).toBe(`r,t\r\n${r},"a,""b"\r\n`);
    expect((await run('--db', 'flow_metrics', sql, '--format', 'tsv')).text).toBe(`r\tt\n${r}\ta,"b\n`);
    expect((await run('--db', 'flow_metrics', sql, '--format', 'table')).text).toMatch(/^ +r {2}t\n-+ {2}-+\n/);
    expect((await run('--raw', 'SELECT 1 AS one', '--format', 'tsv')).text).toBe('one\n1\n');
  });

  it('says what is wrong: 1 for the statement or the server, 2 for the use', async () => {
    const refused = await run('SELECT Sum(x) FROM application_map');
    expect(refused.code).toBe(1);
    expect(refused.text).toMatch(/^sonde query: `x` is no metric/);
    const gone = await run('--server', 'http://127.0.0.1:1', 'SHOW TABLES');
    expect(gone.code).toBe(1);
    expect(gone.text).toMatch(/cannot reach the server/);
    expect((await run()).code).toBe(2);
    expect((await run('--formt', 'csv', 'SHOW TABLES')).code).toBe(2);
    expect((await run('--format', 'xml', 'SHOW TABLES')).code).toBe(2);
    expect((await run('--help')).code).toBe(0);
  });
});
