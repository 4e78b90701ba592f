// SHOW TAG x VALUES FROM t: enumerations from their list, names of entities from their table, the rest from the rows.
import { ENUMS, enum_name, OPEN_ENUMS } from '@sonde/records';
import { type FoundTable, physical_source, Table, virtual_condition } from '../catalog.ts';
import { type Cell, decode_rows } from '../engine.ts';
import { invalid } from '../error.ts';
import { Params } from '../params.ts';
import type { Expr, Show } from '../sql/ast.ts';
import type { Tag } from '../tags/tag.ts';
import { Expressions, ROWS } from '../translate/place.ts';
import { ONE_LAYER, Plan } from '../translate/plan.ts';
import { choose_interval, time_range } from '../translate/range.ts';
import type { ShowContext } from './show.ts';
import { filtered, type ShownTable } from './table.ts';

const COLUMNS = ['value', 'display_name'];
/** Names that mean the tag itself in WHERE. */
const SELF: ReadonlySet<string> = new Set(['value', 'display_name', 'id']);
export const VALUES_DEFAULT = 10_000;
/** Values that no list knows are looked for among the rows of the last hours, unless WHERE says when. */
const LOOK_BACK_S = 6 * 3600;

export async function tag_values(
  statement: Show,
  asked: { readonly name: string; readonly at: number },
  found: FoundTable,
  context: ShowContext,
): Promise<ShownTable> {
  const { table } = found;
  const tag = table.tag(asked.name);
  if (!tag) throw table.unknown(asked.name, 'tag', asked.at);
  if (tag.kind === 'array') throw invalid(`\`${tag.name}\` holds several values`, asked.at);
  const limited = { ...statement, limit: statement.limit ?? { count: VALUES_DEFAULT, offset: 0 } };
  const listed = tag.enumeration !== undefined && !OPEN_ENUMS.has(tag.enumeration);
  const values = listed ? ENUMS[tag.enumeration!] : undefined;
  if (values && only_shown_columns(statement.where))
    return filtered({ columns: COLUMNS, values: values.map((v) => [v.value, v.name]) }, limited, context);
  const entities = of_entities(statement, tag);
  return entities ? from_entities(statement, entities, context) : from_rows(statement, tag, found, context);
}

/** What entities are and belong to, asked of the entities instead of the rows; every name of the condition is known there. */
interface OfEntities {
  readonly name: Tag;
  /** Its number; the name itself where it has none. */
  readonly id: Tag;
  readonly where: Expr | undefined;
}
const ENTITIES = new Table({
  database: 'flow_tag',
  table: 'entity_map',
  intervals_s: [],
  columns: [{ kind: 'tag', name: 'entity_id', type: 'UInt32', hidden: true, meaning: 'Entity' }],
  derived: [],
  order_by: [],
  partition_hours: {},
  ttl_hours: {},
});
const without_end = (name: string): string => name.replace(/_[01]$/, '');

function of_entities(statement: Show, tag: Tag): OfEntities | undefined {
  if (tag.translated !== true && tag.ends?.[0].translated !== true) return undefined;
  const name = ENTITIES.tag(without_end(tag.name));
  if (name?.kind !== 'text') return undefined;
  const id = name.listed_by === undefined ? name : ENTITIES.tag(name.listed_by);
  if (!id) return undefined;
  const where = statement.where && renamed(statement.where);
  return where === false ? undefined : { name, id, where };
}

/** The condition with the names that entities have; false where one of them is none of theirs. */
function renamed(expr: Expr): Expr | false {
  switch (expr.kind) {
    case 'name': {
      if (SELF.has(expr.name) || ENTITIES.tag(expr.name)) return expr;
      const name = without_end(expr.name);
      return ENTITIES.tag(name) ? { ...expr, name, parts: [name] } : false;
    }
    case 'logic':
    case 'compare': {
      const [left, right] = [renamed(expr.left), renamed(expr.right)];
      return left && right ? { ...expr, left, right } : false;
    }
    case 'not': {
      const arg = renamed(expr.arg);
      return arg && { ...expr, arg };
    }
    case 'in': {
      const left = renamed(expr.left);
      return left && { ...expr, left };
    }
    case 'call': {
      const args = expr.args.map(renamed);
      return args.includes(false) ? false : { ...expr, args: args as Expr[] };
    }
    default:
      return expr;
  }
}

async function from_entities(statement: Show, asked: OfEntities, context: ShowContext): Promise<ShownTable> {
  const params = new Params();
  const named = ({ name }: Tag): Expr => ({ kind: 'name', name, parts: [name], at: -1 });
  const aliases = new Map([...SELF].map((word) => [word, named(word === 'display_name' ? asked.name : asked.id)]));
  const expressions = over_rows(ENTITIES, 0, aliases, params);
  const where = asked.where ? `WHERE ${expressions.condition(asked.where, ROWS)}` : '';
  const value = (tag: Tag) => tag.value(tag.columns, params.bind);
  const { count, offset } = statement.limit ?? { count: VALUES_DEFAULT, offset: 0 };
  const sql = `SELECT ${value(asked.id)} AS value, ${value(asked.name)} AS display_name
    FROM (SELECT id AS entity_id FROM flow_tag.entity_map) ${where}
    GROUP BY value, display_name HAVING display_name != '' ORDER BY display_name, value LIMIT ${count} OFFSET ${offset}`;
  const answer = await context.engine.query(sql, params.values, context.signal && { signal: context.signal });
  return { columns: COLUMNS, values: decode_rows(answer.text()).values };
}

const over_rows = (table: Table, interval_s: number, aliases: ReadonlyMap<string, Expr>, params: Params): Expressions =>
  new Expressions({
    table,
    plan: new Plan(ONE_LAYER, params.bind),
    interval_s,
    grouped: false,
    aliases,
    bucket: undefined,
    seconds: () => '1',
    series: () => [],
  });

/** Whether a condition is about `value` and `display_name` alone. */
function only_shown_columns(where: Expr | undefined): boolean {
  if (!where) return true;
  if (where.kind === 'logic') return only_shown_columns(where.left) && only_shown_columns(where.right);
  if (where.kind === 'not') return only_shown_columns(where.arg);
  const left = where.kind === 'compare' || where.kind === 'in' ? where.left : undefined;
  return left?.kind === 'name' && COLUMNS.includes(left.name);
}

/** The most frequent values first. `value` and `display_name` in WHERE mean the tag itself. */
async function from_rows(statement: Show, tag: Tag, found: FoundTable, context: ShowContext): Promise<ShownTable> {
  const { table, precision } = found;
  const { definition } = table;
  const range = time_range(statement.where);
  const now = Math.floor(Date.now() / 1000);
  const recent = { from: range.from ?? now - LOOK_BACK_S, to: range.to };
  const at = statement.from!.at;
  const interval_s = choose_interval(definition, {
    suffix: precision,
    parameter: undefined,
    bucket_s: undefined,
    range: recent,
    now,
    at,
    keeps: context.keeps,
  });
  const params = new Params();
  const self: Expr = { kind: 'name', name: tag.name, parts: [tag.name], at };
  const expressions = over_rows(table, interval_s, new Map([...SELF].map((word) => [word, self])), params);
  const where = [`time >= toDateTime(${params.bind(Math.max(0, recent.from), 'UInt32')})`];
  const virtual = virtual_condition(table, params.bind);
  if (virtual !== undefined) where.push(virtual);
  if (statement.where) where.push(expressions.condition(statement.where, ROWS));
  const source = physical_source(table, interval_s);
  const { count, offset } = statement.limit ?? { count: VALUES_DEFAULT, offset: 0 };
  const selects = (tag.ends ?? [tag]).map((end) => {
    const value = end.value(end.columns, params.bind);
    return `SELECT ${value} AS value, count() AS n FROM ${source} WHERE ${where.join(' AND ')} GROUP BY value`;
  });
  const sql = `SELECT value FROM (${selects.join(' UNION ALL ')}) GROUP BY value ORDER BY sum(n) DESC, value LIMIT ${count} OFFSET ${offset}`;
  const answer = await context.engine.query(sql, params.values, context.signal && { signal: context.signal });
  const { values } = decode_rows(answer.text());
  const named = (value: Cell): Cell =>
    tag.enumeration === undefined ? String(value ?? '') : enum_name(tag.enumeration, value as string | number);
  return { columns: COLUMNS, values: values.map(([value]) => [value!, named(value!)]) };
}
