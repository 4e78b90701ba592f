// What each kind does to the cluster: an object that is there or changed, and one that is gone.
import type { Inventory, Moment } from '../../../inventory.ts';
import type { Cluster } from './cluster.ts';
import type { Json } from './json.ts';
import type { Kind } from './kinds.ts';
import {
  annotations_of,
  backends_of,
  controller_of,
  env_of,
  type Meta,
  meta_of,
  node_of,
  outside_of,
  pod_of,
  service_of,
} from './objects.ts';

export interface Applier {
  /** `at`: when what is new in it happened. */
  put(item: Json, at: Moment): void;
  remove(meta: Meta, at: Moment): void;
}

/** Custom tags that the settings ask for. */
export interface CustomSettings {
  readonly annotations: boolean;
  readonly env: boolean;
}

const NOTHING: Applier = { put: () => {}, remove: () => {} };

export function appliers(
  cluster: Cluster,
  inventory: Inventory,
  settings: CustomSettings,
): Readonly<Record<Exclude<Kind, 'events'>, Applier>> {
  const pods = new CustomTagsOf('pod', inventory, settings);
  const services = new CustomTagsOf('pod_service', inventory, settings);
  const owned: Applier = {
    put: (item) => cluster.put_owner(meta_of(item).uid, controller_of(item)),
    remove: (meta) => cluster.remove_owner(meta.uid),
  };
  return {
    namespaces: { put: (item) => cluster.put_namespace(meta_of(item).name, meta_of(item).uid), remove: () => {} },
    nodes: { put: (item) => cluster.put_node(node_of(item)), remove: (meta, at) => cluster.remove_node(meta.name, at) },
    pods: {
      put: (item, at) => {
        cluster.put_pod(pod_of(item, at));
        pods.put(item);
      },
      remove: (meta, at) => {
        cluster.remove_pod(meta, at);
        pods.remove(meta.uid);
      },
    },
    services: {
      put: (item, at) => {
        cluster.put_service(service_of(item), at);
        services.put(item);
      },
      remove: (meta, at) => {
        cluster.remove_service(meta, at);
        services.remove(meta.uid);
      },
    },
    endpointslices: {
      put: (item) => cluster.put_outside(meta_of(item), outside_of(item)),
      remove: (meta) => cluster.put_outside(meta, []),
    },
    ingresses: {
      put: (item, at) => cluster.put_ingress(meta_of(item), backends_of(item), at),
      remove: (meta, at) => cluster.remove_ingress(meta, at),
    },
    replicasets: owned,
    jobs: owned,
    // Pods name them; they are watched for their changes.
    deployments: NOTHING,
    statefulsets: NOTHING,
    daemonsets: NOTHING,
    cronjobs: NOTHING,
  };
}

/** Annotations and environment of one kind, told when they change. */
class CustomTagsOf {
  private readonly kind: 'pod' | 'pod_service';
  private readonly inventory: Inventory;
  private readonly families: readonly (readonly ['k8s.annotation' | 'k8s.env', (item: Json) => Tags])[];
  private readonly told = new Map<string, string>();

  constructor(kind: 'pod' | 'pod_service', inventory: Inventory, settings: CustomSettings) {
    this.kind = kind;
    this.inventory = inventory;
    this.families = [
      ...(settings.annotations ? [['k8s.annotation', annotations_of] as const] : []),
      ...(settings.env && kind === 'pod' ? [['k8s.env', env_of] as const] : []),
    ];
  }

  put(item: Json): void {
    const { uid, name } = meta_of(item);
    for (const [family, read] of this.families) {
      const values = read(item);
      const key = `${family} ${uid}`;
      const text = JSON.stringify(values);
      if (text === this.told.get(key)) continue;
      this.told.set(key, text);
      const resource = { kind: this.kind, uid, name, hostname: '', ip: '', type: 0 } as const;
      this.inventory.custom_tags({ resource, family, values });
    }
  }

  remove(uid: string): void {
    for (const [family] of this.families) this.told.delete(`${family} ${uid}`);
  }
}
type Tags = Readonly<Record<string, string>>;
