// The first proof: 20,000 requests of an independent client to an independent server are 20,000 rows at either end, the
// same in the metrics, with the client's own latencies.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { run, until } from './lib/process.ts';
import { nginx, type RealServer } from './lib/servers.ts';
import { ROOT, Stack } from './lib/stack.ts';

const REQUESTS = 20_000;
const stack = new Stack();
let server: RealServer;
let own: { done: number; statuses: Record<string, number>; p50: number; p95: number; p99: number; max_us: number };

beforeAll(async () => {
  server = await nginx();
  await stack.start();
  await stack.settings({ throttle_rows_s: 1_000_000 });
  own = JSON.parse(await run('node', [`${ROOT}/e2e/clients/http.mjs`, String(server.port), '50', String(REQUESTS)]));
  await until('all rows have arrived', async () => {
    const n = await stack.number(
      `SELECT Count(row) AS n FROM l7_flow_log WHERE server_port = ${server.port}`,
      'flow_log',
    );
    return n >= 2 * REQUESTS ? n : undefined;
  }).catch(() => undefined);
  // One more round of windows, so that too many would be seen as well.
  await new Promise((done) => setTimeout(done, 6000));
});
afterAll(async () => {
  await stack.stop();
  await server?.stop();
  stack.remove();
});

describe('20,000 requests over 50 keep-alive connections', () => {
  const where = (point: string): string => `server_port = ${server.port} AND observation_point = '${point}'`;

  it.each(['c-p', 's-p'])('are as many rows of the request log at %s, with their status codes', async (point) => {
    const rows = await stack.rows(
      `SELECT response_code, Count(row) AS n FROM l7_flow_log WHERE ${where(point)} GROUP BY response_code`,
      'flow_log',
    );
    const codes = Object.fromEntries(rows.map((row) => [String(row.response_code), Number(row.n)]));
    expect(codes).toEqual(own.statuses);
    expect(own.done).toBe(REQUESTS);
  });

  it.each([
    ['c-p', '1s'],
    ['c-p', '1m'],
    ['s-p', '1s'],
    ['s-p', '1m'],
  ])('are as many in application_map at %s, %s', async (point, precision) => {
    const [row] = await stack.rows(
      `SELECT Sum(request) AS r, Sum(response) AS a, Sum(client_error) AS c, Sum(server_error) AS s FROM application_map WHERE ${where(point)}`,
      'flow_metrics',
      precision,
    );
    expect(row).toEqual({ r: REQUESTS, a: REQUESTS, c: own.statuses['404'], s: own.statuses['500'] });
  });

  it.each([
    [0, '1s'],
    [0, '1m'],
    [1, '1s'],
    [1, '1m'],
  ])('are as many in application for role %i, %s', async (role, precision) => {
    const sql = `SELECT Sum(request) AS n FROM application WHERE server_port = ${server.port} AND role = ${role}`;
    expect(await stack.number(sql, 'flow_metrics', precision)).toBe(REQUESTS);
  });

  it('have the quantiles that the client measured', async () => {
    const [row] = await stack.rows(
      `SELECT Percentile(rrt, 50) AS p50, Percentile(rrt, 95) AS p95, Percentile(rrt, 99) AS p99 FROM application_map WHERE ${where('c-p')}`,
    );
    for (const name of ['p50', 'p95', 'p99'] as const) {
      expect(
        Math.abs(Number(row?.[name]) / own[name] - 1),
        `${name}: ${row?.[name]} against ${own[name]}`,
      ).toBeLessThan(0.05);
    }
  });

  it('hold no value of a query string', async () => {
    const { values } = await stack.query(
      `SELECT request_resource FROM l7_flow_log WHERE ${where('c-p')} GROUP BY request_resource`,
      'flow_log',
    );
    expect(values.flat()).toContain('/ok/22?q=?');
    expect(JSON.stringify(values)).not.toContain('secret');
  });

  it('lost nothing on the way', async () => {
    const drops = Object.entries((await stack.status())?.drops ?? {}).filter(([, n]) => n > 0);
    expect(drops).toEqual([]);
  });
});
