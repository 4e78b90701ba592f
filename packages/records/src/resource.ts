// Universal tags: the things of an installation that an entity belongs to (deepflow.md section 4). Each is a resource with an
// id of its own, allocated once by the server; an entity names at most one of each kind. Agents know nothing of them.

/** Kinds and what they are, in the order of the flow_tag.entity_map columns behind ENTITY_FIELDS; the tag's name is the kind's. */
export const RESOURCE_MEANINGS = {
  region: 'Region',
  az: 'Availability zone',
  host: 'Machine; of virtual machines the one that carries them',
  chost: 'Virtual or bare-metal machine',
  vpc: 'Virtual private cloud',
  l2_vpc: 'Virtual private cloud of the MAC address',
  subnet: 'Subnet',
  router: 'Router',
  dhcpgw: 'DHCP gateway',
  lb: 'Load balancer',
  lb_listener: 'Listener of a load balancer',
  natgw: 'NAT gateway',
  redis: 'Redis instance',
  rds: 'Database instance',
  pod_cluster: 'Kubernetes cluster',
  pod_ns: 'Kubernetes namespace',
  pod_node: 'Kubernetes node',
  pod_ingress: 'Kubernetes ingress',
  pod_service: 'Kubernetes service',
  pod_group: 'Kubernetes workload',
  pod: 'Kubernetes pod',
  biz_service: 'Business service',
  province: 'Province of an Internet address',
  label_set: 'Set of labels: entities with the same Kubernetes labels share one',
} as const;
export type ResourceKind = keyof typeof RESOURCE_MEANINGS;
export const RESOURCE_KINDS = Object.keys(RESOURCE_MEANINGS) as readonly ResourceKind[];

/** Column of entity_map that holds the id of this kind. */
export const resource_column = (kind: ResourceKind): `${ResourceKind}_id` => `${kind}_id`;

/** Resource ids of an entity; kinds that are not there are 0. */
export type UniversalTags = Readonly<Partial<Record<ResourceKind, number>>>;

export interface Resource {
  readonly kind: ResourceKind;
  /** Tells resources of a kind apart, e.g. the UID that Kubernetes gives. */
  readonly uid: string;
  readonly name: string;
  readonly hostname: string;
  readonly ip: string;
  /** Kind within the kind: pod_group_type of workloads; 0 otherwise. */
  readonly type: number;
}
/** Fields in the order of the flow_tag.resource_map columns after `id`. */
export const RESOURCE_FIELDS = [
  'kind',
  'uid',
  'name',
  'hostname',
  'ip',
  'type',
] as const satisfies readonly (keyof Resource)[];

/** Kinds that people also name by address and by host name: host_ip, chost_hostname ... */
export const ADDRESSED_KINDS = ['host', 'chost', 'pod_node'] as const satisfies readonly ResourceKind[];

/** Families of custom tags: `family.key`, and the family alone for all keys as one JSON text. */
export const CUSTOM_TAG_FAMILIES = [
  'k8s.label',
  'k8s.annotation',
  'k8s.env',
  'cloud.tag',
  'os.app',
  'biz_service',
] as const;
export type CustomTagFamily = (typeof CUSTOM_TAG_FAMILIES)[number];

/** Bounds of what a source may bring. */
export const CUSTOM_TAGS_MAX = 256;
export const CUSTOM_TAG_CHARS_MAX = 4096;
