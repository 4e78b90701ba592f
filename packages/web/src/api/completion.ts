// Names and values for the filter bar. Names of a table are asked for once and kept.
import {
  FAMILIES,
  members_of,
  type Option,
  type TagInfo,
  tags_of,
  value_options,
  values_statement,
} from '../model/completion.ts';
import type { Span } from '../model/sql.ts';
import { query_rows, run_query } from './query.ts';

const kept = new Map<string, Promise<readonly TagInfo[]>>();

export function load_tags(db: string, table: string): Promise<readonly TagInfo[]> {
  const key = `${db}.${table}`;
  const known = kept.get(key);
  if (known) return known;
  const asked = query_rows({ db, sql: `SHOW TAGS FROM ${table}` }).then(tags_of);
  kept.set(key, asked);
  // A failure is not remembered.
  asked.catch(() => kept.delete(key));
  return asked;
}

/** Members of the families of names (labels, attributes ...) that the typed text may mean. */
export async function load_members(
  db: string,
  table: string,
  tags: readonly TagInfo[],
  family: string,
  span: Span,
  signal: AbortSignal,
): Promise<readonly TagInfo[]> {
  const asked = tags.filter((tag) => tag.name === family || tag.of_ends === family);
  const found = await Promise.all(
    asked.map(async (tag) =>
      members_of(tag, (await run_query(values_statement(db, table, tag, '', span), signal)).values),
    ),
  );
  return found.flat();
}
export const family_of = (typed: string): string | undefined =>
  typed.length < 3 ? undefined : FAMILIES.find((family) => typed.startsWith(family) || family.startsWith(typed));

export async function load_values(
  db: string,
  table: string,
  tag: TagInfo,
  typed: string,
  span: Span,
  signal: AbortSignal,
): Promise<readonly Option[]> {
  return value_options(tag, (await run_query(values_statement(db, table, tag, typed, span), signal)).values);
}
