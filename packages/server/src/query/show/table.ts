// Small tables that SHOW makes in memory: WHERE, ORDER BY and LIMIT over rows of named cells.
import { type Cell, decode_rows } from '../engine.ts';
import { invalid } from '../error.ts';
import { hint } from '../nearest.ts';
import { is_negative, like_pattern } from '../predicate.ts';
import { type CompareOperator, children, type Expr, type Show } from '../sql/ast.ts';
import type { ShowContext } from './show.ts';

export interface ShownTable {
  readonly columns: readonly string[];
  readonly values: Cell[][];
}

const text_of = (cell: Cell): string => (Array.isArray(cell) ? cell.join(',') : String(cell ?? ''));

/** The pattern of LIKE as a regular expression. */
function like_regexp(pattern: string): RegExp {
  const body = like_pattern(pattern).replace(
    /\\(.)|(%)|([\s\S])/g,
    (_all, escaped?: string, any?: string, plain?: string) =>
      any ? '[\\s\\S]*' : (escaped ?? plain!).replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&'),
  );
  return new RegExp(`^${body}$`, 'u');
}

/** Texts that a pattern was found in, by pattern; asked of the store, whose expressions take time in proportion to the text. */
type Found = ReadonlyMap<string, ReadonlySet<string>>;

function compare_cell(cell: Cell, operator: CompareOperator, operand: Expr, found: Found): boolean {
  if (operand.kind !== 'number' && operand.kind !== 'string') throw invalid('expected a value', operand.at);
  const text = text_of(cell);
  const numbers =
    text !== '' && operand.text !== '' && !Number.isNaN(Number(text)) && !Number.isNaN(Number(operand.text));
  const order = numbers ? Number(text) - Number(operand.text) : text < operand.text ? -1 : text > operand.text ? 1 : 0;
  switch (operator) {
    case '=':
      return order === 0;
    case '!=':
      return order !== 0;
    case '<':
      return order < 0;
    case '>':
      return order > 0;
    case '<=':
      return order <= 0;
    case '>=':
      return order >= 0;
    case 'like':
    case 'not like':
      return like_regexp(operand.text).test(text) !== is_negative(operator);
    case 'regexp':
    case 'not regexp':
      return (found.get(operand.text)?.has(text) ?? false) !== is_negative(operator);
  }
}

function patterns_of(expr: Expr | undefined): string[] {
  if (!expr) return [];
  const own = expr.kind === 'compare' && expr.operator.endsWith('regexp') && 'text' in expr.right;
  return own ? [expr.right.text] : children(expr).flatMap(patterns_of);
}

/** filter_rows, regexp included. */
export async function filtered(table: ShownTable, show: Filters, context: ShowContext): Promise<ShownTable> {
  const found = new Map<string, ReadonlySet<string>>();
  for (const pattern of new Set(patterns_of(show.where))) {
    const texts = [...new Set(table.values.flatMap((row) => row.map(text_of)))];
    const sql = 'SELECT arrayJoin(arrayFilter(text -> match(text, {pattern:String}), {texts:Array(String)}))';
    const answer = await context.engine.query(sql, { pattern, texts }, context.signal && { signal: context.signal });
    found.set(pattern, new Set(decode_rows(answer.text()).values.map((row) => String(row[0]))));
  }
  return filter_rows(table, show, found);
}

type Filters = Pick<Show, 'where' | 'order_by' | 'limit'>;

export function filter_rows(table: ShownTable, show: Filters, found: Found = new Map()): ShownTable {
  const { columns } = table;
  const column = (expr: Expr): number => {
    const index = expr.kind === 'name' ? columns.indexOf(expr.name) : -1;
    if (index >= 0) return index;
    throw invalid(
      `only the columns ${columns.join(', ')} are here.${expr.kind === 'name' ? hint(expr.name, columns) : ''}`,
      expr.at,
    );
  };
  const holds = (expr: Expr, row: readonly Cell[]): boolean => {
    if (expr.kind === 'logic')
      return expr.operator === 'and'
        ? holds(expr.left, row) && holds(expr.right, row)
        : holds(expr.left, row) || holds(expr.right, row);
    if (expr.kind === 'not') return !holds(expr.arg, row);
    if (expr.kind === 'compare') return compare_cell(row[column(expr.left)]!, expr.operator, expr.right, found);
    if (expr.kind !== 'in') throw invalid('expected a condition', expr.at);
    const cell = row[column(expr.left)]!;
    return expr.items.some((item) => compare_cell(cell, '=', item, found)) !== expr.negated;
  };
  const { where, order_by, limit } = show;
  let values = where ? table.values.filter((row) => holds(where, row)) : table.values;
  if (order_by.length > 0) {
    const keys = order_by.map((o) => ({ index: column(o.expr), sign: o.descending ? -1 : 1 }));
    values = [...values].sort((a, b) => {
      for (const { index, sign } of keys) {
        const [x, y] = [a[index]!, b[index]!];
        const order =
          typeof x === 'number' && typeof y === 'number'
            ? x - y
            : text_of(x) < text_of(y)
              ? -1
              : text_of(x) > text_of(y)
                ? 1
                : 0;
        if (order !== 0) return order * sign;
      }
      return 0;
    });
  }
  if (limit) values = values.slice(limit.offset, limit.offset + limit.count);
  return { columns, values };
}
