// Conditions of WHERE and HAVING as SQL.
import { invalid } from '../error.ts';
import { is_negative, type Operand, type PredicateOperator, predicate } from '../predicate.ts';
import type { CompareOperator, Expr } from '../sql/ast.ts';
import type { Tag } from '../tags/tag.ts';
import type { Value } from '../functions/function.ts';
import type { Bind } from '../params.ts';

/** What conditions need of the place they stand in. */
export interface ConditionScope {
  readonly bind: Bind;
  readonly value: (expr: Expr) => Value;
  /** Conditions over rows can look at the columns themselves. */
  readonly over_rows: boolean;
  /** A function that is a condition, as exist(); undefined for the rest. */
  readonly call: (expr: Extract<Expr, { kind: 'call' }>) => string | undefined;
}

const MIRRORED: Readonly<Partial<Record<CompareOperator, CompareOperator>>> = {
  '<': '>',
  '>': '<',
  '<=': '>=',
  '>=': '<=',
  '=': '=',
  '!=': '!=',
};

const is_constant = (expr: Expr): boolean => expr.kind === 'number' || expr.kind === 'string';

function operand(expr: Expr): Operand {
  if (expr.kind === 'number') return { kind: 'number', text: expr.text, at: expr.at };
  if (expr.kind === 'string') return { kind: 'text', text: expr.text, at: expr.at };
  throw invalid('expected a value here: a number or a text in quotes', expr.at);
}

function over_tag(scope: ConditionScope, tag: Tag, op: PredicateOperator, operands: readonly Operand[]): string {
  if (tag.ends) {
    // A name without suffix: one end is enough, but both must differ.
    const [client, server] = tag.ends.map((end) => over_tag(scope, end, op, operands));
    return `(${client} ${is_negative(op) ? 'AND' : 'OR'} ${server})`;
  }
  if (tag.filter && scope.over_rows) return tag.filter(tag.columns, op, operands, scope.bind);
  return predicate(tag.value(tag.columns, scope.bind), tag.kind, op, operands, scope.bind, `\`${tag.name}\``);
}

function compare(scope: ConditionScope, left: Expr, op: PredicateOperator, right: readonly Expr[], at: number): string {
  const value = scope.value(left);
  if (right.length === 1 && !is_constant(right[0]!)) {
    if (op === 'in' || op === 'not in' || op.includes('like') || op.includes('regexp'))
      throw invalid(`\`${op}\` compares with values, not with names`, right[0]!.at);
    return `${value.sql} ${op} ${scope.value(right[0]!).sql}`;
  }
  const operands = right.map(operand);
  if (value.tag && scope.over_rows) return over_tag(scope, value.tag, op, operands);
  if (value.kind === 'array') throw invalid('several values cannot be compared with one', at);
  return predicate(value.sql, value.kind, op, operands, scope.bind, 'the left side');
}

function comparison(scope: ConditionScope, expr: Extract<Expr, { kind: 'compare' }>): string {
  const { left, right, operator, at } = expr;
  const mirrored = MIRRORED[operator];
  if (is_constant(left) && is_constant(right)) return constants(scope, left, operator, right, at);
  if (is_constant(left) && mirrored) return compare(scope, right, mirrored, [left], at);
  if (right.kind !== 'list') return compare(scope, left, operator, [right], at);
  // ip >= ('10.0.0.0/8', '192.168.1.1'): true for any of the list; a negative one for all of it.
  const each = right.items.map((item) => compare(scope, left, operator, [item], at));
  if (each.length === 0) throw invalid('an empty list', right.at);
  return `(${each.join(is_negative(operator) ? ' AND ' : ' OR ')})`;
}

function constants(scope: ConditionScope, left: Expr, op: CompareOperator, right: Expr, at: number): string {
  if (!MIRRORED[op]) throw invalid(`\`${op}\` needs a tag on its left`, at);
  const texts = left.kind === 'string' && right.kind === 'string';
  const bound = (e: Expr) => {
    const { text } = operand(e);
    if (texts) return scope.bind(text, 'String');
    if (Number.isNaN(Number(text))) throw invalid('a number and a text cannot be compared', at);
    return scope.bind(Number(text), 'Float64');
  };
  return `${bound(left)} ${op} ${bound(right)}`;
}

/** a or b or c is one row of alternatives, not a tree: the engine bounds how deep a statement nests. */
function chain(expr: Extract<Expr, { kind: 'logic' }>): Expr[] {
  const parts: Expr[] = [];
  let left: Expr = expr;
  while (left.kind === 'logic' && left.operator === expr.operator) {
    parts.push(left.right);
    left = left.left;
  }
  return [left, ...parts.reverse()];
}

export function condition(scope: ConditionScope, expr: Expr): string {
  switch (expr.kind) {
    case 'logic':
      return `(${chain(expr)
        .map((part) => condition(scope, part))
        .join(` ${expr.operator.toUpperCase()} `)})`;
    case 'not':
      return `NOT (${condition(scope, expr.arg)})`;
    case 'compare':
      return comparison(scope, expr);
    case 'in':
      return compare_list(scope, expr);
    case 'is_null':
      return `${scope.value(expr.left).sql} IS ${expr.negated ? 'NOT ' : ''}NULL`;
    case 'call': {
      const sql = scope.call(expr);
      if (sql !== undefined) return sql;
      break;
    }
  }
  throw invalid('expected a condition, as `tag = value`', expr.at);
}

function compare_list(scope: ConditionScope, expr: Extract<Expr, { kind: 'in' }>): string {
  const operator = expr.negated ? 'not in' : 'in';
  if (expr.items.length === 0) throw invalid('an empty list', expr.at);
  const value = scope.value(expr.left);
  const operands = expr.items.map(operand);
  if (value.tag && scope.over_rows) return over_tag(scope, value.tag, operator, operands);
  return predicate(value.sql, value.kind, operator, operands, scope.bind, 'the left side');
}
