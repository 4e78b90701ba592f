// What is read of a cluster. Secrets and config maps are not.
export const KINDS = {
  namespaces: '/api/v1/namespaces',
  nodes: '/api/v1/nodes',
  pods: '/api/v1/pods',
  services: '/api/v1/services',
  endpointslices: '/apis/discovery.k8s.io/v1/endpointslices',
  deployments: '/apis/apps/v1/deployments',
  statefulsets: '/apis/apps/v1/statefulsets',
  daemonsets: '/apis/apps/v1/daemonsets',
  replicasets: '/apis/apps/v1/replicasets',
  jobs: '/apis/batch/v1/jobs',
  cronjobs: '/apis/batch/v1/cronjobs',
  ingresses: '/apis/networking.k8s.io/v1/ingresses',
  events: '/api/v1/events',
} as const;
export type Kind = keyof typeof KINDS;
export const KIND_NAMES = Object.keys(KINDS) as readonly Kind[];

/** auto_service_type and pod_group_type of what owns pods (deepflow.md section 4). */
const WORKLOAD = 101;
const GROUP_TYPES: Readonly<Record<string, number>> = {
  Deployment: 130,
  StatefulSet: 131,
  ReplicationController: 132,
  DaemonSet: 133,
  ReplicaSet: 134,
  CloneSet: 135,
};
export const group_type = (kind: string): number => GROUP_TYPES[kind] ?? WORKLOAD;
