// Families of tags, in the order in which they are asked: a later family's tag never hides an earlier one's.
import type { RecordDefinition } from '@sonde/records';
import { address } from './address.ts';
import { custom } from './custom.ts';
import { derived } from './derived.ts';
import { entity } from './entity.ts';
import { named_value } from './named-value.ts';
import { physical } from './physical.ts';
import { profile } from './profile.ts';
import { prometheus } from './prometheus.ts';
import { resource } from './resource.ts';
import { end_suffixes, type Tag, type TagFamily } from './tag.ts';

const FAMILIES: readonly TagFamily[] = [
  physical,
  address,
  entity,
  resource,
  custom,
  named_value,
  prometheus,
  profile,
  derived,
];

export function tags_of(definition: RecordDefinition): ReadonlyMap<string, Tag> {
  const tags = new Map<string, Tag>();
  for (const family of FAMILIES)
    for (const tag of [...family.tags(definition), ...whole_families(family, definition)])
      if (!tags.has(tag.name)) tags.set(tag.name, tag);
  return tags;
}
export function dynamic_tag(definition: RecordDefinition, name: string): Tag | undefined {
  for (const family of FAMILIES) {
    const tag = family.dynamic?.(definition, name);
    if (tag) return tag;
  }
  return undefined;
}

function whole_families(family: TagFamily, definition: RecordDefinition): Tag[] {
  const names = end_suffixes(definition).flatMap((suffix) => (family.families ?? []).map((name) => name + suffix));
  return names.flatMap((name) => family.dynamic?.(definition, name) ?? []);
}
