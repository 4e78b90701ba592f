// The pods as entities with their resources and custom tags, through the server's own labeler into its own tables.
import { createHash } from 'node:crypto';
import { ENTITY_TYPE, type Entity, NO_ENTITY, type UniversalTags } from '../../packages/records/src/index.ts';
import { EntityIds } from '../../packages/server/src/label/entities.ts';
import { Resources } from '../../packages/server/src/label/resources.ts';
import { entity_store, resource_store } from '../../packages/server/src/store/entity-store.ts';
import { ENTITIES_MAX, RESOURCES_MAX } from '../../packages/server/src/store/schema/entity.ts';
import type { Store } from '../../packages/server/src/store/store.ts';
import { type Pod, RESOURCE_TAGS } from './pods.ts';

const TABLES = ['entity_map', 'resource_map', 'custom_tag_map'];

const entity_of = ({ universal }: Pod): Entity => ({
  ...NO_ENTITY,
  type: ENTITY_TYPE.pod,
  name: universal.auto_instance,
  service: universal.auto_service,
  service_type: ENTITY_TYPE.pod,
  container_name: universal.container,
});

/** Kubernetes tells its things apart by random UUIDs, which a dictionary has to keep; clouds by names. */
function uid_of(kind: (typeof RESOURCE_TAGS)[number], name: string): string {
  if (!kind.startsWith('pod')) return name;
  const hex = createHash('sha256').update(`${kind} ${name}`).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

/** Tells the resources of a pod, annotations of the pod and tags of its machine; equal ones are told once. */
function universal_of(pod: Pod, resources: Resources, told: Set<number>): UniversalTags {
  const ids: Partial<Record<keyof UniversalTags, number>> = {};
  for (const kind of RESOURCE_TAGS) {
    const name = pod.universal[kind];
    ids[kind] = resources.id({ kind, uid: uid_of(kind, name), name, hostname: '', ip: '', type: 0 });
  }
  ids.label_set = resources.label_set(pod.custom['k8s.label']);
  for (const [owner, family] of [
    [ids.pod!, 'k8s.annotation'],
    [ids.chost!, 'cloud.tag'],
  ] as const) {
    if (told.has(owner)) continue;
    told.add(owner);
    resources.set_tags(owner, family, pod.custom[family]);
  }
  return ids;
}

/** Stores all of it and reloads the dictionaries. Ids are 1, 2, 3 ... in the order of `pods`. */
export async function store_tags(
  store: Store,
  pods: readonly Pod[],
  cpu_s: () => number,
): Promise<{ cpu_s: number; reload_cpu_s: number }> {
  const began_s = cpu_s();
  const resources = await Resources.open(resource_store(store), RESOURCES_MAX, 'bench');
  const told = new Set<number>();
  const by_name = new Map(pods.map((pod) => [pod.universal.auto_instance, pod]));
  const entities = await EntityIds.open(entity_store(store), ENTITIES_MAX, 'bench', {
    tags: (entity) => universal_of(by_name.get(entity.name)!, resources, told),
    save: () => resources.save(),
    reload: () => resources.reload(),
  });
  // Its timer is not waited for: what it does is done, and counted, below.
  entities.close();
  const ids = await entities.resolve(pods.map((pod) => ({ local: pod.id, entity: entity_of(pod) })));
  const wrong = pods.find((pod) => ids.get(pod.id) !== pod.id);
  if (wrong !== undefined) throw new Error(`Pod ${wrong.id} became entity ${ids.get(wrong.id)}.`);
  for (const table of TABLES) await store.exec(`OPTIMIZE TABLE flow_tag.${table} FINAL`);
  const before_s = cpu_s();
  await resources.reload();
  await entity_store(store).reload();
  return { cpu_s: cpu_s() - began_s, reload_cpu_s: cpu_s() - before_s };
}
