// SELECT -> SQL of the store.
import { find_table, physical_source, type Table, virtual_condition } from '../catalog.ts';
import { invalid } from '../error.ts';
import type { Value } from '../functions/function.ts';
import { has_aggregate } from '../functions/index.ts';
import { type Bucket, bucket_of, find_time_call } from '../functions/time.ts';
import { Params } from '../params.ts';
import type { ValueKind } from '../predicate.ts';
import type { Expr, Limit, OrderItem, Select, SelectItem } from '../sql/ast.ts';
import { print } from '../sql/print.ts';
import { Expressions, type Place, ROWS } from './place.ts';
import { type Needs, ONE_LAYER, Plan } from './plan.ts';
import { choose_interval, type KeepsHours, type TimeRange, time_range } from './range.ts';

export interface SelectOptions {
  /** Database of the request, '' when it names none. */
  readonly database: string;
  readonly data_precision?: string;
  /** Epoch seconds. */
  readonly now: number;
  readonly keeps?: KeepsHours | undefined;
}

export interface ResultColumn {
  readonly name: string;
  readonly unit: string;
  readonly metric: boolean;
  readonly kind: ValueKind;
  readonly value_type: 'String' | 'Int' | 'Float64' | 'Array';
  /** The expression behind an alias, '' without one. */
  readonly pre_as: string;
}
/** What is needed to add the buckets without rows. */
export interface FillPlan {
  readonly time_column: number;
  readonly bucket: Bucket;
  readonly range: TimeRange;
  readonly interval_s: number;
}
export interface TranslatedSelect {
  readonly sql: string;
  readonly params: Params['values'];
  readonly columns: readonly ResultColumn[];
  readonly fill?: FillPlan;
}

export const LIMIT_DEFAULT = 10_000;

/** `params` holds the values of the whole text, where the statement is a part of one. */
export function translate_select(select: Select, options: SelectOptions, params = new Params()): TranslatedSelect {
  const { table, precision } = find_table(select.from, options.database);
  return translate(
    { ...select, items: select.items.flatMap((item) => expand_star(item, table)) },
    table,
    precision,
    options,
    params,
  );
}

/** `*`: every tag and metric that SHOW TAGS and SHOW METRICS list. */
function expand_star(item: SelectItem, table: Table): SelectItem[] {
  if (item.expr.kind !== 'star') return [item];
  const { at } = item.expr;
  return [...table.names()].map((name) => ({ expr: { kind: 'name', name, parts: [name], at }, name }));
}

function translate(
  select: Select,
  table: Table,
  precision: string | undefined,
  options: SelectOptions,
  params: Params,
): TranslatedSelect {
  const aliases = aliases_of(select, table);
  const group_by = select.group_by.map((expr) => (expr.kind === 'name' && aliases.get(expr.name)) || expr);
  const time_call = find_time_call([...group_by, ...select.items.map((i) => i.expr)], (a, b) => print(a) === print(b));
  const range = time_range(select.where);
  const interval_s = choose_interval(table.definition, {
    suffix: precision,
    parameter: options.data_precision,
    bucket_s: time_call && bucket_of(time_call, 1).seconds,
    range,
    now: options.now,
    keeps: options.keeps,
    at: select.from.at,
  });
  const statement: Statement = {
    select: { ...select, group_by },
    table,
    aliases,
    interval_s,
    range,
    bucket: time_call && bucket_of(time_call, interval_s || 1),
  };
  const { sql, columns } = render(statement, params);
  const time_column = select.items.findIndex((item) => time_call && print(item.expr) === print(time_call));
  return {
    sql,
    params: params.values,
    columns,
    ...(statement.bucket &&
      time_column >= 0 && { fill: { time_column, bucket: statement.bucket, range, interval_s: interval_s || 1 } }),
  };
}

/**
 * What names stand for: AS, and expressions as they are written (`Enum(tap_side)` in backquotes names the column of that name).
 * A column of the table goes before the latter.
 */
function aliases_of(select: Select, table: Table): Map<string, Expr> {
  const aliases = new Map<string, Expr>();
  const written = [...select.items.map((i) => i.expr), ...select.group_by, ...select.order_by.map((o) => o.expr)];
  for (const expr of written) {
    if (expr.kind !== 'call' && expr.kind !== 'math') continue;
    const name = print(expr);
    if (!table.tag(name) && !table.metric(name)) aliases.set(name, expr);
  }
  for (const { alias, expr } of select.items) if (alias !== undefined) aliases.set(alias, expr);
  return aliases;
}

interface Statement {
  readonly select: Select;
  readonly table: Table;
  readonly aliases: ReadonlyMap<string, Expr>;
  readonly interval_s: number;
  readonly range: TimeRange;
  readonly bucket: Bucket | undefined;
}
interface Rendered {
  readonly sql: string;
  readonly columns: readonly ResultColumn[];
}

/** The first pass shows which layers are needed; the second, if any, makes them. */
function render(statement: Statement, params: Params): Rendered {
  const first = new Rendering(statement, params, ONE_LAYER);
  const rendered = first.render();
  const needs = first.unmet;
  return needs === undefined ? rendered : new Rendering(statement, params, needs).render();
}

export const VALUE_TYPES = {
  text: 'String',
  ip: 'String',
  integer: 'Int',
  moment: 'Int',
  number: 'Float64',
  array: 'Array',
} as const;

class Rendering {
  readonly #statement: Statement;
  readonly #params: Params;
  readonly #plan: Plan;
  readonly #expressions: Expressions;
  readonly #grouped: boolean;
  readonly #where: string;
  readonly #source: string;
  /** SQL of the group keys, in order; the bucket of time() among them. */
  readonly #keys: string[] = [];
  #bucket_key: string | undefined;

  constructor(statement: Statement, params: Params, needs: Needs) {
    const { select, table, interval_s } = statement;
    this.#statement = statement;
    this.#params = params;
    this.#plan = new Plan(needs, params.bind);
    const aggregates = [...select.items.map((i) => i.expr), ...select.order_by.map((o) => o.expr)];
    if (select.having) aggregates.push(select.having);
    this.#grouped = select.group_by.length > 0 || aggregates.some(has_aggregate);
    this.#expressions = new Expressions({
      table,
      plan: this.#plan,
      interval_s,
      grouped: this.#grouped,
      aliases: statement.aliases,
      bucket: statement.bucket,
      seconds: () => this.#seconds(),
      series: () => this.#keys.filter((key) => key !== this.#bucket_key),
    });
    this.#source = physical_source(table, interval_s);
    this.#where = this.#where_sql();
  }

  get unmet(): Needs | undefined {
    return this.#grouped ? this.#plan.unmet : undefined;
  }

  render(): Rendered {
    const { select } = this.#statement;
    if (this.#grouped) for (const expr of select.group_by) this.#group(expr, true);
    const values = this.#items(select.items);
    const shown = values.map((value, i) => ({ value, item: select.items[i]! }));
    // Behind what was asked for, so that columns keep their places.
    for (const { value, item } of [...shown])
      for (const { prefix, value: beside } of value.more ?? [])
        shown.push({ value: beside, item: { expr: item.expr, name: prefix + item.name } });
    const outputs = shown.map(({ value }, i) => `${value.sql} AS c${i}`);
    const having = [...this.#having(select.having), ...this.#series_limit(select.slimit)];
    const order_by = this.#order(select.order_by, select.items);
    const from = this.#from();
    const where = [this.#where, ...this.#newest()].filter((condition) => condition !== '').join(' AND ');
    const sql = [
      `SELECT ${select.distinct ? 'DISTINCT ' : ''}${outputs.join(', ')} FROM ${from}`,
      ...(this.#plan.given.two_layers || where === '' ? [] : [`WHERE ${where}`]),
      ...(this.#keys.length > 0 ? [`GROUP BY ${this.#keys.join(', ')}`] : []),
      ...(having.length > 0 ? [`HAVING ${having.join(' AND ')}`] : []),
      ...(order_by.length > 0 ? [`ORDER BY ${order_by.join(', ')}`] : []),
      limit_sql(select.limit),
    ].join(' ');
    return { sql, columns: shown.map(({ value, item }) => column_of(value, item)) };
  }

  #where_sql(): string {
    const { select, table } = this.#statement;
    const parts: string[] = [];
    const virtual = virtual_condition(table, this.#params.bind);
    if (virtual !== undefined) parts.push(virtual);
    if (select.where) parts.push(this.#expressions.condition(select.where, ROWS));
    return parts.join(' AND ');
  }

  /**
   * Of rows in order of time up to a limit, the time of the last one, found first by reading times and what filters alone: what is
   * selected is then read of few parts (docs/decisions/0022).
   */
  #newest(): string[] {
    const { select, table, aliases } = this.#statement;
    const [first] = select.order_by;
    const by_time = first?.expr.kind === 'name' && first.expr.name === 'time' && !aliases.has('time');
    const plain = !this.#grouped && !select.distinct && select.slimit === undefined;
    if (!by_time || !plain || table.definition.intervals_s.length > 0) return [];
    const { count, offset } = select.limit ?? { count: LIMIT_DEFAULT, offset: 0 };
    const where = this.#where ? ` WHERE ${this.#where}` : '';
    const [last, comparison, way] = first.descending ? ['min', '>=', ' DESC'] : ['max', '<=', ''];
    const times = `SELECT time FROM ${this.#source}${where} ORDER BY time${way} LIMIT ${count + offset}`;
    return [`time ${comparison} (SELECT ${last}(time) FROM (${times}))`];
  }

  /** The table, or the inner layer in its place. */
  #from(): string {
    if (!this.#plan.given.two_layers) return this.#source;
    const { keys, aggregates } = this.#plan;
    const named = [...keys, ...aggregates].map(([sql, name]) => `${sql} AS ${name}`);
    const where = this.#where ? ` WHERE ${this.#where}` : '';
    const group = keys.size > 0 ? ` GROUP BY ${[...keys.values()].join(', ')}` : '';
    return `(SELECT ${named.join(', ')} FROM ${this.#source}${where}${group})`;
  }

  #add_key(sql: string): void {
    if (!this.#keys.includes(sql)) this.#keys.push(sql);
  }

  /** Adds what a group by this expression means: the expression, and for a tag its companions. */
  #group(expr: Expr, use_aliases: boolean): Value {
    if (has_aggregate(expr)) throw invalid('an aggregate cannot be a group', expr.at);
    const value = this.#key_value(expr, use_aliases);
    if (expr.kind === 'call' && expr.name.toLowerCase() === 'time') this.#bucket_key = value.sql;
    if (expr.kind !== 'number' && expr.kind !== 'string') this.#add_key(value.sql);
    for (const name of value.tag?.companions ?? []) {
      const companion = this.#statement.table.tag(name);
      if (companion) this.#add_key(this.#plan.key(companion));
    }
    return value;
  }

  #key_value(expr: Expr, use_aliases: boolean): Value {
    const windows = this.#plan.given.windows;
    const value = this.#expressions.value(expr, { rows: windows, use_aliases });
    // The whole expression is a key of the layer of windows: group by lower(endpoint) has fewer groups than endpoint.
    return windows ? { ...value, sql: this.#plan.key({ columns: [], value: () => value.sql }) } : value;
  }

  #items(items: readonly SelectItem[]): Value[] {
    // Keys first: functions that go along a series must know all of them.
    if (this.#grouped) for (const { expr } of items) if (!has_aggregate(expr)) this.#group(expr, false);
    return items.map(({ expr }) => {
      const place: Place = {
        rows: false,
        use_aliases: false,
        on_key: (key) => {
          const { sql } = key();
          this.#add_key(sql);
          return sql;
        },
      };
      // A selected tag is a group key, whether group by names it or not.
      return this.#grouped && !has_aggregate(expr) ? this.#group(expr, false) : this.#expressions.value(expr, place);
    });
  }

  /** Whether a value is one of the group keys. In the layer of windows even asking for it would make it one. */
  #is_key(key: () => Value, row: () => Value): boolean {
    return this.#plan.given.windows ? this.#plan.keys.has(row().sql) : this.#keys.includes(key().sql);
  }

  #having(having: Expr | undefined): string[] {
    if (!having) return [];
    if (!this.#grouped) throw invalid('having needs groups; use where', having.at);
    const place: Place = {
      rows: false,
      use_aliases: true,
      on_key: (key, row, name, at) => {
        if (this.#is_key(key, row)) return key().sql;
        throw invalid(`\`${name}\` is neither grouped nor aggregated; group by it, or filter in where`, at);
      },
    };
    return [`(${this.#expressions.condition(having, place)})`];
  }

  #order(order_by: readonly OrderItem[], items: readonly SelectItem[]): string[] {
    const place: Place = {
      rows: false,
      use_aliases: true,
      // What is no group key has several values in a group; any of them orders it.
      on_key: (key, row) => (this.#is_key(key, row) ? key().sql : this.#plan.aggregate('any', [row().sql])),
    };
    return order_by.map(({ expr, descending }) => {
      const printed = print(expr);
      const item = items.findIndex((i) => i.name === printed || print(i.expr) === printed);
      const sql = item >= 0 ? `c${item}` : this.#expressions.value(expr, place).sql;
      return `${sql}${descending ? ' DESC' : ''}`;
    });
  }

  /** SLIMIT n: only the n first series, by the statement's order or else by its first aggregate, largest first. */
  #series_limit(slimit: number | undefined): string[] {
    const { select, aliases } = this.#statement;
    if (slimit === undefined) return [];
    const is_series = (expr: Expr) =>
      !has_aggregate(expr) && expr.kind !== 'number' && !(expr.kind === 'call' && expr.name.toLowerCase() === 'time');
    const exprs = new Map<string, Expr>();
    for (const expr of [...select.group_by, ...select.items.map((i) => i.expr)])
      if (is_series(expr) && !exprs.has(print(expr))) exprs.set(print(expr), expr);
    if (!this.#grouped || exprs.size === 0) return [];
    const order = select.order_by
      .map((o) => ({ ...o, expr: (o.expr.kind === 'name' && aliases.get(o.expr.name)) || o.expr }))
      .filter((o) => is_series(o.expr) || has_aggregate(o.expr));
    const first = select.items.find((i) => has_aggregate(i.expr));
    if (order.length === 0 && first) order.push({ expr: first.expr, descending: true });
    const { having: _having, limit: _limit, slimit: _slimit, ...rest } = select;
    const ranked: Select = {
      ...rest,
      distinct: false,
      items: [...exprs.values()].map((expr) => ({ expr, name: print(expr) })),
      group_by: [...exprs.values()],
      order_by: order,
      limit: { count: slimit, offset: 0 },
    };
    const { sql } = render({ ...this.#statement, select: ranked, bucket: undefined, aliases: new Map() }, this.#params);
    const keys = [...exprs.values()].map((e) => this.#key_value(e, false).sql);
    return [`(${keys.join(', ')}) IN (${sql})`];
  }

  /** Bucket of time(), else the range of WHERE, inclusive; open sides are taken from the rows. */
  #seconds(): string {
    const { bucket, range, interval_s } = this.#statement;
    if (bucket) return String(bucket.seconds * bucket.windows);
    if (range.from !== undefined && range.to !== undefined) return String(Math.max(1, range.to - range.from + 1));
    const where = this.#where ? ` WHERE ${this.#where}` : '';
    return `(SELECT toUnixTimestamp(max(time)) - toUnixTimestamp(min(time)) + ${interval_s || 1} FROM ${this.#source}${where})`;
  }
}

export function limit_sql(limit: Limit | undefined): string {
  const { count, offset } = limit ?? { count: LIMIT_DEFAULT, offset: 0 };
  return `LIMIT ${count}${offset > 0 ? ` OFFSET ${offset}` : ''}`;
}

function column_of(value: Value, item: SelectItem): ResultColumn {
  return {
    name: item.name,
    unit: value.unit,
    metric: value.metric,
    kind: value.kind,
    value_type: VALUE_TYPES[value.kind],
    pre_as: item.alias === undefined ? '' : print(item.expr),
  };
}
