// Expressions in their place: over rows (WHERE, arguments of aggregates) or over groups (SELECT, GROUP BY, HAVING, ORDER BY).
import type { Table } from '../catalog.ts';
import { invalid } from '../error.ts';
import type { Call, Scope, Value } from '../functions/function.ts';
import { find_function, has_aggregate } from '../functions/index.ts';
import { type Bucket, bucket_sql } from '../functions/time.ts';
import type { Metric } from '../metrics.ts';
import { bind_number } from '../predicate.ts';
import type { Expr } from '../sql/ast.ts';
import { print } from '../sql/print.ts';
import type { Tag } from '../tags/tag.ts';
import { type ConditionScope, condition } from './condition.ts';
import type { Plan } from './plan.ts';

/** The statement around the expressions. */
export interface Surroundings {
  readonly table: Table;
  readonly plan: Plan;
  /** Physical interval, 0 for plain rows. */
  readonly interval_s: number;
  /** Whether the result is groups; otherwise it is rows as they are. */
  readonly grouped: boolean;
  readonly aliases: ReadonlyMap<string, Expr>;
  readonly bucket: Bucket | undefined;
  /** See Scope. */
  readonly seconds: () => string;
  readonly series: () => readonly string[];
}

/** Where an expression stands, and what becomes of a tag or metric value that it names there. */
export interface Place {
  readonly rows: boolean;
  readonly use_aliases: boolean;
  /** Called with each value that must be a group key to stand where it stands; returns its SQL. */
  readonly on_key?: (key: () => Value, row: () => Value, name: string, at: number) => string;
}
export const ROWS: Place = { rows: true, use_aliases: true };

const MATH_KINDS = new Set(['integer', 'number', 'moment']);

export class Expressions {
  readonly #around: Surroundings;

  constructor(around: Surroundings) {
    this.#around = around;
  }

  value(expr: Expr, place: Place): Value {
    const { bind } = this.#around.plan;
    switch (expr.kind) {
      case 'name':
        return this.#name(expr, place);
      case 'number':
        return { sql: bind_number({ ...expr, kind: 'number' }, bind, 'it'), kind: 'number', unit: '', metric: true };
      case 'string':
        return { sql: bind(expr.text, 'String'), kind: 'text', unit: '', metric: false };
      case 'math':
        return this.#math(expr, place);
      case 'call':
        return this.#call(expr, place);
      case 'null':
        return { sql: 'NULL', kind: 'number', unit: '', metric: false };
      default:
        throw invalid(`expected a value, not \`${print(expr).slice(0, 64)}\``, expr.at);
    }
  }

  condition(expr: Expr, place: Place): string {
    const scope: ConditionScope = {
      bind: this.#around.plan.bind,
      over_rows: place.rows || !this.#around.grouped,
      value: (e) => this.value(e, place),
      call: (e) => {
        const value = this.value(e, place);
        return value.kind === 'integer' ? value.sql : undefined;
      },
    };
    return condition(scope, expr);
  }

  #name(expr: Extract<Expr, { kind: 'name' }>, place: Place): Value {
    const { aliases, table } = this.#around;
    const aliased = place.use_aliases ? aliases.get(expr.name) : undefined;
    if (aliased && !(place.rows && has_aggregate(aliased)))
      return this.value(aliased, { ...place, use_aliases: false });
    const tag = table.tag(expr.name);
    if (tag) return this.#tag(tag, place, expr.at);
    const metric = table.metric(expr.name);
    if (metric) return this.#metric(metric, place, expr.at);
    if (expr.name.toLowerCase() === 'time_interval')
      return this.#call({ kind: 'call', name: expr.name, args: [], at: expr.at }, place);
    throw table.unknown(expr.name, 'tag or metric', expr.at, [...aliases.keys(), ...table.names()]);
  }

  #tag(tag: Tag, place: Place, at: number): Value {
    const { plan, grouped } = this.#around;
    const made = (sql: string): Value => ({ sql, kind: tag.kind, unit: tag.unit, metric: false, tag });
    const over_rows = () => made(tag.value(tag.columns, plan.bind));
    if (place.rows || !grouped) return over_rows();
    const key = () => made(plan.key(tag));
    return place.on_key ? made(place.on_key(key, over_rows, tag.name, at)) : key();
  }

  #metric(metric: Metric, place: Place, at: number): Value {
    const { plan, grouped } = this.#around;
    const made = (sql: string): Value => ({ sql, kind: 'number', unit: metric.unit, metric: true });
    const over_rows = () => made(metric.shown(plan.bind));
    if (place.rows || !grouped) return over_rows();
    const key = () => made(plan.key({ columns: [], value: (_columns, bind) => metric.shown(bind) }));
    return place.on_key ? made(place.on_key(key, over_rows, metric.name, at)) : key();
  }

  #math(expr: Extract<Expr, { kind: 'math' }>, place: Place): Value {
    const sides = [expr.left, expr.right].map((side) => {
      const value = this.value(side, place);
      if (MATH_KINDS.has(value.kind)) return value;
      throw invalid(`\`${print(side).slice(0, 64)}\` is no number`, side.at);
    });
    const [left, right] = sides as [Value, Value];
    const divides = expr.operator === '/' || expr.operator === '%';
    const sql = `(${left.sql} ${expr.operator} ${divides ? `nullIf(${right.sql}, 0)` : right.sql})`;
    const over = sides.some((s) => s.over === 'range') ? 'range' : sides.find((s) => s.over)?.over;
    return {
      sql,
      kind: 'number',
      unit: left.unit === right.unit ? left.unit : '',
      metric: sides.some((s) => s.metric),
      ...(over && { over }),
    };
  }

  #call(expr: Call, place: Place): Value {
    const fn = find_function(expr);
    const over_rows = place.rows || !this.#around.grouped;
    if (fn.kind === 'aggregate' && over_rows)
      throw invalid(`${fn.name} works on groups; it goes into select, having or order by`, expr.at);
    return fn.translate(expr, this.#scope(place));
  }

  #scope(place: Place): Scope {
    const around = this.#around;
    const { plan } = around;
    return {
      bind: plan.bind,
      interval_s: around.interval_s || 1,
      windowed: around.interval_s > 0,
      aggregate: plan.aggregate,
      quantile: (sketch, level, accuracy) => plan.quantile(sketch, level, accuracy),
      over_windows: (name, total, how) => plan.over_windows(name, total, how),
      value: (expr) => this.value(expr, place),
      row: (expr) => this.#row(expr, place),
      condition: (expr) => this.condition(expr, place),
      metric: (expr) => this.#as_metric(expr, place),
      tag: (expr) => this.#as_tag(expr, place),
      tag_value: (tag) => this.#tag(tag, place, -1),
      seconds: around.seconds,
      bucket: () => this.#bucket(place),
      series: around.series,
    };
  }

  /** Argument of an aggregate: a delay of 0 is unknown there, so it does not count. */
  #row(expr: Expr, place: Place): Value {
    const { table, plan } = this.#around;
    const metric = expr.kind === 'name' && !table.tag(expr.name) ? table.metric(expr.name) : undefined;
    if (metric) return { sql: metric.row(plan.bind), kind: 'number', unit: metric.unit, metric: true };
    return this.value(expr, { rows: true, use_aliases: place.use_aliases });
  }

  #bucket(place: Place): string | undefined {
    const { bucket, plan, grouped } = this.#around;
    if (bucket === undefined) return undefined;
    const value = (columns: readonly string[]) => bucket_sql(`toUnixTimestamp(${columns[0]})`, bucket);
    return place.rows || !grouped ? value(['time']) : plan.key({ columns: ['time'], value });
  }

  #as_tag(expr: Expr, place: Place): Tag {
    const { table, aliases } = this.#around;
    if (expr.kind !== 'name') throw invalid('expected the name of a tag', expr.at);
    const aliased = place.use_aliases ? aliases.get(expr.name) : undefined;
    if (aliased?.kind === 'name' && aliased.name !== expr.name)
      return this.#as_tag(aliased, { ...place, use_aliases: false });
    const tag = table.tag(expr.name);
    if (!tag) throw table.unknown(expr.name, 'tag', expr.at);
    return tag;
  }

  /** A metric by name; a tag that is a number, as a gauge; arithmetic over rows, as a counter. */
  #as_metric(expr: Expr, place: Place): Metric {
    const { table, plan } = this.#around;
    const made = (name: string, sql: string, metric: Metric['metric'], add: string): Metric => ({
      name,
      metric,
      unit: '',
      meaning: '',
      category: '',
      row: () => sql,
      shown: () => sql,
      total: (aggregate) => aggregate(add, [sql]),
    });
    if (expr.kind === 'math') {
      if (has_aggregate(expr)) throw invalid('an aggregate inside an aggregate', expr.at);
      return made(print(expr), this.value(expr, { ...place, rows: true }).sql, 'counter', 'sum');
    }
    if (expr.kind !== 'name') throw invalid('expected the name of a metric', expr.at);
    const metric = table.metric(expr.name);
    if (metric) return metric;
    const tag = table.tag(expr.name);
    if (tag && MATH_KINDS.has(tag.kind)) return made(tag.name, tag.value(tag.columns, plan.bind), 'gauge', 'avg');
    if (tag) throw invalid(`\`${tag.name}\` is a tag and no number; Count, Uniq, Any and TopK take tags`, expr.at);
    throw table.unknown(
      expr.name,
      'metric',
      expr.at,
      [...table.metrics.values()].filter((m) => !m.hidden).map((m) => m.name),
    );
  }
}
