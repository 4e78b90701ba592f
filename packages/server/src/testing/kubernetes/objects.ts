// Objects as an API server gives them, in the fields that matter and some that do not.
import { randomUUID } from 'node:crypto';
import type { FakeObject } from './api-server.ts';

export const stamp = (ms: number): string => new Date(Math.floor(ms / 1000) * 1000).toISOString().replace('.000', '');

const GROUPS: Readonly<Record<string, string>> = {
  Deployment: 'apps/v1',
  ReplicaSet: 'apps/v1',
  StatefulSet: 'apps/v1',
  DaemonSet: 'apps/v1',
  Job: 'batch/v1',
  Ingress: 'networking.k8s.io/v1',
  EndpointSlice: 'discovery.k8s.io/v1',
};

export interface Shape {
  readonly name: string;
  readonly namespace?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly owner?: { readonly kind: string; readonly name: string; readonly uid: string };
  readonly created_ms?: number;
  readonly changed_ms?: number;
  readonly uid?: string;
  readonly more?: Readonly<Record<string, unknown>>;
}

export function fake(kind: string, shape: Shape, rest: Readonly<Record<string, unknown>> = {}): FakeObject {
  const created_ms = shape.created_ms ?? Date.now();
  return {
    apiVersion: GROUPS[kind] ?? 'v1',
    kind,
    metadata: {
      name: shape.name,
      ...(shape.namespace !== undefined && { namespace: shape.namespace }),
      uid: shape.uid ?? randomUUID(),
      creationTimestamp: stamp(created_ms),
      ...(shape.labels !== undefined && { labels: shape.labels }),
      ...(shape.owner !== undefined && {
        ownerReferences: [{ apiVersion: 'v1', controller: true, blockOwnerDeletion: true, ...shape.owner }],
      }),
      managedFields: [
        { manager: 'kubelet', operation: 'Update', apiVersion: 'v1', time: stamp(shape.changed_ms ?? created_ms) },
      ],
      ...shape.more,
    },
    ...rest,
  };
}

export interface PodShape extends Shape {
  readonly node?: string;
  readonly ip?: string;
  readonly phase?: string;
  readonly started_ms?: number;
  readonly ports?: readonly { readonly name: string; readonly containerPort: number }[];
  readonly env?: readonly object[];
  readonly host_network?: boolean;
}

export const fake_pod = (shape: PodShape): FakeObject =>
  fake('Pod', shape, {
    spec: {
      ...(shape.node !== undefined && { nodeName: shape.node }),
      ...(shape.host_network === true && { hostNetwork: true }),
      containers: [{ name: 'main', image: 'registry/app:1', ports: shape.ports ?? [], env: shape.env ?? [] }],
    },
    status: {
      phase: shape.phase ?? (shape.ip === undefined ? 'Pending' : 'Running'),
      ...(shape.started_ms !== undefined && { startTime: stamp(shape.started_ms) }),
      ...(shape.ip !== undefined && { podIP: shape.ip, podIPs: [{ ip: shape.ip }] }),
    },
  });

export const fake_node = (name: string, ip: string): FakeObject =>
  fake(
    'Node',
    { name, labels: { 'kubernetes.io/hostname': name } },
    {
      status: {
        addresses: [
          { type: 'InternalIP', address: ip },
          { type: 'Hostname', address: name },
        ],
      },
    },
  );

export const fake_service = (
  shape: Shape,
  ip: string,
  selector: Readonly<Record<string, string>>,
  ports: readonly { readonly port: number; readonly targetPort?: number | string }[],
): FakeObject =>
  fake('Service', shape, { spec: { type: 'ClusterIP', clusterIP: ip, clusterIPs: [ip], selector, ports }, status: {} });
