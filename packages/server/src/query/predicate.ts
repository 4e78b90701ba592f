// `value operator operands` as SQL, for the kinds of value that the dialect knows.
import type { CompareOperator } from './sql/ast.ts';
import { invalid } from './error.ts';
import type { Bind } from './params.ts';

/** text; integer and number; ip: an address as text; moment: seconds or microseconds since 1970; array. */
export type ValueKind = 'text' | 'integer' | 'number' | 'ip' | 'moment' | 'array';

/** A constant of the statement. */
export interface Operand {
  readonly kind: 'text' | 'number';
  readonly text: string;
  readonly at: number;
}
export type PredicateOperator = CompareOperator | 'in' | 'not in';

/** Whether the operator asks for absence: such a filter must hold for both ends of a call where the positive one needs one. */
export const is_negative = (operator: PredicateOperator): boolean => operator === '!=' || operator.startsWith('not ');

const INTEGER = /^-?\d+$/;
const DECIMAL = /^-?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
const INT64_MIN = -(2n ** 63n);
const UINT64_MAX = 2n ** 64n - 1n;

export function bind_number(operand: Operand, bind: Bind, what: string): string {
  const text = operand.text.trim();
  if (/^0x[0-9a-f]+$/i.test(text) || INTEGER.test(text)) {
    const value = BigInt(text);
    if (value >= INT64_MIN && value <= UINT64_MAX) return bind(String(value), value >= 2n ** 63n ? 'UInt64' : 'Int64');
    throw invalid(`${text} does not fit 64 bits`, operand.at);
  }
  if (DECIMAL.test(text)) return bind(Number(text), 'Float64');
  throw invalid(`${what} is a number; ${JSON.stringify(operand.text.slice(0, 64))} is none`, operand.at);
}

/** Wildcards of the dialect (`*`) and of SQL (`%`) stand for any text; `_` is itself; backslash takes the meaning away. */
export function like_pattern(text: string): string {
  return text.replace(/\\([*%_\\])|([*%])|([_\\])/g, (_all, escaped?: string, any?: string, plain?: string) => {
    if (any !== undefined) return '%';
    const literal = escaped ?? plain!;
    return literal === '*' ? '*' : `\\${literal}`;
  });
}

function single(operator: PredicateOperator, operands: readonly Operand[]): Operand {
  if (operands.length === 1) return operands[0]!;
  throw invalid(`\`${operator}\` takes one value; a list goes with \`in\``, operands[1]?.at ?? -1);
}

/** A list fulfils a condition when one of its elements does; a negative one when none is what it denies. */
function any_element(
  value: string,
  operator: PredicateOperator,
  operands: readonly Operand[],
  bind: Bind,
  what: string,
): string {
  if (/^[<>]/.test(operator))
    throw invalid(
      `${what} holds several values, which have no order; compare by =, in, like or regexp`,
      operands[0]?.at ?? -1,
    );
  const positive = (operator === '!=' ? '=' : operator.replace('not ', '')) as PredicateOperator;
  const holds = `arrayExists(element -> ${predicate('toString(element)', 'text', positive, operands, bind, what)}, ${value})`;
  return is_negative(operator) ? `NOT ${holds}` : holds;
}

/** SQL condition over `value`, an SQL expression of this kind. `what` names it for people. */
export function predicate(
  value: string,
  kind: ValueKind,
  operator: PredicateOperator,
  operands: readonly Operand[],
  bind: Bind,
  what: string,
): string {
  if (kind === 'array') return any_element(value, operator, operands, bind, what);
  const numeric = kind !== 'text' && kind !== 'ip';
  if (operator === 'in' || operator === 'not in') {
    if (operands.length === 0) return operator === 'in' ? '0' : '1';
    const list = operands.map((o) => (numeric ? bind_number(o, bind, what) : bind(o.text, 'String')));
    return `${value} ${operator === 'in' ? 'IN' : 'NOT IN'} (${list.join(', ')})`;
  }
  const operand = single(operator, operands);
  const text = numeric ? `toString(${value})` : value;
  switch (operator) {
    case 'like':
      return `${text} LIKE ${bind(like_pattern(operand.text), 'String')}`;
    case 'not like':
      return `${text} NOT LIKE ${bind(like_pattern(operand.text), 'String')}`;
    case 'regexp':
      return `match(${text}, ${bind(operand.text, 'String')})`;
    case 'not regexp':
      return `NOT match(${text}, ${bind(operand.text, 'String')})`;
    default:
      return `${value} ${operator} ${numeric ? bind_number(operand, bind, what) : bind(operand.text, 'String')}`;
  }
}
