// The things that the rows of the bench are about: 5,000 pods with 20 universal and 30 custom tags each, so that a row, which has
// two ends, has 40 and 60.
import { createHash } from 'node:crypto';

export const PODS = 5000;
export const MODELS = ['correlated', 'random'] as const;
/** correlated: labels of 5,000 pods in clusters; random: 16 characters drawn for each pod and tag. */
export type Model = (typeof MODELS)[number];

/** Tags that are resources of their own, by the name of their kind. */
export const RESOURCE_TAGS = [
  'region',
  'az',
  'host',
  'chost',
  'vpc',
  'l2_vpc',
  'subnet',
  'router',
  'lb',
  'pod_cluster',
  'pod_ns',
  'pod_node',
  'pod_ingress',
  'pod_service',
  'pod_group',
  'pod',
  'biz_service',
] as const;
export const UNIVERSAL_TAGS = [...RESOURCE_TAGS, 'auto_instance', 'auto_service', 'container'] as const;
export type UniversalTag = (typeof UNIVERSAL_TAGS)[number];

/** What decides the value of a custom tag in the correlated model. */
type Level = 'cluster' | 'namespace' | 'workload' | 'node' | 'pod';
const LABELS: Readonly<Record<string, Level>> = {
  app: 'workload',
  'app.kubernetes.io/name': 'workload',
  'app.kubernetes.io/instance': 'workload',
  'app.kubernetes.io/version': 'workload',
  'app.kubernetes.io/component': 'workload',
  'app.kubernetes.io/part-of': 'namespace',
  'app.kubernetes.io/managed-by': 'cluster',
  'helm.sh/chart': 'workload',
  'pod-template-hash': 'workload',
  'statefulset.kubernetes.io/pod-name': 'pod',
  'apps.kubernetes.io/pod-index': 'pod',
  team: 'namespace',
  owner: 'namespace',
  tier: 'workload',
  environment: 'cluster',
  release: 'workload',
  track: 'workload',
  'cost-center': 'namespace',
  'security.istio.io/tlsMode': 'cluster',
  'service.istio.io/canonical-name': 'workload',
};
const ANNOTATIONS: Readonly<Record<string, Level>> = {
  'checksum/config': 'workload',
  'prometheus.io/port': 'workload',
  'cni.projectcalico.org/containerID': 'pod',
  'cni.projectcalico.org/podIP': 'pod',
};
const CLOUD_TAGS: Readonly<Record<string, Level>> = {
  Name: 'node',
  'instance-type': 'node',
  'node-pool': 'node',
  account: 'cluster',
  'kubernetes.io/cluster': 'cluster',
  'cost-center': 'cluster',
};
export const CUSTOM_FAMILIES = { 'k8s.label': LABELS, 'k8s.annotation': ANNOTATIONS, 'cloud.tag': CLOUD_TAGS } as const;
export type CustomFamily = keyof typeof CUSTOM_FAMILIES;
const families = Object.entries(CUSTOM_FAMILIES) as [CustomFamily, Readonly<Record<string, Level>>][];
/** `family.key`. */
export const CUSTOM_TAGS: readonly string[] = families.flatMap(([family, keys]) =>
  Object.keys(keys).map((key) => `${family}.${key}`),
);
/** In the order of Pod.values. */
export const TAGS: readonly string[] = [...UNIVERSAL_TAGS, ...CUSTOM_TAGS];

export interface Pod {
  /** Also its entity's id. */
  readonly id: number;
  readonly universal: Readonly<Record<UniversalTag, string>>;
  readonly custom: Readonly<Record<CustomFamily, Readonly<Record<string, string>>>>;
}
export const values_of = ({ universal, custom }: Pod): string[] => [
  ...UNIVERSAL_TAGS.map((tag) => universal[tag]),
  ...families.flatMap(([family, keys]) => Object.keys(keys).map((key) => custom[family][key]!)),
];

const hash = (text: string, chars: number, encoding: 'hex' | 'base64' = 'hex'): string =>
  createHash('sha256').update(text).digest(encoding).slice(0, chars);

/** 5 clusters of 60 nodes and 10 namespaces, each of 10 workloads of 10 pods, each workload a service. */
const PODS_A_WORKLOAD = 10;
const WORKLOADS_A_NAMESPACE = 10;
const NAMESPACES_A_CLUSTER = 10;
const NODES_A_CLUSTER = 60;
const NODES_A_HOST = 4;
const REGIONS = 3;
const ZONES_A_REGION = 3;

function place(id: number): Readonly<Record<Level, number>> {
  const workload = Math.floor((id - 1) / PODS_A_WORKLOAD);
  const namespace = Math.floor(workload / WORKLOADS_A_NAMESPACE);
  const cluster = Math.floor(namespace / NAMESPACES_A_CLUSTER);
  const node = cluster * NODES_A_CLUSTER + (Number.parseInt(hash(`node of ${id}`, 8), 16) % NODES_A_CLUSTER);
  return { pod: id, workload, namespace, cluster, node };
}

function correlated(id: number): Pod {
  const at = place(id);
  const region = `region-${at.cluster % REGIONS}`;
  const zone = at.node % ZONES_A_REGION;
  const pod = `workload-${at.workload}-${hash(`replica set ${at.workload}`, 10)}-${hash(`pod ${id}`, 5)}`;
  const keyed = (keys: Readonly<Record<string, Level>>): Record<string, string> =>
    Object.fromEntries(
      Object.entries(keys).map(([key, level]) => [key, `${level}-${at[level]}-${hash(`${key} ${at[level]}`, 6)}`]),
    );
  return {
    id,
    universal: {
      region,
      az: `${region}-az-${zone}`,
      host: `hypervisor-${Math.floor(at.node / NODES_A_HOST)}`,
      chost: `vm-${at.node}.internal`,
      vpc: `vpc-${at.cluster}`,
      l2_vpc: `l2-vpc-${at.cluster}`,
      subnet: `subnet-${at.cluster}-${zone}`,
      router: `router-${at.cluster}`,
      lb: `lb-${at.namespace}`,
      pod_cluster: `cluster-${at.cluster}`,
      pod_ns: `namespace-${at.namespace}`,
      pod_node: `node-${at.node}`,
      pod_ingress: `ingress-${at.namespace}`,
      pod_service: `service-${at.workload}`,
      pod_group: `workload-${at.workload}`,
      pod,
      biz_service: `business-${at.namespace % 20}`,
      auto_instance: pod,
      auto_service: `service-${at.workload}`,
      container: `container-${at.workload}`,
    },
    custom: {
      'k8s.label': keyed(LABELS),
      'k8s.annotation': keyed(ANNOTATIONS),
      'cloud.tag': keyed(CLOUD_TAGS),
    },
  };
}

const RANDOM_CHARS = 16;
function random(id: number): Pod {
  const drawn = (names: readonly string[], family = ''): Record<string, string> =>
    Object.fromEntries(names.map((name) => [name, hash(`${id} ${family} ${name}`, RANDOM_CHARS, 'base64')]));
  return {
    id,
    universal: drawn(UNIVERSAL_TAGS) as Record<UniversalTag, string>,
    custom: Object.fromEntries(
      families.map(([family, keys]) => [family, drawn(Object.keys(keys), family)]),
    ) as unknown as Pod['custom'],
  };
}

export const pods_of = (model: Model): Pod[] =>
  Array.from({ length: PODS }, (_, i) => (model === 'correlated' ? correlated(i + 1) : random(i + 1)));
