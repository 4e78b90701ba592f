import { ENTITY_TYPE } from '@sonde/records';
import { argument } from './arguments.ts';
import type { QueryFunction, Scope } from './function.ts';
import type { Tag } from '../tags/tag.ts';

const TYPE_NAMES = Object.entries(ENTITY_TYPE).map(([name, value]) => ({ name, value }));
const plain_name = (tag: Tag): string => tag.name.replace(/(?:_id)?(?:_[01])?$/, '');

/** SQL of the number of the kind of thing that a tag names; undefined where the tag names one kind only. */
function type_number(tag: Tag, scope: Scope): string | undefined {
  const type = tag.type_tag;
  return type === undefined
    ? undefined
    : scope.tag_value(scope.tag({ kind: 'name', name: type, parts: [type], at: -1 })).sql;
}

export const node_type: QueryFunction = {
  name: 'node_type',
  kind: 'tag',
  usage: 'tag',
  arity: [1, 1],
  meaning: 'Kind of the thing that the tag names: process, container, host, pod, internet, ip ...',
  example: 'node_type(auto_service_1)',
  translate(call, scope) {
    const tag = scope.tag(argument(call, 0));
    const type = type_number(tag, scope);
    const numbers = scope.bind(
      TYPE_NAMES.map((t) => t.value),
      'Array(Int64)',
    );
    const names = scope.bind(
      TYPE_NAMES.map((t) => t.name),
      'Array(String)',
    );
    const sql =
      type === undefined
        ? scope.bind(plain_name(tag), 'String')
        : `transform(toInt64(${type}), ${numbers}, ${names}, '')`;
    return { sql, kind: 'text', unit: '', metric: false };
  },
};

export const icon_id: QueryFunction = {
  name: 'icon_id',
  kind: 'tag',
  usage: 'tag',
  arity: [1, 1],
  meaning: 'Number of the icon of the thing that the tag names: its type, 0 for tags that have none',
  example: 'icon_id(auto_service_1)',
  translate(call, scope) {
    const type = type_number(scope.tag(argument(call, 0)), scope);
    return {
      sql: type === undefined ? scope.bind(0, 'Int64') : `toInt64(${type})`,
      kind: 'integer',
      unit: '',
      metric: false,
    };
  },
};
