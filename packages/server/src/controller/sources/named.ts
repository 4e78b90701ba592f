// Tags of things that other sources know: which resources of a name there are is asked again and again, since they come and go.
import type { Resource } from '@sonde/records';
import type { Inventory } from '../../inventory.ts';
import { kept } from '../../kept.ts';
import type { NamedTags } from './domain/picture.ts';
import { resource, type TagsOf } from './place.ts';

export interface Resolved {
  readonly tags: readonly TagsOf[];
  /** Those of which nothing is known. */
  readonly unknown: readonly NamedTags[];
}

export function resolve(named: readonly NamedTags[], inventory: Pick<Inventory, 'resources'>): Resolved {
  if (named.length === 0) return { tags: [], unknown: [] };
  const wanted = new Map<string, NamedTags[]>();
  for (const one of named) kept(wanted, `${one.kind} ${one.name}`, () => []).push(one);
  const found = new Map<NamedTags, Map<string, Resource>>();
  for (const [scope, known] of inventory.resources())
    for (const one of wanted.get(`${known.kind} ${known.name}`) ?? [])
      if (is_in(scope, one.domain)) kept(found, one, () => new Map<string, Resource>()).set(known.uid, known);
  const tags: TagsOf[] = [];
  for (const one of named) {
    // The machine of an agent goes by its host name, whether or not a source knows it.
    if (one.kind === 'chost')
      tags.push({
        resource: resource('host', one.name, one.name, { hostname: one.name }),
        family: 'cloud.tag',
        values: one.values,
      });
    for (const known of found.get(one)?.values() ?? [])
      tags.push({ resource: known, family: 'cloud.tag', values: one.values });
  }
  return { tags, unknown: named.filter((one) => one.kind !== 'chost' && !found.has(one)) };
}

/** A scope is named after its source, with what it divides it into behind: 'prod', 'aws/prod/vpc-1'. */
const is_in = (scope: string, domain: string): boolean => scope === domain || scope.split('/').includes(domain);
