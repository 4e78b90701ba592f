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
  /** Forgets ids that no row refers to any more. To be called every hour or so, never twice at once. */
  sweep(): Promise<void>;
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
  const swept = { entities: 0, resources: 0 };
  const sweep = async (): Promise<void> => {
    ends.forget_ids();
    swept.entities += await entities.sweep();
    const present = new Set(Array.from(things.resources(), ([, { uid }]) => uid));
    swept.resources += await resources.sweep((uid) => present.has(uid) || things.knows(uid));
  };
  const gauges = (): Record<string, number> => ({
    'entities.known': entities.size,
    'entities.exhausted': entities.exhausted,
    'entities.swept': swept.entities,
    'entities.reloads': entities.reloads,
    'entities.reload_ms': entities.reload_ms,
    'resources.known': resources.size,
    'resources.exhausted': resources.exhausted,
    'resources.swept': swept.resources,
    'inventory.waited': labeler.waited,
    ...things.gauges,
  });
  return { entities, things, ends, labeler, gauges, sweep };
}
