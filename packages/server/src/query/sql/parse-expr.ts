// Pratt parser of expressions.
import { invalid } from '../error.ts';
import type { CompareOperator, Expr, MathOperator } from './ast.ts';
import type { Cursor } from './cursor.ts';

/** Words that end an expression; they must be backquoted to be names. */
export const RESERVED = new Set(
  'select from where group by having order limit offset slimit as and or not in like regexp is between asc desc show with distinct union'.split(
    ' ',
  ),
);

const BINDING = { or: 1, and: 2, not: 3, compare: 4, add: 5, multiply: 6, negate: 7 } as const;
const MATH: Readonly<Record<string, number>> = {
  '+': BINDING.add,
  '-': BINDING.add,
  '*': BINDING.multiply,
  '/': BINDING.multiply,
  '%': BINDING.multiply,
};
const COMPARE = new Set(['=', '!=', '<>', '<', '>', '<=', '>=']);

/** name ( . name )*: dots join into one tag name (`attribute.user`), parts are kept for db.table. */
export function parse_name(cursor: Cursor, what: string): { name: string; parts: string[]; at: number } {
  const first = cursor.peek();
  const parts: string[] = [];
  do {
    const token = cursor.peek();
    const follows = parts.length > 0;
    const fits =
      token.kind === 'name' ||
      (token.kind === 'word' && (follows || !RESERVED.has(token.text.toLowerCase()))) ||
      (follows && token.kind === 'number');
    if (!fits) throw cursor.unexpected(what);
    if (token.kind === 'name' && token.text === '') throw invalid('an empty name', token.at);
    parts.push(cursor.next().text);
  } while (cursor.take_sign('.'));
  return { name: parts.join('.'), parts, at: first.at };
}

function parse_list(cursor: Cursor): Expr[] {
  const items: Expr[] = [];
  if (cursor.take_sign(')')) return items;
  do items.push(parse_expr(cursor));
  while (cursor.take_sign(','));
  cursor.expect_sign(')', 'to close the list');
  return items;
}

function parse_prefix(cursor: Cursor): Expr {
  const token = cursor.peek();
  const { at } = token;
  if (token.kind === 'number') return { kind: 'number', text: cursor.next().text, at };
  if (token.kind === 'string') return { kind: 'string', text: cursor.next().text, at };
  if (cursor.take_sign('*')) return { kind: 'star', at };
  if (cursor.take_sign('+')) return parse_expr(cursor, BINDING.negate);
  if (cursor.take_sign('-')) return negate(parse_expr(cursor, BINDING.negate), at);
  if (cursor.take_words('not') || cursor.take_sign('!'))
    return { kind: 'not', arg: parse_expr(cursor, BINDING.not), at };
  if (cursor.at_words('null')) {
    cursor.next();
    return { kind: 'null', at };
  }
  if (cursor.take_sign('(')) {
    const items = parse_list(cursor);
    return items.length === 1 ? items[0]! : { kind: 'list', items, at };
  }
  const { name, parts } = parse_name(cursor, 'a name, a value or `(`');
  if (cursor.take_sign('(')) return { kind: 'call', name, args: parse_list(cursor), at };
  return { kind: 'name', name, parts, at };
}

function negate(arg: Expr, at: number): Expr {
  if (arg.kind === 'number')
    return { kind: 'number', text: arg.text.startsWith('-') ? arg.text.slice(1) : `-${arg.text}`, at };
  return { kind: 'math', operator: '-', left: { kind: 'number', text: '0', at }, right: arg, at };
}

function parse_in(cursor: Cursor, left: Expr, negated: boolean, at: number): Expr {
  cursor.expect_sign('(', 'after `in`');
  return { kind: 'in', negated, left, items: parse_list(cursor), at };
}

/** `a between x and y` is `a >= x and a <= y`. */
function parse_between(cursor: Cursor, left: Expr, negated: boolean, at: number): Expr {
  const low = parse_expr(cursor, BINDING.add);
  if (!cursor.take_words('and')) throw cursor.unexpected('`and` of `between`');
  const high = parse_expr(cursor, BINDING.add);
  const both: Expr = {
    kind: 'logic',
    operator: 'and',
    left: { kind: 'compare', operator: '>=', left, right: low, at },
    right: { kind: 'compare', operator: '<=', left, right: high, at },
    at,
  };
  return negated ? { kind: 'not', arg: both, at } : both;
}

/** What may follow a left side, and how strongly it binds; undefined ends the expression. */
function parse_infix(cursor: Cursor, left: Expr, binding: number): Expr | undefined {
  const token = cursor.peek();
  const { at } = token;
  const sign = token.kind === 'sign' ? token.text : '';
  const math = MATH[sign];
  if (math !== undefined) {
    if (math <= binding) return undefined;
    cursor.next();
    return { kind: 'math', operator: sign as MathOperator, left, right: parse_expr(cursor, math), at };
  }
  for (const operator of ['and', 'or'] as const) {
    const spelt = sign === (operator === 'and' ? '&&' : '||');
    if (!spelt && !cursor.at_words(operator)) continue;
    if (BINDING[operator] <= binding) return undefined;
    cursor.next();
    return { kind: 'logic', operator, left, right: parse_expr(cursor, BINDING[operator]), at };
  }
  if (BINDING.compare <= binding) return undefined;
  if (COMPARE.has(sign)) {
    cursor.next();
    const operator = (sign === '<>' ? '!=' : sign) as CompareOperator;
    return { kind: 'compare', operator, left, right: parse_expr(cursor, BINDING.compare), at };
  }
  if (cursor.take_words('is')) {
    const negated = cursor.take_words('not');
    if (!cursor.take_words('null')) throw cursor.unexpected('`null` or `not null` after `is`');
    return { kind: 'is_null', negated, left, at };
  }
  const negated = cursor.at_words('not') && cursor.peek(1).kind === 'word';
  const word = cursor.peek(negated ? 1 : 0);
  const name = word.kind === 'word' ? word.text.toLowerCase() : '';
  if (!['in', 'like', 'regexp', 'between'].includes(name)) return undefined;
  if (negated) cursor.next();
  cursor.next();
  if (name === 'in') return parse_in(cursor, left, negated, at);
  if (name === 'between') return parse_between(cursor, left, negated, at);
  const operator = (negated ? `not ${name}` : name) as CompareOperator;
  return { kind: 'compare', operator, left, right: parse_expr(cursor, BINDING.compare), at };
}

export function parse_expr(cursor: Cursor, binding = 0): Expr {
  return cursor.nested(() => {
    let left = parse_prefix(cursor);
    for (;;) {
      const longer = parse_infix(cursor, left, binding);
      if (longer === undefined) return left;
      cursor.joined();
      left = longer;
    }
  });
}
