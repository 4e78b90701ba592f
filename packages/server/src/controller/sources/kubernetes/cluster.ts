// A cluster as its watches tell it, told on to the inventory: pods with what they belong to, services, nodes. Kinds come by
// watches of their own, in any order: a pod is told once what it belongs to is known, or soon after without.
import { createHash } from 'node:crypto';
import type { Resource } from '@sonde/records';
import type { Inventory, Known, Moment, Named, ServiceOf } from '../../../inventory.ts';
import { kept } from '../../../kept.ts';
import { resource } from '../place.ts';
import { group_type } from './kinds.ts';
import type { Meta, Node, Pod, Ref, Service } from './objects.ts';

/** A pod whose owner, namespace or node is unheard of is told without after so long; rows wait longer. */
const UNHEARD_US = 1.5e6;
const TYPE = { pod: 10, pod_service: 11, pod_node: 14, pod_cluster: 103 } as const;

interface Namespace {
  uid: string;
  readonly services: Map<string, Service>;
  readonly ingresses: Map<string, { readonly meta: Meta; readonly services: ReadonlySet<string> }>;
  readonly pods: Map<string, Pod>;
}
interface Told {
  readonly digest: string;
  readonly known: Known;
}

export class Cluster {
  private readonly name: string;
  private readonly inventory: Inventory;
  private readonly namespaces = new Map<string, Namespace>();
  private readonly nodes = new Map<string, Node>();
  /** What owns replica sets and jobs; undefined = nothing does. */
  private readonly owners = new Map<string, Ref | undefined>();
  private readonly outside = new Map<string, { readonly service: string; readonly addresses: readonly string[] }>();
  private readonly told = new Map<string, Told>();
  private readonly waiting = new Map<string, { readonly pod: Pod; readonly until_us: number }>();
  private readonly now_us: () => number;
  private uid = '';
  /** Whether kinds that say who owns what are read; what is not can not be waited for. */
  readonly blind = new Set<'namespaces' | 'nodes' | 'owners'>();
  /** Nothing is told before everything was listed once. */
  ready = false;

  constructor(name: string, inventory: Inventory, now_us: () => number = () => Date.now() * 1000) {
    this.name = name;
    this.inventory = inventory;
    this.now_us = now_us;
  }

  get sizes(): Readonly<Record<string, number>> {
    return { told: this.told.size, waiting: this.waiting.size, owners: this.owners.size };
  }

  /** Tells everything. `uid` tells the cluster apart for ever. */
  begin(uid: string): void {
    this.uid = uid;
    this.ready = true;
    this.tell_nodes();
    for (const [name, namespace] of this.namespaces) {
      for (const service of namespace.services.values()) this.tell_service(service);
      this.retell(name, undefined);
    }
  }

  /** To be called every half a second or so. */
  tick(): void {
    const now_us = this.now_us();
    for (const [uid, { pod, until_us }] of this.waiting) {
      if (until_us > now_us) continue;
      this.waiting.delete(uid);
      this.tell(pod, pod.changed, true);
    }
  }

  put_namespace(name: string, uid: string): void {
    const namespace = this.namespace(name);
    if (namespace.uid === uid) return;
    namespace.uid = uid;
    this.retell(name, undefined);
  }

  namespace_uid(name: string): string {
    return this.namespaces.get(name)?.uid ?? '';
  }

  put_node(node: Node): void {
    const before = this.nodes.get(node.name);
    this.nodes.set(node.name, node);
    if (!this.ready) return;
    this.tell_node(node);
    this.tell_hosts();
    if (before?.uid !== node.uid || before.hostname !== node.hostname)
      for (const { pod } of this.waiting.values()) this.tell(pod, pod.changed, false);
  }

  remove_node(name: string, at: Moment): void {
    const node = this.nodes.get(name);
    this.nodes.delete(name);
    if (node === undefined) return;
    this.forget(node.uid, at);
    this.tell_hosts();
  }

  put_owner(uid: string, owner: Ref | undefined): void {
    this.owners.set(uid, owner);
    for (const { pod } of this.waiting.values()) if (pod.owner?.uid === uid) this.tell(pod, pod.changed, false);
  }

  remove_owner(uid: string): void {
    this.owners.delete(uid);
  }

  put_service(service: Service, changed: Moment): void {
    this.namespace(service.namespace).services.set(service.uid, service);
    this.tell_service(service);
    this.retell(service.namespace, changed);
  }

  remove_service(service: Meta, at: Moment): void {
    if (!this.namespace(service.namespace).services.delete(service.uid)) return;
    this.forget(service.uid, at);
    this.retell(service.namespace, at);
  }

  put_ingress(meta: Meta, services: ReadonlySet<string>, changed: Moment): void {
    this.namespace(meta.namespace).ingresses.set(meta.uid, { meta, services });
    this.retell(meta.namespace, changed);
  }

  remove_ingress(meta: Meta, at: Moment): void {
    if (this.namespace(meta.namespace).ingresses.delete(meta.uid)) this.retell(meta.namespace, at);
  }

  /** Addresses outside of the cluster that stand behind a service without a selector. */
  put_outside(slice: Meta, addresses: readonly string[]): void {
    const service = slice.labels['kubernetes.io/service-name'] ?? '';
    if (addresses.length === 0) this.outside.delete(slice.uid);
    else this.outside.set(slice.uid, { service: `${slice.namespace}/${service}`, addresses });
    const of = [...this.namespace(slice.namespace).services.values()].find((s) => s.name === service);
    if (of !== undefined) this.tell_service(of);
  }

  put_pod(pod: Pod): void {
    this.namespace(pod.namespace).pods.set(pod.uid, pod);
    this.tell(pod, pod.changed, false);
  }

  remove_pod(pod: Meta, at: Moment): void {
    this.namespaces.get(pod.namespace)?.pods.delete(pod.uid);
    this.waiting.delete(pod.uid);
    this.forget(pod.uid, at);
  }

  private namespace(name: string): Namespace {
    return kept(this.namespaces, name, () => ({
      uid: '',
      services: new Map(),
      ingresses: new Map(),
      pods: new Map(),
    }));
  }

  private forget(uid: string, at: Moment): void {
    if (this.told.delete(uid)) this.inventory.remove(this.name, uid, at);
  }

  /** All pods of a namespace, whose services or ingresses changed. */
  private retell(namespace: string, changed: Moment | undefined): void {
    for (const pod of this.namespaces.get(namespace)?.pods.values() ?? [])
      this.tell(pod, changed ?? pod.changed, false);
  }

  /** A pod without a machine runs nowhere yet. */
  private tell(pod: Pod, changed: Moment, at_any_rate: boolean): void {
    if (!this.ready || pod.node === '') return;
    if (!at_any_rate && !this.told.has(pod.uid) && !this.is_heard_of(pod)) {
      const until_us = this.waiting.get(pod.uid)?.until_us ?? this.now_us() + UNHEARD_US;
      this.waiting.set(pod.uid, { pod, until_us });
      return;
    }
    this.waiting.delete(pod.uid);
    this.put(pod.uid, this.known_pod(pod), changed);
    this.inventory.hold(this.name, pod.uid, pod.addresses, pod.addresses.length > 0 ? pod.held : changed);
  }

  private is_heard_of({ namespace, node, owner }: Pod): boolean {
    if (this.namespace_uid(namespace) === '' && !this.blind.has('namespaces')) return false;
    if (!this.nodes.has(node) && !this.blind.has('nodes')) return false;
    const has_owner = owner?.kind === 'ReplicaSet' || owner?.kind === 'Job';
    return !has_owner || this.owners.has(owner.uid) || this.blind.has('owners');
  }

  private put(uid: string, known: Known, at: Moment): void {
    const digest = createHash('sha1').update(JSON.stringify(known)).digest('base64');
    if (this.told.get(uid)?.digest === digest) return;
    this.told.set(uid, { digest, known });
    this.inventory.put(this.name, uid, known, at);
  }

  private known_pod(pod: Pod): Known {
    const group = this.group_of(pod);
    const node = this.nodes.get(pod.node);
    const self: Named = { type: TYPE.pod, name: pod.name };
    return {
      resources: [
        ...this.common(pod.namespace),
        resource('pod', pod.uid, pod.name),
        ...(node === undefined ? [] : [this.node_resource(node)]),
        ...(group === undefined
          ? []
          : [resource('pod_group', group.uid, group.name, { type: group_type(group.kind) })]),
      ],
      hostname: node?.hostname ?? '',
      labels: pod.labels,
      instance: self,
      fallback: group === undefined ? self : { type: group_type(group.kind), name: group.name },
      services: this.services_of(pod),
    };
  }

  private common(namespace: string): Resource[] {
    const uid = this.namespace_uid(namespace) || `${this.uid}/${namespace}`;
    return [resource('pod_cluster', this.uid, this.name), resource('pod_ns', uid, namespace)];
  }

  private node_resource(node: Node): Resource {
    return resource('pod_node', node.uid, node.name, { hostname: node.hostname, ip: node.addresses[0] ?? '' });
  }

  /** The workload: what owns the pod's replica set or job, else its owner. */
  private group_of(pod: Pod): Ref | undefined {
    const { owner, template, namespace } = pod;
    if (owner === undefined) return undefined;
    const above = this.owners.get(owner.uid);
    if (above !== undefined) return above;
    // Replica sets may not be read: their names are the Deployment's with the template's hash behind.
    if (owner.kind !== 'ReplicaSet' || template === '' || this.owners.has(owner.uid)) return owner;
    if (!owner.name.endsWith(`-${template}`)) return owner;
    const name = owner.name.slice(0, -template.length - 1);
    return { kind: 'Deployment', name, uid: `${this.uid}/${namespace}/Deployment/${name}` };
  }

  /** Services whose selector the pod's labels fulfil: those with an address of their own first, then the oldest. */
  private services_of(pod: Pod): ServiceOf[] {
    const namespace = this.namespace(pod.namespace);
    return [...namespace.services.values()]
      .filter(({ selector }) => selects(selector, pod.labels))
      .sort(
        (a, b) =>
          Number(a.headless) - Number(b.headless) ||
          (a.created_us || 0) - (b.created_us || 0) ||
          (a.name < b.name ? -1 : 1),
      )
      .map((service) => ({
        resource: service_resource(service),
        ingress: this.ingress_of(service),
        labels: service.labels,
        // A name that the pod has no port for is no port; no targets at all are any port.
        ports: service.targets.map((target) => (typeof target === 'number' ? target : (pod.ports[target] ?? 0))),
      }));
  }

  private ingress_of(service: Service): Resource | undefined {
    const found = [...this.namespace(service.namespace).ingresses.values()]
      .filter(({ services }) => services.has(service.name))
      .sort((a, b) => (a.meta.name < b.meta.name ? -1 : 1))[0];
    return found && resource('pod_ingress', found.meta.uid, found.meta.name);
  }

  private tell_service(service: Service): void {
    if (!this.ready) return;
    const self = service_resource(service);
    const named: Named = { type: TYPE.pod_service, name: service.name };
    const at = { from_us: service.created_us || this.now_us(), to_us: this.now_us() };
    this.put(
      service.uid,
      {
        resources: this.common(service.namespace),
        hostname: '',
        labels: {},
        instance: named,
        fallback: named,
        services: [{ resource: self, ingress: this.ingress_of(service), labels: service.labels, ports: [] }],
      },
      at,
    );
    this.inventory.hold(this.name, service.uid, [...service.addresses, ...this.outside_of(service)], at);
  }

  /** Not those of pods and machines, which are themselves. */
  private outside_of(service: Service): string[] {
    if (Object.keys(service.selector).length > 0) return [];
    const nodes = new Set([...this.nodes.values()].flatMap((node) => node.addresses));
    const behind = [...this.outside.values()].filter((s) => s.service === `${service.namespace}/${service.name}`);
    return [...new Set(behind.flatMap((slice) => slice.addresses))].filter((address) => !nodes.has(address));
  }

  private tell_nodes(): void {
    for (const node of this.nodes.values()) this.tell_node(node);
    this.tell_hosts();
  }

  private tell_hosts(): void {
    this.inventory.hosts(this.name, new Map([...this.nodes.values()].map((node) => [node.hostname, node.uid])));
  }

  private tell_node(node: Node): void {
    const at = { from_us: node.created_us || this.now_us(), to_us: this.now_us() };
    const known: Known = {
      resources: [resource('pod_cluster', this.uid, this.name), this.node_resource(node)],
      hostname: node.hostname,
      labels: node.labels,
      instance: { type: TYPE.pod_node, name: node.name },
      fallback: { type: TYPE.pod_cluster, name: this.name },
      services: [],
    };
    this.put(node.uid, known, at);
    this.inventory.hold(this.name, node.uid, node.addresses, at);
  }
}

const service_resource = (service: Service): Resource =>
  resource('pod_service', service.uid, service.name, { ip: service.addresses[0] ?? '' });

/** An empty selector selects nothing. */
function selects(selector: Readonly<Record<string, string>>, labels: Readonly<Record<string, string>>): boolean {
  const wanted = Object.entries(selector);
  return wanted.length > 0 && wanted.every(([name, value]) => labels[name] === value);
}
