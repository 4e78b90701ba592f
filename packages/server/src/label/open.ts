// The stage put together: entities, resources, what sources know, and the labeler over them.
import { Ends } from './ends.ts';
import { EntityIds, type EntityStore } from './entities.ts';
import { Labeler } from './labeler.ts';
import { host_source, Resources, type ResourceStore } from './resources.ts';
import { Things } from './things.ts';

export interface Labels {
  readonly entities: EntityIds;
  readonly things: Things;
  readonly ends: Ends;
  readonly labeler: Labeler;
  gauges(): Readonly<Record<string, number>>;
}

/** `boot` must be new at every start. */
export async function open_labels(
  entity_store: EntityStore,
  resource_store: ResourceStore,
  boot: string,
  entities_max: number,
  resources_max: number,
): Promise<Labels> {
  const resources = await Resources.open(resource_store, resources_max, boot);
  const entities = await EntityIds.open(entity_store, entities_max, boot, {
    tags: (entity) => host_source(entity, resources),
    save: () => resources.save(),
    reload: () => resources.reload(),
  });
  const things = new Things(({ resource, family, values }) =>
    resources.set_tags(resources.id(resource), family, values),
  );
  const ends = new Ends(entities, resources, things);
  const labeler = new Labeler(entities, ends);
  const gauges = (): Record<string, number> => ({
    'entities.known': entities.size,
    'entities.exhausted': entities.exhausted,
    'entities.reloads': entities.reloads,
    'entities.reload_ms': entities.reload_ms,
    'resources.known': resources.size,
    'resources.exhausted': resources.exhausted,
    'inventory.waited': labeler.waited,
    ...things.gauges,
  });
  return { entities, things, ends, labeler, gauges };
}
