// Families of tags, in the order in which they are asked: a later family's tag never hides an earlier one's.
import type { RecordDefinition } from '@sonde/records';
import { address } from './address.ts';
import { entity } from './entity.ts';
import { named_value } from './named-value.ts';
import { physical } from './physical.ts';
import type { Tag, TagFamily } from './tag.ts';

const FAMILIES: readonly TagFamily[] = [physical, address, entity, named_value];

export function tags_of(definition: RecordDefinition): ReadonlyMap<string, Tag> {
  const tags = new Map<string, Tag>();
  for (const family of FAMILIES)
    for (const tag of family.tags(definition)) if (!tags.has(tag.name)) tags.set(tag.name, tag);
  return tags;
}
export function dynamic_tag(definition: RecordDefinition, name: string): Tag | undefined {
  for (const family of FAMILIES) {
    const tag = family.dynamic?.(definition, name);
    if (tag) return tag;
  }
  return undefined;
}
