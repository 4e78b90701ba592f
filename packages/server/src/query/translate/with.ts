// WITH: each query is translated as if it stood alone; the SELECT behind them puts their results side by side.
import { invalid } from '../error.ts';
import type { Value } from '../functions/function.ts';
import { hint } from '../nearest.ts';
import { Params } from '../params.ts';
import { bind_number } from '../predicate.ts';
import type { Expr, With } from '../sql/ast.ts';
import { print } from '../sql/print.ts';
import { condition } from './condition.ts';
import {
  limit_sql,
  type ResultColumn,
  type SelectOptions,
  type TranslatedSelect,
  translate_select,
  VALUE_TYPES,
} from './select.ts';

/** One result that names can refer to; `alias` is its name in the SQL. */
interface Source {
  readonly name: string;
  readonly alias: string;
  readonly columns: readonly ResultColumn[];
  readonly sql: string;
}

const NUMBERS = new Set(['integer', 'number', 'moment']);
type Name = Extract<Expr, { kind: 'name' }>;

/** Expressions over the columns of results. */
class Results {
  readonly #params: Params;
  readonly used: Source[] = [];

  constructor(params: Params) {
    this.#params = params;
  }

  /** `query.column`, or the column alone where one query only has it. */
  column(expr: Name): { source: Source; index: number } {
    const [first, ...rest] = expr.parts;
    const of_query = this.used.find((s) => s.name === first);
    const name = of_query && rest.length > 0 ? rest.join('.') : expr.name;
    const among = of_query && rest.length > 0 ? [of_query] : this.used;
    const found = among.flatMap((source) => {
      const index = source.columns.findIndex((c) => c.name === name);
      return index < 0 ? [] : [{ source, index }];
    });
    if (found.length === 1) return found[0]!;
    if (found.length > 1) throw invalid(`\`${name}\` is in several queries; write \`query.${name}\``, expr.at);
    const known = among.flatMap((s) => s.columns.map((c) => c.name));
    throw invalid(
      `\`${expr.name}\` is no column of ${among.map((s) => s.name).join(', ')}.${hint(name, known)}`,
      expr.at,
    );
  }

  value(expr: Expr): Value {
    const { bind } = this.#params;
    switch (expr.kind) {
      case 'name': {
        const { source, index } = this.column(expr);
        const { kind, unit, metric } = source.columns[index]!;
        return { sql: `${source.alias}.c${index}`, kind, unit, metric };
      }
      case 'number':
        return { sql: bind_number({ ...expr, kind: 'number' }, bind, 'it'), kind: 'number', unit: '', metric: true };
      case 'math': {
        const sides = [this.value(expr.left), this.value(expr.right)] as const;
        if (!sides.every((side) => NUMBERS.has(side.kind))) throw invalid('only numbers can be computed with', expr.at);
        const right = expr.operator === '/' || expr.operator === '%' ? `nullIf(${sides[1].sql}, 0)` : sides[1].sql;
        const unit = sides[0].unit === sides[1].unit ? sides[0].unit : '';
        return { sql: `(${sides[0].sql} ${expr.operator} ${right})`, kind: 'number', unit, metric: true };
      }
      default:
        throw invalid(`behind \`with\` stand columns and arithmetic, not \`${print(expr).slice(0, 64)}\``, expr.at);
    }
  }

  condition(expr: Expr): string {
    const scope = {
      bind: this.#params.bind,
      over_rows: false,
      value: (e: Expr) => this.value(e),
      call: () => undefined,
    };
    return condition(scope, expr);
  }

  /** Equalities of columns, all of which must hold: what else is said of a join could multiply every row with every row. */
  on(expr: Expr, joined: Source): string {
    if (expr.kind === 'logic' && expr.operator === 'and')
      return `${this.on(expr.left, joined)} AND ${this.on(expr.right, joined)}`;
    if (expr.kind !== 'compare' || expr.operator !== '=' || expr.left.kind !== 'name' || expr.right.kind !== 'name')
      throw invalid('`on` takes `a.x = b.x`, several joined by `and`', expr.at);
    const sides = [this.column(expr.left), this.column(expr.right)];
    if (sides.filter((side) => side.source === joined).length !== 1)
      throw invalid(`one side must be a column of \`${joined.name}\`, the other one of a query before it`, expr.at);
    return sides.map((side) => `${side.source.alias}.c${side.index}`).join(' = ');
  }
}

export function translate_with(statement: With, options: SelectOptions): TranslatedSelect {
  const params = new Params();
  const sources = statement.queries.map(({ name, at, select }, i): Source => {
    const { sql, columns, fill } = translate_select(select, options, params);
    if (fill && fill.bucket.fill !== 'none') throw invalid(`\`${name}\`: buckets cannot be filled inside \`with\``, at);
    return { name, alias: `q${i}`, columns, sql };
  });
  const find = (name: string, at: number): Source => {
    const source = sources.find((s) => s.name === name);
    if (source) return source;
    const known = sources.map((s) => s.name);
    throw invalid(`there is no query \`${name}\`; there are ${known.join(', ')}.${hint(name, known)}`, at);
  };
  const { select, joins } = statement;
  const refused = select.group_by[0] ?? select.having;
  if (refused)
    throw invalid('what stands behind `with` puts results side by side; group within the queries', refused.at);
  if (select.slimit !== undefined) throw invalid('`slimit` goes into the queries of `with`', select.from.at);
  const results = new Results(params);
  results.used.push(find(select.from.name, select.from.at));
  const from = [`(${results.used[0]!.sql}) AS ${results.used[0]!.alias}`];
  for (const join of joins) {
    const source = find(join.name, join.at);
    if (results.used.includes(source)) throw invalid(`\`${join.name}\` is joined twice`, join.at);
    results.used.push(source);
    from.push(
      `${join.outer ? 'LEFT' : 'INNER'} JOIN (${source.sql}) AS ${source.alias} ON ${results.on(join.on, source)}`,
    );
  }
  const items = select.items.map((item) => ({ item, value: results.value(item.expr) }));
  const order_by = select.order_by.map(({ expr, descending }) => {
    const at = items.findIndex(({ item }) => item.name === print(expr));
    return `${at >= 0 ? `r${at}` : results.value(expr).sql}${descending ? ' DESC' : ''}`;
  });
  const sql = [
    `SELECT ${select.distinct ? 'DISTINCT ' : ''}${items.map(({ value }, i) => `${value.sql} AS r${i}`).join(', ')} FROM ${from.join(' ')}`,
    ...(select.where ? [`WHERE ${results.condition(select.where)}`] : []),
    ...(order_by.length > 0 ? [`ORDER BY ${order_by.join(', ')}`] : []),
    limit_sql(select.limit),
  ].join(' ');
  const columns = items.map(({ item, value }): ResultColumn => {
    const { unit, metric, kind } = value;
    const pre_as = item.alias === undefined ? '' : print(item.expr);
    return { name: item.name, unit, metric, kind, value_type: VALUE_TYPES[kind], pre_as };
  });
  return { sql, params: params.values, columns };
}
