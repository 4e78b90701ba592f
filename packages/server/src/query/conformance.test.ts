// DeepFlow's own statements: all of them run, on an empty and on a filled store, and give the columns that they name.
import { existsSync, readFileSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { run_query } from './run.ts';
import { parse } from './sql/parse.ts';
import { fill_every_table, make_edges, open_world, type World } from './testing/world.ts';

const PATH = new URL('../../../../../shared/conformance/deepflow-sql.jsonl', import.meta.url);

interface Case {
  readonly db: string;
  readonly data_precision: string | null;
  readonly sql: string;
  readonly must_fail: boolean;
}

function named_columns(sql: string): readonly string[] | undefined {
  const statement = parse(sql);
  if (statement.kind === 'show') return undefined;
  const { items } = statement.kind === 'with' ? statement.select : statement;
  return items.map((item) => item.name);
}

describe.skipIf(!existsSync(PATH))('statements of the dialect', () => {
  let world: World | undefined;
  afterEach(() => world?.close());
  const cases = (): Case[] =>
    readFileSync(PATH, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Case);

  it.each(['empty', 'filled'])('run on a store that is %s', async (how) => {
    world = await open_world(how === 'empty' ? [] : make_edges(30));

    if (how === 'filled') await fill_every_table(world.store);
    const wrong: string[] = [];
    let rows = 0;
    for (const { db, sql, data_precision, must_fail } of cases()) {
      const outcome = await run_query(world.store, { db, sql, ...(data_precision && { data_precision }) }).then(
        ({ result }) => {
          const { columns, values } = result!;
          rows += values.length;
          const named = named_columns(sql) ?? columns;
          expect(columns.slice(0, named.length), sql).toEqual(named);
          // TopK brings its lists behind what is asked for.
          for (const more of columns.slice(named.length)) expect(more, sql).toMatch(/^(array|counts)_/);
          expect(
            values.every((row) => row.length === columns.length),
            sql,
          ).toBe(true);
          return '';
        },
        (error: Error) => error.message,
      );
      if (must_fail ? outcome === '' : outcome !== '') wrong.push(`${sql}\n  ${outcome}`);
    }
    expect(wrong).toEqual([]);
    expect(cases().length).toBeGreaterThanOrEqual(66);
    if (how === 'filled') expect(rows).toBeGreaterThan(300);
  });
});
