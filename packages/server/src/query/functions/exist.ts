import { argument } from './arguments.ts';
import type { QueryFunction, Scope } from './function.ts';
import type { Tag } from '../tags/tag.ts';

function present(tag: Tag, scope: Scope): string {
  if (tag.ends) return `(${tag.ends.map((end) => present(end, scope)).join(' OR ')})`;
  const { sql } = scope.tag_value(tag);
  if (tag.hardware) return `match(${sql}, '[1-9a-f]')`;
  if (tag.nullable) return `isNotNull(${sql})`;
  if (tag.kind === 'array') return `notEmpty(${sql})`;
  return tag.kind === 'text' || tag.kind === 'ip' ? `${sql} != ''` : `${sql} != 0`;
}

export const exist: QueryFunction = {
  name: 'exist',
  kind: 'tag',
  usage: 'tag',
  arity: [1, 1],
  meaning: 'Condition: the tag has a value, that is none of null, 0 and empty text',
  example: 'exist(trace_id)',
  translate: (call, scope) => ({
    sql: `(${present(scope.tag(argument(call, 0)), scope)})`,
    kind: 'integer',
    unit: '',
    metric: false,
  }),
};
