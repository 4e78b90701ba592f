// The built page in a real browser against a server whose every call is known: the DOM's numbers are counted again here.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DEFAULT_SETTINGS } from '@sonde/records';
import type { BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { build_web } from '../build.mjs';
import { open_chromium } from './chromium.ts';
import { type Fact, shop } from './facts.ts';
import { type Fixture, healthy_status, start_fixture } from './fixture-server.ts';
import { percentile } from './small-query.ts';

const dir = mkdtempSync(join(tmpdir(), 'sonde-page-'));
/** The shop's last half hour ends here; the page is asked for its last fifteen minutes. */
// On a whole minute: longer ranges are read from minutes.
const now = Math.floor(Date.now() / 60_000) * 60 - 60;
const RANGE = `from=${now - 900}&to=${now}&refresh=0`;
const facts = shop(now, 1800);

let fixture: Fixture;
let context: BrowserContext;
let page: Page;
let errors: string[] = [];

beforeAll(async () => {
  const root = join(dir, 'web');
  await build_web(root);
  const world = { facts, status: healthy_status(Date.now()), settings: DEFAULT_SETTINGS, refusal: undefined };
  fixture = await start_fixture(root, world);
  ({ context, page, errors } = await open_chromium(join(dir, 'profile')));
});
afterAll(async () => {
  await context?.close();
  await fixture?.close();
  rmSync(dir, { recursive: true, force: true });
});
beforeEach(() => {
  fixture.set({ facts, status: healthy_status(Date.now()), refusal: undefined });
  errors.length = 0;
});

const open = async (query: string): Promise<void> => {
  await page.goto(`${fixture.url}/?${RANGE}&${query}`);
};
const data = (selector: string): Promise<Record<string, string>[]> =>
  page
    .locator(selector)
    .evaluateAll((all) => all.map((e) => ({ ...(e as HTMLElement).dataset }) as Record<string, string>));

const recent = facts.filter((f) => f.time >= now - 900 && f.time < now);
const between = (client: string, server: string, point: string): Fact[] =>
  recent.filter((f) => f.client[0] === client && f.server[0] === server && f.point === point);

it('draws every edge once, with counts of the server and times of the client', async () => {
  await open('view=map');
  await page.locator('[data-testid=edge]').first().waitFor();
  const edges = await data('[data-testid=edge]');
  expect(edges).toHaveLength(10);
  const orders = edges.find((e) => e.client === 'gateway' && e.server === 'orders');
  const [served, made] = [between('gateway', 'orders', 's-p'), between('gateway', 'orders', 'c-p')];
  const answered = served.filter((f) => f.response > 0).length;
  const failed = served.filter((f) => f.status === 3 || f.status === 4).length;
  expect(Number(orders?.requests)).toBe(served.length);
  expect(Number(orders?.rps)).toBeCloseTo(served.length / 900, 9);
  expect(Number(orders?.errorRatio)).toBeCloseTo(failed / answered, 9);
  for (const p of [50, 95, 99]) {
    const times = made.filter((f) => f.response > 0).map((f) => f.rrt);
    expect(Number(orders?.[`p${p}`])).toBe(percentile(times, p));
  }
  expect(orders).toMatchObject({ countedAt: 's-p', timedAt: 'c-p' });
  expect(edges.filter((e) => e.protocol === 'encrypted' || e.protocol === 'unknown')).toHaveLength(2);
  const [total] = await data('[data-testid=map]');
  expect(total).toMatchObject({ nodes: '11', edges: '10', layout: 'layers', seconds: '900' });
  expect(errors).toEqual([]);
});

it('keeps every node in its place when it refreshes and when a filter hides some', async () => {
  await open('view=map');
  await page.locator('[data-testid=edge]').first().waitFor();
  const places = () =>
    page
      .locator('.react-flow__node')
      .evaluateAll((all) =>
        Object.fromEntries(all.map((e) => [e.getAttribute('data-id'), (e as HTMLElement).style.transform])),
      );
  const before = await places();
  fixture.set({ facts: facts.filter((f) => f.server[0] !== 'payments.example') });
  await page.keyboard.press('r');
  await expect.poll(async () => (await data('[data-testid=map]'))[0]?.edges).toBe('9');
  const after = await places();
  for (const [id, place] of Object.entries(after)) expect(place).toBe(before[id]);
  await page.getByText('Errors only').click();
  await expect.poll(async () => Number((await data('[data-testid=map]'))[0]?.edges)).toBeLessThan(9);
  for (const [id, place] of Object.entries(await places())) expect(place).toBe(before[id]);
});

it('opens an edge, charts it and lists its requests', async () => {
  await open('view=map');
  await page.locator('[data-testid=edge][data-client=gateway][data-server=orders]').click();
  await page.locator('[data-testid=panel] [data-testid=panel-p95]').waitFor();
  expect(await page.locator('[data-testid=golden-charts] canvas').count()).toBe(3);
  expect(page.url()).toContain('client=120%2Fgateway');
  await page.locator('[data-testid=show-requests]').click();
  const table = page.locator('[data-testid=request-table]');
  await table.locator('.tbody .tr').first().waitFor();
  const all = between('gateway', 'orders', 'c-p').length + between('gateway', 'orders', 's-p').length;
  expect(Number(await table.getAttribute('data-rows'))).toBe(Math.min(all, 300));
  // Only rows in sight exist.
  expect(await table.locator('.tbody .tr').count()).toBeLessThan(80);

  await table.getByText('Duration', { exact: true }).click();
  const slowest = Math.max(
    ...[...between('gateway', 'orders', 'c-p'), ...between('gateway', 'orders', 's-p')].map((f) => f.rrt),
  );
  await expect.poll(() => fixture.asked.at(-1)?.sql ?? '').toContain('ORDER BY response_duration DESC');
  await table.locator('.tbody .tr').first().click();
  const detail = page.locator('[data-testid=row-detail]');
  const shown = detail.locator('div', { has: page.locator('dt', { hasText: /^response_duration$/ }) }).last();
  await expect.poll(() => shown.locator('dd').getAttribute('title')).toContain(`stored: ${slowest}`);
  await page.keyboard.press('Escape');
  await detail.waitFor({ state: 'detached' });
  expect(errors).toEqual([]);
});

it('sorts services by what got worse', async () => {
  await open('view=services');
  await page.locator('[data-testid=served-table] .tbody .tr').first().waitFor();
  const lines = await data('[data-testid=served-table] .tbody .tr');
  expect(lines[0]?.service).toBe('orders');
  const scores = lines.map((l) => Number(l.worse));
  expect(scores).toEqual([...scores].sort((a, b) => b - a));
  expect(Number(lines[0]?.requests)).toBe(between('gateway', 'orders', 's-p').length);
  await page.keyboard.press('/');
  await page.keyboard.type('redis');
  await expect.poll(() => page.locator('[data-testid=served-table]').getAttribute('data-rows')).toBe('1');
});

it('says why it is empty', async () => {
  const cause = async (): Promise<string | null> => {
    await page.locator('[data-testid=empty]').waitFor();
    return page.locator('[data-testid=empty]').getAttribute('data-cause');
  };
  const blind = {
    ...(healthy_status(Date.now()) as object),
    agents: [
      {
        id: 1,
        host: 'box',
        state: 'no_ebpf',
        problems: ['not root: nothing can be observed'],
        last_seen_ms: Date.now(),
      },
    ],
  };
  fixture.set({ facts: [], status: { ...(healthy_status(Date.now()) as object), agents: [] } });
  await open('view=map');
  expect(await cause()).toBe('no_agent');
  fixture.set({ status: blind });
  await open('view=map');
  expect(await cause()).toBe('agent_blind');
  expect(await page.locator('[data-testid=empty]').textContent()).toContain('not root: nothing can be observed');
  fixture.set({ status: healthy_status(Date.now()) });
  await open('view=services');
  expect(await cause()).toBe('no_traffic');
  fixture.set({ facts });
  await open('view=map&least=1000000');
  expect(await cause()).toBe('filtered');
});

it('shows names as text, whatever they hold', async () => {
  const name = '<img src=x onerror="document.title=\'owned\'">';
  fixture.set({
    facts: facts.slice(0, 50).map((f) => ({ ...f, time: now - 10, server: [name, 120] as const, resource: name })),
  });
  await open('view=map');
  await page.locator('[data-testid=service-node]').first().waitFor();
  expect((await data('[data-testid=service-node]')).map((n) => n.service)).toContain(name);
  await open('view=requests');
  await page.locator('[data-testid=request-table] .tbody .tr').first().waitFor();
  expect(await page.title()).toBe('Sonde');
  expect(await page.locator('main img').count()).toBe(0);
});

it('tells what the querier refused', async () => {
  fixture.set({ refusal: 'unknown tag `auto_servce` at position 7; nearest is `auto_service`' });
  await open('view=query&sql=SELECT%20auto_servce');
  await page.locator('[data-testid=run]').click();
  expect(await page.locator('[data-testid=query-error]').textContent()).toContain('nearest is `auto_service`');
});

it('changes to dark or light and stays with it', async () => {
  await open('view=map');
  const theme = () => page.evaluate(() => document.documentElement.dataset.theme);
  const first = await theme();
  await page.locator('[data-testid=theme]').click();
  const second = await theme();
  expect(second).not.toBe(first);
  await page.reload();
  expect(await theme()).toBe(second);
});
