/// <reference lib="dom" />
// Filter bar and grouping in a real browser, answered by the querier itself over rows that are counted again here.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DEFAULT_SETTINGS } from '@sonde/records';
import type { BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { run_query } from '../packages/server/src/query/run.ts';
import { BEGIN, BELONGINGS, make_edges, open_world, type World } from '../packages/server/src/query/testing/world.ts';
import { open_chromium } from '../packages/web/test/chromium.ts';
import { build_page, type Fixture, healthy_status, start_fixture } from '../packages/web/test/fixture-server.ts';

const dir = mkdtempSync(join(tmpdir(), 'sonde-filters-'));
const RANGE = `from=${BEGIN}&to=${BEGIN + 600}&refresh=0`;
/** Requests of the log, every one to another path. */
const REQUESTS = 20_000;

let world: World;
let fixture: Fixture;
let context: BrowserContext;
let page: Page;
let errors: string[] = [];

beforeAll(async () => {
  world = await open_world(make_edges(200, 5));
  await world.store.exec(`INSERT INTO flow_log.l7_flow_log (time, end_time, entity_id_0, entity_id_1, observation_point, l7_protocol, type, request_resource,
      endpoint, attribute_names, attribute_values)
    SELECT ${BEGIN} + number % 600, (${BEGIN} + number % 600) * 1000000, 1, 2 + number % 3, 's-p', 20, 2, concat('/item/', toString(number)), '/item/*', ['tenant'], [toString(number % 7)]
    FROM numbers(${REQUESTS})`);
  const root = join(dir, 'web');
  await build_page(root);
  const query = (statement: { db: string; sql: string; data_precision?: string }) => run_query(world.store, statement);
  const status = healthy_status(Date.now());
  fixture = await start_fixture(root, { facts: [], status, settings: DEFAULT_SETTINGS, refusal: undefined, query });
  ({ context, page, errors } = await open_chromium(join(dir, 'profile')));
});
afterAll(async () => {
  await context?.close();
  await fixture?.close();
  await world?.close();
  rmSync(dir, { recursive: true, force: true });
});
beforeEach(() => {
  errors.length = 0;
});

const open = (query: string) => page.goto(`${fixture.url}/?${RANGE}&${query}`);
const field = () => page.locator('[data-testid=filter-input] input');
const offers = () => page.locator('[data-testid=filter-input-offers] .offer');
/** Types a tag, a comparison and a value by the keyboard alone; each is taken when the list offers it. */
async function filter(...steps: readonly string[]): Promise<void> {
  await field().focus();
  for (const step of steps) {
    await page.keyboard.type(step);
    await offers().filter({ hasText: step }).first().waitFor();
    await page.keyboard.press('Enter');
  }
}
/** Calls by what stands for the server: of each edge the server's count, or the client's where the server did not see it. */
function requests_by(group_of: (id: number) => string): Record<string, number> {
  const edges = new Map<string, { server: string; seen: number; made: number; by_server: boolean }>();
  for (const e of world.edges) {
    const server = group_of(e.server);
    const key = JSON.stringify([group_of(e.client), server, e.protocol]);
    const edge = edges.get(key) ?? { server, seen: 0, made: 0, by_server: false };
    if (e.point === 's-p') Object.assign(edge, { seen: edge.seen + e.request, by_server: true });
    else edge.made += e.request;
    edges.set(key, edge);
  }
  const totals: Record<string, number> = {};
  for (const { server, seen, made, by_server } of edges.values())
    totals[server] = (totals[server] ?? 0) + (by_server ? seen : made);
  return totals;
}
const namespace = (id: number): string => BELONGINGS[id]!.pod_ns;

it('completes tag, comparison and value by the keyboard, and filters services and map', async () => {
  await open('view=services');
  await page.locator('[data-testid=served-table] .tbody .tr').first().waitFor();
  const before = await page.locator('[data-testid=served-table]').getAttribute('data-rows');
  await filter('pod_ns_1', '=', 'shop');
  await expect.poll(() => page.url()).toContain('f=pod_ns_1%7E%3D%7Eshop');
  await expect.poll(() => page.locator('[data-testid=served-table]').getAttribute('data-rows')).not.toBe(before);
  const services = await page
    .locator('[data-testid=served-table] .tbody .tr')
    .evaluateAll((all) => [...new Set(all.map((e) => (e as HTMLElement).dataset.service))]);
  expect(services).toEqual(['cart']);
  // The same filter holds on the map; the URL carries it.
  await open('view=map&f=pod_ns_1~%3D~data');
  await expect.poll(() => page.locator('[data-testid=map]').getAttribute('data-nodes')).not.toBe(null);
  await page.locator('[data-testid=edge]').first().waitFor();
  const servers = await page
    .locator('[data-testid=edge]')
    .evaluateAll((all) => [...new Set(all.map((e) => (e as HTMLElement).dataset.server))]);
  expect(servers).toEqual(['cart']);
  await page.locator('[data-testid=chip] button').click();
  await expect.poll(() => page.url()).not.toContain('f=');
  expect(errors).toEqual([]);
});

it('groups services and map by any tag of both ends, and opens a group', async () => {
  await open('view=services');
  await page.locator('[data-testid=group-input] input').focus();
  await page.keyboard.type('pod_ns');
  await page
    .locator('[data-testid=group-input-offers] .offer')
    .filter({ hasText: /^pod_ns/ })
    .first()
    .waitFor();
  await page.keyboard.press('Enter');
  await expect.poll(() => page.url()).toContain('group=pod_ns');
  const lines = () =>
    page
      .locator('[data-testid=served-table] .tbody .tr')
      .evaluateAll((all) =>
        all.map((e) => (e as HTMLElement).dataset).map((d) => [d.service, d.protocol, Number(d.requests)]),
      );
  await expect.poll(async () => (await lines()).map(([name]) => name)).toContain('shop');
  const served = (await lines()) as [string, string, number][];
  const totals = new Map<string, number>();
  for (const [name, , n] of served) totals.set(name, (totals.get(name) ?? 0) + n);
  expect(Object.fromEntries(totals)).toEqual(requests_by(namespace));

  await open('view=map&group=region');
  await page.locator('[data-testid=edge]').first().waitFor();
  const edges = await page
    .locator('[data-testid=edge]')
    .evaluateAll((all) => all.map((e) => `${(e as HTMLElement).dataset.client}>${(e as HTMLElement).dataset.server}`));
  expect([...new Set(edges)].sort()).toEqual(['north>north', 'north>south', 'unknown>north', 'unknown>south']);
  await page.locator('[data-testid=edge][data-client=north][data-server=south]').first().click();
  await page.locator('[data-testid=show-requests]').click();
  await page.locator('[data-testid=request-table] .tbody .tr').first().waitFor();
  expect(page.url()).toContain('client=%40region%2Fnorth');
  expect(errors).toEqual([]);
});

it('completes members of families and values of rows in the request list', async () => {
  await open('view=requests');
  await page.locator('[data-testid=request-table] .tbody .tr').first().waitFor();
  await filter('attribute.tenant', '=', '3');
  const rows = page.locator('[data-testid=request-table]');
  const expected = Math.min(300, Array.from({ length: REQUESTS }, (_, i) => i).filter((i) => i % 7 === 3).length);
  await expect.poll(() => rows.getAttribute('data-rows')).toBe(String(expected));
  await filter('k8s.label.app_1', '!=', 'cart');
  await expect.poll(() => page.locator('[data-testid=chip]').count()).toBe(2);
  // A pattern stays as it is typed.
  await field().focus();
  for (const step of ['request_resource', 'like', '/item/100*']) {
    await page.keyboard.type(step);
    await page.keyboard.press('Enter');
  }
  await expect.poll(() => page.locator('[data-testid=chip]').count()).toBe(3);
  const matching = Array.from({ length: REQUESTS }, (_, i) => i).filter(
    (i) => i % 7 === 3 && 2 + (i % 3) === 4 && `${i}`.startsWith('100'),
  );
  await expect.poll(() => rows.getAttribute('data-rows')).toBe(String(matching.length));
  // Backspace in the empty field takes the last filter away; Escape closes the list.
  await page.keyboard.press('Backspace');
  await expect.poll(() => page.locator('[data-testid=chip]').count()).toBe(2);
  await page.keyboard.press('Escape');
  await expect.poll(() => offers().count()).toBe(0);
  // What only requests have does not filter services, and says so.
  await open('view=services&f=request_resource~like~*x*');
  await page.locator('[data-testid=chip].idle').waitFor();
  await page.locator('[data-testid=served-table] .tbody .tr').first().waitFor();
  expect(errors).toEqual([]);
});

it('offers follow typing, and questions that were overtaken are given up', async () => {
  await open('view=requests');
  await page.locator('[data-testid=request-table] .tbody .tr').first().waitFor();
  await field().focus();
  await offers().first().waitFor();
  // From the key to the list that fits it, in the page itself.
  const times: number[] = [];
  for (const key of 'auto_service_1') {
    times.push(
      await page.evaluate(async (letter) => {
        const input = document.querySelector<HTMLInputElement>('[data-testid=filter-input] input')!;
        const text = input.value + letter;
        const began = performance.now();
        const set = Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value')!.set!;
        set.call(input, text);
        input.dispatchEvent(new Event('input', { bubbles: true }));
        while (document.querySelector('[data-testid=filter-input-offers]')?.getAttribute('data-for') !== text)
          await new Promise(requestAnimationFrame);
        return performance.now() - began;
      }, key),
    );
  }
  times.sort((a, b) => a - b);
  const median = times[Math.floor(times.length / 2)]!;
  console.log(`tag completion: median ${median.toFixed(1)} ms, slowest ${times.at(-1)!.toFixed(1)} ms`);
  expect(median).toBeLessThan(50);

  await page.keyboard.press('Escape');
  await open('view=requests');
  await field().focus();
  for (const step of ['request_resource', '=']) {
    await page.keyboard.type(step);
    await offers().filter({ hasText: step }).first().waitFor();
    await page.keyboard.press('Enter');
  }
  await offers().filter({ hasText: '/item/' }).first().waitFor();
  const asked = fixture.asked.length;
  const began = performance.now();
  await page.keyboard.type('/item/19876', { delay: 15 });
  await offers()
    .filter({ hasText: /^\/item\/19876$/ })
    .waitFor();
  console.log(`value completion over ${REQUESTS} values: ${(performance.now() - began).toFixed(0)} ms with typing`);
  const questions = fixture.asked.slice(asked).filter(({ sql }) => sql.startsWith('SHOW TAG request_resource'));
  expect(questions.length).toBeLessThan(6);
  await page.keyboard.press('Enter');
  await expect.poll(() => page.locator('[data-testid=request-table]').getAttribute('data-rows')).toBe('1');
  expect(errors).toEqual([]);
});

it('is readable in both themes', async () => {
  for (const scheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme: scheme });
    await open('view=services&f=pod_ns_1~%3D~shop');
    await field().focus();
    await offers().first().waitFor();
    const contrast = await page.evaluate(() => {
      const light = (color: string): number => {
        const [r = 0, g = 0, b = 0] = (color.match(/[\d.]+/g) ?? []).map(Number).map((v) => {
          const c = v / 255;
          return c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
        });
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
      };
      const list = document.querySelector('[data-testid=filter-input-offers]')!;
      const [a, b] = [getComputedStyle(list).color, getComputedStyle(list).backgroundColor].map(light);
      return (Math.max(a!, b!) + 0.05) / (Math.min(a!, b!) + 0.05);
    });
    expect(contrast, scheme).toBeGreaterThan(7);
  }
  await page.emulateMedia({ colorScheme: null });
  expect(errors).toEqual([]);
});
