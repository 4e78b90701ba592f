// Functions of one value that the store has under the same name.
import type { ValueKind } from '../predicate.ts';
import { invalid } from '../error.ts';
import { argument } from './arguments.ts';
import type { QueryFunction } from './function.ts';

function scalar(name: string, of: 'text' | 'number', kind: ValueKind, meaning: string): QueryFunction {
  return {
    name,
    kind: 'math',
    usage: of,
    arity: [1, 1],
    meaning,
    example: of === 'text' ? `${name}(endpoint)` : `${name}(Avg(rrt))`,
    translate(call, scope) {
      const value = scope.value(argument(call, 0));
      const text = value.kind === 'text' || value.kind === 'ip';
      if (text !== (of === 'text')) throw invalid(`${name} takes a ${of}`, call.args[0]!.at);
      const { unit, metric, over } = value;
      return { sql: `${name}(${value.sql})`, kind, unit: of === 'text' ? '' : unit, metric, ...(over && { over }) };
    },
  };
}

const to_string: QueryFunction = {
  name: 'toString',
  kind: 'math',
  usage: 'value',
  arity: [1, 1],
  meaning: 'The value as text',
  example: 'toString(_id)',
  translate(call, scope) {
    const value = scope.value(argument(call, 0));
    const { unit, metric, over } = value;
    return { sql: `toString(${value.sql})`, kind: 'text', unit, metric, ...(over && { over }) };
  },
};

export const SCALARS: readonly QueryFunction[] = [
  to_string,
  scalar('length', 'text', 'integer', 'Length of a text in bytes'),
  scalar('lower', 'text', 'text', 'The text in small letters'),
  scalar('upper', 'text', 'text', 'The text in capital letters'),
  scalar('abs', 'number', 'number', 'The number without its sign'),
  scalar('round', 'number', 'number', 'The nearest whole number'),
  scalar('floor', 'number', 'number', 'The largest whole number not above'),
  scalar('ceil', 'number', 'number', 'The smallest whole number not below'),
];
