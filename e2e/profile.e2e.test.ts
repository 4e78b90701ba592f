// A program's known work as rows of profile.in_process, asked for as DeepFlow's users do.
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { run, until } from './lib/process.ts';
import { ROOT, Stack } from './lib/stack.ts';

const stack = new Stack();
const program = join(stack.folder, 'known-work');

beforeAll(async () => {
  execFileSync('gcc', ['-O2', '-o', program, join(ROOT, 'packages/agent/bpf/test/work.c')]);
  await stack.start();
});
afterAll(async () => {
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
