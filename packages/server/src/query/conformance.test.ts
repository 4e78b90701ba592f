// DeepFlow's own statements. What names a table or column that is not there yet may be refused, by name; everything else runs.
import { existsSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { run_query } from './run.ts';
import { make_edges, open_world, type World } from './testing/world.ts';

const PATH = new URL('../../../../../shared/conformance/deepflow-sql.jsonl', import.meta.url);
const NOT_YET =
  /^(?:there is no (?:table|database) `|`[^`]+` is no (?:tag|metric|tag or metric) of |\w+ is kept at |expected `select` or `show`, but there is `WITH`)/;

interface Case {
  readonly db: string;
  readonly data_precision: string | null;
  readonly sql: string;
  readonly must_fail: boolean;
}

let world: World;
beforeAll(async () => {
  world = await open_world(make_edges(30));
});
afterAll(() => world?.close());

it.skipIf(!existsSync(PATH))('statements of the dialect run, or name what is not there yet', async () => {
  const cases = readFileSync(PATH, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Case);
  let ran = 0;
  const wrong: string[] = [];
  for (const { db, sql, data_precision, must_fail } of cases) {
    const outcome = await run_query(world.store, { db, sql, ...(data_precision && { data_precision }) }).then(
      () => '',
      (error: Error) => error.message,
    );
    if (outcome === '') ran++;
    if (must_fail ? outcome === '' : outcome !== '' && !NOT_YET.test(outcome)) wrong.push(`${sql}\n  ${outcome}`);
  }
  console.log(`deepflow-sql: ${ran} of ${cases.length} statements run`);
  expect(wrong).toEqual([]);
  expect(ran).toBeGreaterThanOrEqual(64);
});
