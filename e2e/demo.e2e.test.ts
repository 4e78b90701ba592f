// What a newcomer does: `./sonde up --demo`, then looks at the page. The page's numbers are read from the DOM and compared
// with SQL and with what the shop's own clients counted.
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { open_chromium } from '../packages/web/test/chromium.ts';
import { free_port, run, Started, until } from './lib/process.ts';
import { ROOT, Stack } from './lib/stack.ts';

const VISITS = 500;
const SHOTS = join(ROOT, 'e2e/shots');

interface Calls {
  requests: number;
  client_error: number;
  server_error: number;
  latencies_us: number[];
}
type Counts = Record<string, Record<string, Calls>>;

const folder = mkdtempSync(join(tmpdir(), 'sonde-e2e-demo-'));
const data = join(folder, 'data');
const began_s = Math.floor(Date.now() / 1000);
/** Only its queries are used: the launcher starts everything. */
const stack = new Stack();
const sonde = join(ROOT, 'sonde');
let listen = '';
let up: Started;
let counts: Counts;
let shop_counts: Record<string, Counts>;
let context: BrowserContext;
let page: Page;
let page_errors: string[] = [];
/** Ports of the shop's services, by the variables that the launcher sets. */
let ports: Record<string, string>;
interface State {
  children: { role: string; process: { pid: number } }[];
}
const state_of = (): State => JSON.parse(readFileSync(join(data, 'launcher.json'), 'utf8')) as State;

const start = (...args: string[]): Started =>
  new Started('sonde up', sonde, ['up', '--data', data, '--listen', listen, ...args], {
    env: { SONDE_DEMO_VISITS: String(VISITS) },
  });
const said = (pattern: RegExp): Promise<RegExpExecArray> =>
  until(
    `sonde says ${pattern}`,
    async () => {
      if (up.done) throw new Error(up.output);
      return pattern.exec(up.output) ?? undefined;
    },
    90_000,
  );

beforeAll(async () => {
  stack.port = await free_port();
  listen = `127.0.0.1:${stack.port}`;
  up = start('--demo');
  const [, counted_in] = await said(/counts in (\S+)/);
  const read = (who: string): Counts => {
    const file = join(counted_in!, `${who}.json`);
    return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as { calls: Counts }).calls : {};
  };
  const total = (): number => Object.values(read('load').gateway ?? {}).reduce((sum, c) => sum + c.requests, 0);
  let before = -1;
  await until(
    'the shop has no more visitors',
    async () => {
      const now = total();
      const quiet = now > VISITS && now === before;
      before = now;
      await sleep(2500);
      return quiet || undefined;
    },
    120_000,
  );
  counts = read('load');
  const gateway = state_of().children.find(({ role }) => role === 'gateway')?.process.pid;
  const environment = readFileSync(`/proc/${gateway}/environ`, 'latin1').split('\0');
  ports = Object.fromEntries(environment.map((line) => line.split('=') as [string, string]));
  shop_counts = { 'gateway.mjs': read('gateway'), 'orders.mjs': read('orders') };
  await sleep(6000);
  mkdirSync(SHOTS, { recursive: true });
  ({ context, page, errors: page_errors } = await open_chromium(join(folder, 'profile')));
  page.setDefaultTimeout(30_000);
});
afterAll(async () => {
  await context?.close();
  await up?.stop('SIGINT');
  stack.remove();
  rmSync(folder, { recursive: true, force: true });
});

const range = (): string => `from=${began_s}&to=${Math.floor(Date.now() / 1000) + 30}&refresh=0`;
const open = async (query: string): Promise<void> => {
  await page.goto(`${stack.url}/?${range()}&${query}`);
};
const dom = (selector: string): Promise<Record<string, string>[]> =>
  page
    .locator(selector)
    .evaluateAll((all) => all.map((e) => ({ ...(e as unknown as { dataset: Record<string, string> }).dataset })));
const shot = (name: string): Promise<unknown> => page.screenshot({ path: join(SHOTS, `${name}.png`) });
const total = (calls: Record<string, Calls> | undefined, what: 'requests' | 'client_error' | 'server_error'): number =>
  Object.values(calls ?? {}).reduce((sum, call) => sum + call[what], 0);

describe('the page on the demo', () => {
  it('shows the shop: its services and who calls whom', async () => {
    await open('view=map');
    await page.locator('[data-testid=edge]').first().waitFor();
    const nodes = (await dom('[data-testid=service-node]')).map((node) => node.service);
    expect(nodes).toEqual(
      expect.arrayContaining(['gateway.mjs', 'catalogue.py', 'cart.mjs', 'orders.mjs', 'payments.py']),
    );
    const edges = (await dom('[data-testid=edge]')).map((e) => `${e.client} ${e.protocol} ${e.server}`);
    expect(edges).toEqual(
      expect.arrayContaining([
        'load.mjs HTTP gateway.mjs',
        'gateway.mjs HTTP catalogue.py',
        'cart.mjs Redis redis-server',
        'orders.mjs PostgreSQL postgres',
        'orders.mjs HTTP payments.py',
      ]),
    );
    await sleep(1500);
    await shot('map-light');
  });

  it('counts as the clients themselves counted', async () => {
    await open('view=map');
    await page.locator('[data-testid=edge]').first().waitFor();
    const edges = await dom('[data-testid=edge]');
    const own: [string, string, string, Record<string, Calls> | undefined][] = [
      ['load.mjs', 'gateway.mjs', 'GATEWAY_PORT', counts.gateway],
      ['gateway.mjs', 'catalogue.py', 'CATALOGUE_PORT', shop_counts['gateway.mjs']?.catalogue],
      ['gateway.mjs', 'cart.mjs', 'CART_PORT', shop_counts['gateway.mjs']?.cart],
      ['gateway.mjs', 'orders.mjs', 'ORDERS_PORT', shop_counts['gateway.mjs']?.orders],
      ['orders.mjs', 'payments.py', 'PAYMENTS_PORT', shop_counts['orders.mjs']?.payments],
    ];
    for (const [client, server, port, calls] of own) {
      const select = 'SELECT Sum(request) AS n, Sum(error) AS e FROM application_map';
      const where = `observation_point = 's-p' AND time >= ${began_s}`;
      // This shop alone, whatever else runs on the host.
      const [mine] = await stack.rows(`${select} WHERE ${where} AND server_port = ${ports[port]}`);
      const errors = total(calls, 'client_error') + total(calls, 'server_error');
      expect(total(calls, 'requests'), server).toBeGreaterThan(0);
      expect(mine, `${client} -> ${server}`).toEqual({ n: total(calls, 'requests'), e: errors });
      // The page shows all shops on this host as one.
      const names = `auto_service_0 = '${client}' AND auto_service_1 = '${server}' AND l7_protocol = 20`;
      const [all] = await stack.rows(`${select} WHERE ${where} AND ${names}`);
      const edge = edges.find((e) => e.client === client && e.server === server && e.protocol === 'HTTP');
      expect({ n: Number(edge?.requests), e: Number(edge?.errors) }, `${client} -> ${server}`).toEqual(all);
      expect(Number(edge?.errorRatio)).toBeCloseTo(Number(all?.e) / Number(all?.n), 9);
    }
  });

  it('has the percentiles of the client, and those of SQL', async () => {
    await open('view=map');
    await page.locator('[data-testid=edge]').first().waitFor();
    const edge = (await dom('[data-testid=edge]')).find((e) => e.server === 'payments.py');
    const latencies = Object.values(shop_counts['orders.mjs']?.payments ?? {})
      .flatMap((call) => call.latencies_us)
      .sort((a, b) => a - b);
    const quantile = (q: number): number => latencies[Math.floor(q * (latencies.length - 1))] ?? 0;
    // Every tenth payment takes a quarter of a second: far above what the client's own event loop adds.
    expect(Math.abs(Number(edge?.p99) / quantile(0.99) - 1)).toBeLessThan(0.05);
    const [row] = await stack.rows(
      `SELECT Sum(request) AS n, Percentile(rrt, 50) AS p50, Percentile(rrt, 99) AS p99 FROM application_map WHERE observation_point = 'c-p' AND auto_service_1 = 'payments.py' AND auto_service_0 = 'orders.mjs' AND l7_protocol = 20 AND time >= ${began_s}`,
    );
    expect(Number(row?.n)).toBe(Number(edge?.requests));
    expect(Number(row?.p50)).toBeCloseTo(Number(edge?.p50), 3);
    expect(Number(row?.p99)).toBeCloseTo(Number(edge?.p99), 3);
  });

  it('lists services, requests, agents; nothing breaks on the way', async () => {
    for (const view of ['services', 'requests', 'status']) {
      await open(`view=${view}`);
      await page.locator(`[data-testid=${view}]`).waitFor();
      await sleep(1500);
      await shot(view);
    }
    // The README's picture (docs/page.png) is this one.
    await open('view=map&opaque=0');
    await page.locator('[data-testid=edge]').first().waitFor();
    await sleep(1500);
    await shot('page');
    await page.emulateMedia({ colorScheme: 'dark' });
    await open('view=map');
    await page.locator('[data-testid=edge]').first().waitFor();
    await sleep(1500);
    await shot('map-dark');
    expect(page_errors).toEqual([]);
  });
});

describe('the launcher', () => {
  const refused = async (...args: string[]): Promise<string> => {
    const second = new Started('second', sonde, ['up', ...args]);
    expect(await second.ended).toBe(1);
    return second.output.replaceAll(/^sonde: build .*\n/gm, '').trim();
  };

  it('says in one sentence what is in the way', async () => {
    expect(await refused('--data', data)).toMatch(
      /^sonde: already running on .* \(pid \d+, page at http.*\); \.\/sonde down stops it$/,
    );
    expect(await refused('--data', join(folder, 'other'), '--listen', listen)).toMatch(
      /^sonde: 127\.0\.0\.1:\d+ is taken .*$/,
    );
    expect(await refused('--data', '/proc/none')).toMatch(/^sonde: cannot write to \/proc\/none .*$/);
    expect(await refused('--data', join(folder, 'other'), '--listen', '0.0.0.0:20499')).toMatch(/token/);
  });

  it('shows status, and answers queries on the command line', async () => {
    expect(await run(sonde, ['status', '--data', data])).toMatch(/^agent +\d+ on .*: running/m);
    const sql = "SELECT Sum(request) AS n FROM application_map WHERE observation_point = 's-p'";
    const line = await run(sonde, ['query', '--server', stack.url, sql]);
    expect(Number((JSON.parse(line) as { n: number }).n)).toBeGreaterThan(VISITS);
  });

  it('stops everything on Ctrl-C, and has kept what was stored when it starts again', async () => {
    const state = state_of();
    const where = `server_port = ${ports.GATEWAY_PORT} AND observation_point = 's-p'`;
    const count = (): Promise<number> => stack.number(`SELECT Sum(request) AS n FROM application_map WHERE ${where}`);
    const before = await count();
    expect(await up.stop('SIGINT')).toBe(0);
    for (const child of state.children) expect(existsSync(`/proc/${child.process.pid}`)).toBe(false);
    up = start();
    await said(/page at/);
    expect(await count()).toBe(before);
  });
});
