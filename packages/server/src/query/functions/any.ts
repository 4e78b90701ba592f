import type { QueryFunction, Scope, Value } from './function.ts';
import { constant } from './arguments.ts';
import type { Expr } from '../sql/ast.ts';

const TAGS_MAX = 8;
const TOP_MAX = 100;
/** Candidates that the engine keeps for each wanted value; its default. */
const LOAD_FACTOR = 3;

/** One tag, or several as a tuple. */
function together(args: readonly Expr[], scope: Scope): Value {
  const values = args.map((arg) => scope.row(arg));
  if (values.length === 1) return values[0]!;
  return { sql: `tuple(${values.map((v) => v.sql).join(', ')})`, kind: 'array', unit: '', metric: false };
}

export const any: QueryFunction = {
  name: 'Any',
  kind: 'aggregate',
  usage: 'tag, ...',
  arity: [1, TAGS_MAX],
  meaning: 'One of the values, whichever is met first',
  example: 'Any(ip_0)',
  translate(call, scope) {
    const value = together(call.args, scope);
    return { sql: scope.aggregate('any', [value.sql]), kind: value.kind, unit: value.unit, metric: value.metric };
  },
};

export const top_k: QueryFunction = {
  name: 'TopK',
  kind: 'aggregate',
  usage: 'tag, ..., n',
  arity: [2, TAGS_MAX + 1],
  meaning: `The n (at most ${TOP_MAX}) most frequent values, most frequent first, as a list; approximately. Behind the columns asked for come array_<name>, the same list, and counts_<name>, how often each occurs`,
  example: 'TopK(ip_0, 10)',
  translate(call, scope) {
    const n = Math.trunc(constant(call.args.at(-1), 1, TOP_MAX, 'the last argument', call));
    const value = together(call.args.slice(0, -1), scope);
    const counted = scope.aggregate('topK', [value.sql], `${n}, ${LOAD_FACTOR}, 'counts'`);
    const list = (element: number) => ({
      sql: `arrayMap(found -> found.${element}, ${counted})`,
      kind: 'array' as const,
      unit: '',
      metric: false,
    });
    const more = [
      { prefix: 'array_', value: list(1) },
      { prefix: 'counts_', value: list(2) },
    ];
    return { ...list(1), more };
  },
};

/** Longer lists are cut: a group of a log has as many values as rows. */
const LIST_MAX = 1000;

export const group_array: QueryFunction = {
  name: 'groupArray',
  kind: 'aggregate',
  usage: 'tag, ...',
  arity: [1, TAGS_MAX],
  meaning: `All values, in any order, as a list of at most ${LIST_MAX}`,
  example: 'groupArray(ip_0)',
  translate(call, scope) {
    const value = together(call.args, scope);
    return {
      sql: scope.aggregate('groupArray', [value.sql], String(LIST_MAX)),
      kind: 'array',
      unit: '',
      metric: false,
    };
  },
};
