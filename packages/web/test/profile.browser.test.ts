/// <reference lib="dom" />
// The profile view in a real browser, over samples that are counted again here.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DEFAULT_SETTINGS } from '@sonde/records';
import type { BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { open_chromium } from './chromium.ts';
import { build_page, type Fixture, healthy_status, start_fixture } from './fixture-server.ts';
import { answer_statement, answer_tracing, many_samples, type Sample, shop_samples } from './samples.ts';

const dir = mkdtempSync(join(tmpdir(), 'sonde-profile-'));
const to = Math.floor(Date.now() / 60_000) * 60 - 60;
const from = to - 300;
const shop = shop_samples(to, 300);

let samples: readonly Sample[] = shop;
let fixture: Fixture;
let context: BrowserContext;
let page: Page;
let errors: string[] = [];

beforeAll(async () => {
  const root = join(dir, 'web');
  await build_page(root);
  fixture = await start_fixture(root, {
    facts: [],
    status: healthy_status(Date.now()),
    settings: DEFAULT_SETTINGS,
    refusal: undefined,
    query: async ({ sql }) => answer_statement(sql, samples),
    tracing: (asked) => answer_tracing(asked, samples),
  });
  ({ context, page, errors } = await open_chromium(join(dir, 'profile')));
});
afterAll(async () => {
  await context?.close();
  await fixture?.close();
  rmSync(dir, { recursive: true, force: true });
});
beforeEach(() => {
  samples = shop;
  errors.length = 0;
});

const open = (query: string) => page.goto(`${fixture.url}/?view=profile&from=${from}&to=${to}&refresh=0&${query}`);
const data = (test_id: string): Promise<Record<string, string>> =>
  page
    .locator(`[data-testid="${test_id}"]`)
    .evaluate((e) => ({ ...(e as HTMLElement).dataset }) as Record<string, string>);
const rows = (test_id: string): Promise<Record<string, string>[]> =>
  page
    .locator(`[data-testid="${test_id}"] .tbody .tr`)
    .evaluateAll((all) => all.map((e) => ({ ...(e as HTMLElement).dataset }) as Record<string, string>));
const shown = async (test_id: string): Promise<Record<string, string>> => {
  await page.locator(`[data-testid="${test_id}"]`).waitFor();
  return data(test_id);
};
/** Until the last zoom has come to rest: the view spans what it is to span. */
const at_rest = (box: string, span: number): Promise<void> =>
  expect
    .poll(async () => {
      const { from: left, to: right } = await data(box);
      return Number(right) - Number(left);
    })
    .toBeCloseTo(span, 3);

const cost = (of: (s: Sample) => boolean): number => samples.filter(of).reduce((sum, s) => sum + s.value, 0);
const on_cpu = (s: Sample): boolean => s.event === 'on-cpu';
const calls =
  (...names: readonly string[]) =>
  (s: Sample): boolean =>
    names.every((name) => s.path.some((fn) => fn.name === name));

it('shows on and off the CPU side by side, with the sums of their samples', async () => {
  await open('');
  expect(Number((await shown('flame-on-cpu')).total)).toBe(cost(on_cpu));
  expect(Number((await shown('flame-off-cpu')).total)).toBe(cost((s) => !on_cpu(s)));
  await page.getByRole('button', { name: 'off-cpu', exact: true }).click();
  await page.locator('[data-testid=flame-on-cpu]').waitFor({ state: 'detached' });
  expect(page.url()).toContain('event=off-cpu');
  expect(errors).toEqual([]);
});

it('is of a service or process, chosen from those that cost most', async () => {
  await open('event=on-cpu');
  await page.locator('[data-testid=profile-service] input').focus();
  await page.locator('[data-testid=profile-service-offers] .offer', { hasText: 'gateway' }).click();
  await expect
    .poll(async () => Number((await shown('flame-on-cpu')).total))
    .toBe(cost((s) => on_cpu(s) && s.service === 'gateway'));
  await open('event=on-cpu&service=orders&pid=4243');
  expect(Number((await shown('flame-on-cpu')).total)).toBe(cost((s) => on_cpu(s) && s.pid === 4243));
});

it('walks, zooms and resets by keyboard and pointer, and keeps the zoom in the URL', async () => {
  await open('event=on-cpu&show=icicle');
  await shown('flame-on-cpu');
  const total = cost(on_cpu);
  await page.locator('[data-testid=flame-on-cpu-box]').focus();
  for (let i = 0; i < 7; i++) await page.keyboard.press('ArrowDown');
  const price = await data('flame-on-cpu-frame');
  expect(price).toMatchObject({
    name: 'price',
    kind: 'A',
    module: 'orders',
    self: '0',
    total: String(cost((s) => on_cpu(s) && calls('price')(s))),
  });
  await page.keyboard.press('ArrowRight');
  expect(await data('flame-on-cpu-frame')).toMatchObject({ name: 'parse_json' });
  await page.keyboard.press('Enter');
  const parsing = cost((s) => on_cpu(s) && calls('parse_json')(s));
  await at_rest('flame-on-cpu-box', parsing);
  await page.reload();
  await shown('flame-on-cpu');
  await at_rest('flame-on-cpu-box', parsing);
  expect(await page.locator('[data-testid=crumbs]').textContent()).toContain('parse_json');
  await page.locator('[data-testid=flame-on-cpu-reset]').click();
  await at_rest('flame-on-cpu-box', total);

  // The second level, in its middle.
  const box = (await page.locator('[data-testid=flame-on-cpu-box]').boundingBox())!;
  await page.mouse.move(box.x + box.width / 2, box.y + 30);
  expect(await data('frame-tip')).toMatchObject({
    name: '_start',
    total: String(cost((s) => on_cpu(s) && calls('_start')(s))),
  });
  await page.mouse.down();
  await page.mouse.up();
  await at_rest(
    'flame-on-cpu-box',
    cost((s) => on_cpu(s) && calls('_start')(s)),
  );
  await page.keyboard.down('Control');
  await page.mouse.wheel(0, -100);
  await page.keyboard.up('Control');
  await expect.poll(async () => Number((await data('flame-on-cpu-box')).to)).toBeLessThan(total * 0.9);
  await page.locator('[data-testid=flame-on-cpu-box]').focus();
  await page.keyboard.press('Escape');
  await at_rest('flame-on-cpu-box', total);
  expect(errors).toEqual([]);
});

it('folds the kernel and libraries by one click', async () => {
  await open('event=on-cpu&show=table');
  await page.locator('[data-testid=functions-on-cpu] .tbody .tr').first().waitFor();
  await page.getByText('Fold kernel').click();
  await page.getByText('Fold libraries').click();
  await expect.poll(async () => (await rows('functions-on-cpu')).filter((r) => r.kind === 'K')).toHaveLength(1);
  const folded = await rows('functions-on-cpu');
  const in_kernel = (s: Sample): boolean => on_cpu(s) && s.path.some((fn) => fn.kind === 'K');
  expect(folded.find((r) => r.kind === 'K')).toMatchObject({
    name: 'kernel',
    total: String(cost(in_kernel)),
    self: String(cost(in_kernel)),
  });
  expect(
    folded
      .filter((r) => r.kind === 'L')
      .map((r) => r.name)
      .sort(),
  ).toEqual(['libc.so.6', 'libz.so.1']);
  expect(page.url()).toContain('fold=kernel%2Clibrary');
});

it('searches by regular expression, in graph and table', async () => {
  await open('event=on-cpu');
  await shown('flame-on-cpu');
  await page.keyboard.press('/');
  await page.keyboard.type('^parse_|libz');
  const found = (s: Sample): boolean => on_cpu(s) && s.path.some((fn) => /^parse_|libz/.test(fn.name + fn.module));
  await expect.poll(async () => (await data('flame-on-cpu')).found).toBe('6');
  const share = ((cost(found) / cost(on_cpu)) * 100).toFixed(1);
  expect(await page.locator('[data-testid=pane-found]').textContent()).toBe(`${share}% matches`);
  await page.getByRole('button', { name: 'Table', exact: true }).click();
  await expect.poll(async () => (await data('functions-on-cpu')).rows).toBe('5');
  await open('event=on-cpu&q=a(');
  await page.locator('[data-testid=search-problem]').waitFor();
});

it('lists functions, recursion counted once, and shows callers and callees of one', async () => {
  await open('event=on-cpu&show=table');
  await page.locator('[data-testid=functions-on-cpu] .tbody .tr').first().waitFor();
  const lines = await rows('functions-on-cpu');
  const selves = lines.map((l) => Number(l.self));
  expect(selves).toEqual([...selves].sort((a, b) => b - a));
  expect(selves.reduce((a, b) => a + b, 0)).toBe(cost(on_cpu));
  for (const { name, module, total } of lines) {
    const is = (s: Sample): boolean => s.path.some((fn) => fn.name === name && fn.module === module);
    expect([name, Number(total)]).toEqual([name, cost((s) => on_cpu(s) && is(s))]);
  }
  await page.locator('[data-testid=functions-on-cpu] .tr[data-name=handle_request]').click();
  const of = cost((s) => on_cpu(s) && calls('handle_request')(s));
  expect(await shown('sandwich-on-cpu')).toMatchObject({ fn: 'handle_request', total: String(of) });
  expect(Number((await data('sandwich-on-cpu-callers')).total)).toBe(of);
  expect(Number((await data('sandwich-on-cpu-callees')).total)).toBe(of);
  await page.locator('[data-testid=sandwich-on-cpu-callers-box]').focus();
  await page.keyboard.press('ArrowUp');
  await page.keyboard.press('ArrowUp');
  expect(await data('sandwich-on-cpu-callers-frame')).toMatchObject({
    name: 'serve',
    total: String(cost((s) => on_cpu(s) && calls('serve', 'handle_request')(s))),
  });
  await page.keyboard.press('s');
  await expect.poll(async () => (await data('sandwich-on-cpu')).fn).toBe('serve');
  expect(page.url()).toContain('fn=A%7Eorders%7Eserve');
});

it('compares a part of the time, dragged over, with the time before it and with another service', async () => {
  await open('event=on-cpu&show=icicle');
  await shown('flame-on-cpu');
  const line = (await page.locator('[data-testid=scrubber] .scrub-box').boundingBox())!;
  const drag = async (a: number, b: number): Promise<void> => {
    await page.mouse.move(line.x + line.width * a, line.y + 10);
    await page.mouse.down();
    await page.mouse.move(line.x + (line.width * (a + b)) / 2, line.y + 10);
    await page.mouse.move(line.x + line.width * b, line.y + 10);
    await page.mouse.up();
  };
  const step = 5;
  await drag(0.5 + 0.2 / 60, 1 - 0.2 / 60);
  const part = { from: to - 150, to };
  await expect.poll(() => page.url()).toContain(`part=${part.from}-${part.to}`);
  const within = (a: number, b: number) => (s: Sample) => on_cpu(s) && s.time >= a && s.time < b;
  await expect.poll(async () => Number((await data('flame-on-cpu')).total)).toBe(cost(within(part.from, part.to)));
  await page.locator('[data-testid=compare]').click();
  await page.locator('[data-testid=compare-before]').click();
  await expect.poll(async () => Number((await data('flame-on-cpu')).before)).toBe(cost(within(from, to - 150)));
  await page.locator('[data-testid=flame-on-cpu-box]').focus();
  for (let i = 0; i < 7; i++) await page.keyboard.press('ArrowDown');
  const price = (a: number, b: number): number => cost((s) => within(a, b)(s) && calls('price')(s));
  expect(await data('flame-on-cpu-frame')).toMatchObject({
    name: 'price',
    total: String(price(part.from, part.to)),
    before: String(price(from, to - 150)),
  });
  await page.keyboard.down('Shift');
  await drag(0.2 / 60, 0.25 - 0.2 / 60);
  await page.keyboard.up('Shift');
  await expect.poll(async () => Number((await data('flame-on-cpu')).before)).toBe(cost(within(from, from + 75)));
  expect((from + 75) % step).toBe(0);
  await open(`event=on-cpu&show=table&service=orders&vs_service=gateway`);
  await page.locator('[data-testid=functions-on-cpu] .tbody .tr').first().waitFor();
  for (const { name, self, beforeSelf } of await rows('functions-on-cpu')) {
    const own = (service: string) => cost((s) => on_cpu(s) && s.service === service && s.path.at(-1)?.name === name);
    expect([name, Number(self), Number(beforeSelf)]).toEqual([name, own('orders'), own('gateway')]);
  }
  expect(errors).toEqual([]);
});

it('saves what is shown as files of other tools', async () => {
  await open('event=on-cpu&service=orders');
  await shown('flame-on-cpu');
  const save = async (kind: string): Promise<string> => {
    await page.locator('[data-testid=download]').click();
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.locator(`[data-testid=download-${kind}]`).click(),
    ]);
    const file = join(dir, download.suggestedFilename());
    await download.saveAs(file);
    return readFileSync(file, 'utf8');
  };
  const of = cost((s) => on_cpu(s) && s.service === 'orders');
  const lines = (await save('collapsed')).trimEnd().split('\n');
  expect(lines.reduce((sum, line) => sum + Number(/ (\d+)$/.exec(line)![1]), 0)).toBe(of);
  expect(lines.some((line) => line.startsWith('_start;[l] __libc_start_main;main;serve;handle_request;price;'))).toBe(
    true,
  );
  expect((await save('pprof')).includes('handle_request')).toBe(true);
  const { profiles } = JSON.parse(await save('speedscope')) as { profiles: { endValue: number; unit: string }[] };
  expect(profiles).toMatchObject([{ endValue: of, unit: 'microseconds' }]);
});

it('draws 100,000 frames by the pixel: no more rectangles than fit, and one drawing a move', async () => {
  samples = many_samples(to - 10, 4000);
  await open('show=icicle');
  expect(Number((await shown('flame-on-cpu')).frames)).toBeGreaterThan(100_000);
  const box = page.locator('[data-testid=flame-on-cpu-box]');
  const { width } = (await box.boundingBox())!;
  const bounded = async (): Promise<number> => {
    const { rectangles, steps, levels, drawings } = await data('flame-on-cpu-box');
    const bound = Number(levels) * (width * 2 + 2);
    expect(Number(steps)).toBeLessThanOrEqual(bound);
    expect(Number(rectangles)).toBeLessThanOrEqual(Number(steps));
    return Number(drawings);
  };
  await expect.poll(async () => Number((await data('flame-on-cpu-box')).rectangles)).toBeGreaterThan(1000);
  const before = await bounded();
  await box.hover();
  await page.keyboard.down('Control');
  for (let i = 0; i < 5; i++) await page.mouse.wheel(0, -60);
  await page.keyboard.up('Control');
  await expect.poll(bounded).toBeGreaterThan(before);
  // Wheel events that come within one frame are drawn once, a pointer that only moves may outline a frame.
  expect(await bounded()).toBeLessThanOrEqual(before + 12);
  expect(errors).toEqual([]);
});

it('says that profiles are off and turns them on', async () => {
  samples = [];
  await open('');
  const cause = () => page.locator('[data-testid=empty]').getAttribute('data-cause');
  await page.locator('[data-testid=empty]').waitFor();
  expect(await cause()).toBe('profiles_off');
  await page.locator('[data-testid=profiles-on]').click();
  await expect.poll(cause).toBe('no_samples');
  const settings = await page.evaluate(async () => (await fetch('/api/v1/settings')).json());
  expect(settings).toMatchObject({ settings: { ...DEFAULT_SETTINGS, profile_hz: 99 } });
  await open('service=nobody');
  await expect.poll(cause).toBe('filtered');
  samples = shop;
  await open(`event=on-cpu&part=${to - 20}-${to - 10}&service=orders`);
  await shown('flame-on-cpu');
});
