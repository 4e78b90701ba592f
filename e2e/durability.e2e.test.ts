// What survives: a server killed under load loses and doubles nothing; an agent killed keeps what was acknowledged and
// says when nobody was watching.
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { run, until } from './lib/process.ts';
import { nginx, type RealServer } from './lib/servers.ts';
import { ROOT, Stack } from './lib/stack.ts';

let stack: Stack;
let server: RealServer;
beforeEach(async () => {
  stack = new Stack();
  server = await nginx();
  await stack.start();
  await stack.settings({ throttle_rows_s: 1_000_000 });
});
afterEach(async () => {
  await stack.stop();
  await server.stop();
  stack.remove();
});

const load = (requests: number, rate: number): Promise<string> =>
  run('node', [`${ROOT}/e2e/clients/http.mjs`, String(server.port), '20', String(requests), String(rate)]);
const rows = (point: string): Promise<number> =>
  stack.number(
    `SELECT Count(row) AS n FROM l7_flow_log WHERE server_port = ${server.port} AND observation_point = '${point}'`,
    'flow_log',
  );
const metric = (point: string, precision: string): Promise<number> =>
  stack.number(
    `SELECT Sum(request) AS n FROM application_map WHERE server_port = ${server.port} AND observation_point = '${point}'`,
    'flow_metrics',
    precision,
  );
/** Waits until nothing more comes. */
const settled = async (look: () => Promise<number>, at_least: number): Promise<number> => {
  await until(`at least ${at_least}`, async () => ((await look()) >= at_least ? true : undefined), 60_000).catch(
    () => undefined,
  );
  await sleep(6000);
  return look();
};

describe('kill -9', () => {
  it('of the server under load: every request is there exactly once', async () => {
    const loading = load(20_000, 2000);
    for (let i = 0; i < 3; i++) {
      await sleep(2000);
      await stack.server?.stop('SIGKILL');
      await sleep(500);
      await stack.start_server();
    }
    await loading;
    expect(await settled(() => rows('c-p'), 20_000)).toBe(20_000);
    expect(await rows('s-p')).toBe(20_000);
    for (const precision of ['1s', '1m']) expect(await metric('c-p', precision), precision).toBe(20_000);
  });

  it('of the agent: acknowledged rows stay, once, and the gap is told', async () => {
    await load(3000, 3000);
    const before = await settled(() => rows('c-p'), 3000);
    expect(before).toBe(3000);
    await stack.agent?.stop('SIGKILL');
    await load(500, 500);
    await stack.start_agent();
    await load(1000, 1000);
    expect(await settled(() => rows('c-p'), 4000)).toBe(4000);
    const gap = await until('the gap is told', async () => {
      const answer = await stack.query('SELECT * FROM deepflow_agent_gap LIMIT 10', 'deepflow_tenant');
      return answer.values.length > 0 ? answer : undefined;
    });
    expect(gap.values).toHaveLength(1);
  });
});

describe('the agent stopped and started', () => {
  it('hands over what it holds before it goes', async () => {
    await load(2000, 4000);
    await stack.agent?.stop('SIGTERM');
    expect(await settled(() => rows('s-p'), 2000)).toBe(2000);
    expect(await metric('s-p', '1m')).toBe(2000);
  });

  it('keeps rows on disk while the server is away', async () => {
    await stack.server?.stop('SIGTERM');
    await load(2000, 2000);
    await stack.agent?.stop('SIGTERM');
    await stack.start_server();
    await stack.start_agent();
    expect(await settled(() => rows('c-p'), 2000)).toBe(2000);
  });
});
