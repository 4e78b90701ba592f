// Tags whose names the data decide, kept as two arrays a row: `attribute.x` of requests, `tag.x` of counters.
import type { Tag, TagFamily } from './tag.ts';

const FAMILIES = [
  { prefix: 'attribute.', names: 'attribute_names', values: 'attribute_values', category: 'Native Tag' },
  { prefix: 'tag.', names: 'tag_names', values: 'tag_values', category: 'Native Tag' },
] as const;
const NAME_CHARS_MAX = 256;

export const named_value: TagFamily = {
  tags: () => [],
  dynamic(definition, name): Tag | undefined {
    const family = FAMILIES.find((f) => name.startsWith(f.prefix));
    const stored = family && definition.columns.some((c) => c.name === family.names);
    const key = family ? name.slice(family.prefix.length) : '';
    if (!stored || key === '' || key.length > NAME_CHARS_MAX) return undefined;
    return {
      name,
      kind: 'text',
      meaning: `Value of ${key}`,
      category: family.category,
      unit: '',
      columns: [family.names, family.values],
      // The index of a name that is not there is 0, and element 0 of an array is ''.
      value: ([names, values], bind) => `${values}[indexOf(${names}, ${bind(key, 'String')})]`,
    };
  },
};
