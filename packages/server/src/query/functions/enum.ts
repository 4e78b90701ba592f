import { BIT_ENUMS, ENUMS } from '@sonde/records';
import { invalid } from '../error.ts';
import { argument } from './arguments.ts';
import type { QueryFunction } from './function.ts';

export const enumeration: QueryFunction = {
  name: 'Enum',
  kind: 'tag',
  usage: 'tag',
  arity: [1, 1],
  meaning: 'What people call the value of a tag with an enumeration; the value as text where it has no name',
  example: 'Enum(l7_protocol)',
  translate(call, scope) {
    const tag = scope.tag(argument(call, 0));
    const values = tag.enumeration === undefined ? undefined : ENUMS[tag.enumeration];
    if (values === undefined)
      throw invalid(`\`${tag.name}\` has no enumeration; \`show tags\` says which tags have one`, call.args[0]!.at);
    const value = scope.tag_value(tag);
    const text = value.kind === 'text';
    const from = scope.bind(
      values.map((v) => v.value),
      text ? 'Array(String)' : 'Array(Int64)',
    );
    const to = scope.bind(
      values.map((v) => v.name),
      'Array(String)',
    );
    if (BIT_ENUMS.has(tag.enumeration!)) {
      const set = `arrayFilter((name, bit) -> bitAnd(toInt64(${value.sql}), bit) != 0, ${to}, ${from})`;
      return { sql: `arrayStringConcat(${set}, ', ')`, kind: 'text', unit: '', metric: false };
    }
    const sql = text ? `CAST(${value.sql}, 'String')` : `toInt64(${value.sql})`;
    const named = `transform(${sql}, ${from}, ${to}, toString(${value.sql}))`;
    // Of a row that says nothing the name is empty.
    return { sql: tag.nullable ? `ifNull(${named}, '')` : named, kind: 'text', unit: '', metric: false };
  },
};
