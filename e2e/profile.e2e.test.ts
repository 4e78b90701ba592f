// A program's known work as rows of profile.in_process, asked for as DeepFlow's users do, and on the page.
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import type { BrowserContext } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { open_chromium } from '../packages/web/test/chromium.ts';
import { run, until } from './lib/process.ts';
import { ROOT, Stack } from './lib/stack.ts';

const stack = new Stack();
const program = join(stack.folder, 'known-work');

beforeAll(async () => {
  execFileSync('gcc', ['-O2', '-o', program, join(ROOT, 'packages/agent/bpf/test/work.c')]);
  await stack.start();
});
let context: BrowserContext | undefined;
afterAll(async () => {
  await context?.close();
  await stack.stop();
  stack.remove();
});

const rows = (condition: string) =>
  stack.rows(
    `SELECT profile_location_str, Sum(profile_value) AS cost FROM in_process WHERE ${condition} GROUP BY profile_location_str`,
    'profile',
  );

it('nothing is sampled until a setting asks; then the split of the work and whole stacks are stored', async () => {
  await run(program, ['1']);
  await stack.settings({ profile_hz: 499 });
  await until('the agent samples', async () => {
    await run(program, ['0.2']);
    return (await rows(`app_service = 'known-work'`)).length > 0 || undefined;
  });
  await run(program, ['3']);
  const cost = (found: Awaited<ReturnType<typeof rows>>, name: string): number =>
    found
      .filter((row) => String(row.profile_location_str).includes(`;${name};`))
      .reduce((sum, row) => sum + Number(row.cost), 0);
  const found = await until('three seconds of work are stored', async () => {
    const some = await rows(`app_service = 'known-work' AND profile_event_type = 'on-cpu'`);
    return cost(some, 'main') > 2_900_000 ? some : undefined;
  });
  const [hot, warm] = [cost(found, 'hot'), cost(found, 'warm')];
  expect(Math.abs(hot / (hot + warm) - 0.7)).toBeLessThan(0.05);
  const whole = found.filter((row) => /^_start;\[l\] __libc_start_main/.test(String(row.profile_location_str)));
  expect(cost(whole, 'main') / cost(found, 'main')).toBeGreaterThan(0.95);

  const flame = await stack.post('/v1/profile/ProfileTracing', {
    app_service: 'known-work',
    profile_language_type: 'eBPF',
    profile_event_type: 'on-cpu',
    time_start: Math.floor(Date.now() / 1000) - 600,
    time_end: Math.floor(Date.now() / 1000) + 60,
  });
  const { functions, node_values } = (flame as { result: { functions: string[]; node_values: { values: number[][] } } })
    .result;
  const of = (name: string): number =>
    node_values.values.filter(([id]) => functions[id!] === name).reduce((sum, node) => sum + node[3]!, 0);
  expect(of('hot')).toBe(hot);

  const own = await rows(`process_id IN (${stack.agent!.pid}, ${stack.server!.pid})`);
  expect(own).toEqual([]);
});

it('the page shows the split of the work; its totals are those of SQL', async () => {
  const opened = await open_chromium(join(stack.folder, 'profile'));
  const { page, errors } = opened;
  context = opened.context;
  const now = Math.floor(Date.now() / 1000);
  const [from, to] = [now - 300, now + 60];
  const where = `time >= ${from} AND time < ${to} AND profile_event_type = 'on-cpu' AND app_service = 'known-work'`;
  const sql = async (more: string): Promise<number> =>
    stack.number(`SELECT Sum(profile_value) AS cost FROM in_process WHERE ${where}${more}`, 'profile');
  const open = (query: string) =>
    page.goto(`${stack.url}/?view=profile&from=${from}&to=${to}&refresh=0&event=on-cpu&${query}`);
  const data = async (test_id: string): Promise<Record<string, string>> => {
    const element = page.locator(`[data-testid="${test_id}"]`);
    await element.waitFor();
    return element.evaluate((e) => ({ ...(e as unknown as { dataset: Record<string, string> }).dataset }));
  };
  const shot = (name: string) => page.screenshot({ path: join(ROOT, 'e2e/shots', `profile-${name}.png`) });
  const drawn = () => expect.poll(async () => Number((await data('flame-on-cpu-box')).rectangles)).toBeGreaterThan(5);

  // No more samples; those that are on their way arrive.
  await stack.settings({ profile_hz: 0 });
  const total = await until('the page and SQL, asked before and after it, agree', async () => {
    const before = await sql('');
    await open('service=known-work');
    const shown = Number((await data('flame-on-cpu')).total);
    return shown === before && (await sql('')) === before ? before : undefined;
  });
  expect(total).toBeGreaterThan(2_900_000);
  await drawn();
  await shot('flame');

  await open('service=known-work&show=table');
  await page.locator('[data-testid=functions-on-cpu] .tbody .tr').first().waitFor();
  const of = async (name: string): Promise<Record<string, string>> =>
    page
      .locator(`[data-testid=functions-on-cpu] .tr[data-name="${name}"]`)
      .evaluate((e) => ({ ...(e as unknown as { dataset: Record<string, string> }).dataset }));
  const totals: Record<string, number> = {};
  for (const name of ['main', 'outer', 'hot', 'warm', 'grind']) {
    const line = await of(name);
    totals[name] = Number(line.total);
    expect([name, totals[name]]).toEqual([name, await sql(` AND profile_location_str regexp '(^|;)${name}(;|$)'`)]);
    expect(line).toMatchObject({ kind: 'A', module: 'known-work' });
  }
  expect(Math.abs(totals.hot! / (totals.hot! + totals.warm!) - 0.7)).toBeLessThan(0.05);

  await page.locator('[data-testid=functions-on-cpu] .tr[data-name=grind]').click();
  expect(await data('sandwich-on-cpu')).toMatchObject({ fn: 'grind', total: String(totals.grind) });
  for (const half of ['callers', 'callees'])
    expect(Number((await data(`sandwich-on-cpu-${half}`)).total)).toBe(totals.grind);
  await shot('sandwich');

  // All of the host, dark.
  await page.emulateMedia({ colorScheme: 'dark' });
  await open('show=icicle&fold=kernel&q=hot|warm');
  const everything = await stack.number(
    `SELECT Sum(profile_value) AS cost FROM in_process WHERE time >= ${from} AND time < ${to} AND profile_event_type = 'on-cpu'`,
    'profile',
  );
  expect(everything).toBeGreaterThanOrEqual(total);
  expect(Number((await data('flame-on-cpu')).total)).toBe(everything);
  await drawn();
  await shot('dark');
  expect(errors).toEqual([]);
});
