// An expression in its normal spelling: the name of a column without alias, and the key under which equal expressions meet.
import type { Expr } from './ast.ts';

const BINDING: Readonly<Record<string, number>> = { '*': 2, '/': 2, '%': 2, '+': 1, '-': 1 };

function operand(expr: Expr, operator: string, right: boolean): string {
  const text = print(expr);
  if (expr.kind !== 'math') return text;
  const inner = BINDING[expr.operator]!;
  const outer = BINDING[operator]!;
  return inner < outer || (right && inner === outer) ? `(${text})` : text;
}

export function print(expr: Expr): string {
  switch (expr.kind) {
    case 'name':
      return expr.name;
    case 'number':
      return expr.text;
    case 'string':
      return `'${expr.text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
    case 'null':
      return 'null';
    case 'star':
      return '*';
    case 'list':
      return `(${expr.items.map(print).join(', ')})`;
    case 'call':
      return `${expr.name}(${expr.args.map(print).join(', ')})`;
    case 'math':
      return `${operand(expr.left, expr.operator, false)} ${expr.operator} ${operand(expr.right, expr.operator, true)}`;
    case 'compare':
      return `${print(expr.left)} ${expr.operator} ${print(expr.right)}`;
    case 'in':
      return `${print(expr.left)} ${expr.negated ? 'not in' : 'in'} (${expr.items.map(print).join(', ')})`;
    case 'is_null':
      return `${print(expr.left)} is ${expr.negated ? 'not ' : ''}null`;
    case 'logic':
      return `(${print(expr.left)} ${expr.operator} ${print(expr.right)})`;
    case 'not':
      return `not (${print(expr.arg)})`;
  }
}
