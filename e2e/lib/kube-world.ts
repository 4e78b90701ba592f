// A cluster that does not exist, with pods that come and go, and the truth about it: who was what and who had which address,
// to the millisecond. The API server is told as a real one is: late, in whole seconds, and in pieces.
import { randomUUID } from 'node:crypto';
import type { FakeApiServer, FakeObject } from '../../packages/server/src/testing/kubernetes/api-server.ts';
import {
  fake,
  fake_node,
  fake_pod,
  fake_service,
  type PodShape,
} from '../../packages/server/src/testing/kubernetes/objects.ts';

const PODS = '/api/v1/pods';
const LABELS = 60;
const HOUR_MS = 3600e3;

export interface Workload {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly set: { readonly kind: string; readonly name: string; readonly uid: string };
  readonly labels: Readonly<Record<string, string>>;
  /** Port -> service. */
  readonly services: ReadonlyMap<number, string>;
}
export interface TruePod {
  readonly uid: string;
  readonly name: string;
  readonly workload: Workload;
  readonly node: string;
  ip: string;
  /** It sends and takes calls from here on, before the API server says that it has an address. */
  from_ms: number;
  to_ms: number;
  /** Labels and since when. */
  readonly labels: { readonly from_ms: number; readonly labels: Readonly<Record<string, string>> }[];
}

export interface WorldSize {
  readonly namespaces: number;
  readonly nodes: number;
  readonly workloads: number;
  readonly pods: number;
}

export class World {
  readonly cluster_uid = randomUUID();
  readonly nodes: readonly string[];
  /** Everyone who takes calls now, in no order. */
  readonly alive: TruePod[] = [];
  churned = 0;
  relabelled = 0;
  reused = 0;
  private readonly api: FakeApiServer;
  private readonly workloads: Workload[] = [];
  private readonly free: string[] = [];
  private readonly had = new Set<string>();
  private readonly namespace_uids = new Map<string, string>();
  private readonly timers = new Set<NodeJS.Timeout>();
  private serial = 0;

  constructor(api: FakeApiServer, size: WorldSize) {
    this.api = api;
    this.nodes = Array.from({ length: size.nodes }, (_, i) => `node-${i + 1}`);
    // Few more addresses than pods: what is given back is soon another's.
    for (let i = 0; i < size.pods + size.pods / 50; i++) this.free.push(`10.244.${i >> 8}.${i & 255}`);
    this.fill(size);
  }

  stop(): void {
    for (const timer of this.timers) clearTimeout(timer);
  }

  namespace_uid(name: string): string {
    return this.namespace_uids.get(name)!;
  }

  any(): TruePod {
    return this.alive[Math.floor(Math.random() * this.alive.length)]!;
  }

  /** One pod ends, another of its workload begins: what a rolling update does, over about two seconds. */
  churn(): void {
    const index = Math.floor(Math.random() * this.alive.length);
    const old = this.alive[index]!;
    const last = this.alive.pop()!;
    if (last !== old) this.alive[index] = last;
    this.churned++;
    this.end(old);
    this.begin(old.workload);
  }

  relabel(): void {
    const pod = this.any();
    const now = Date.now();
    const last = pod.labels.at(-1)!;
    if (now - last.from_ms < 5000) return;
    const labels = { ...last.labels, stage: `s${++this.relabelled}` };
    pod.labels.push({ from_ms: now, labels });
    this.tell(pod, { ip: pod.ip, changed_ms: now });
  }

  private fill({ namespaces, workloads, pods }: WorldSize): void {
    for (const name of ['kube-system', ...Array.from({ length: namespaces }, (_, i) => `ns-${i + 1}`)]) {
      const uid = name === 'kube-system' ? this.cluster_uid : randomUUID();
      this.namespace_uids.set(name, uid);
      this.api.put('/api/v1/namespaces', fake('Namespace', { name, uid }));
    }
    for (const [i, name] of this.nodes.entries()) this.api.put('/api/v1/nodes', fake_node(name, `192.168.0.${i + 1}`));
    for (let i = 0; i < workloads; i++) this.workload(i, `ns-${(i % namespaces) + 1}`);
    for (let i = 0; i < pods; i++) {
      const pod = this.make(this.workloads[i % workloads]!, Date.now() - HOUR_MS);
      pod.ip = this.take();
      pod.from_ms = Date.now() - HOUR_MS;
      this.tell(pod, { ip: pod.ip, started_ms: pod.from_ms, created_ms: pod.from_ms });
      this.alive.push(pod);
    }
  }

  private workload(i: number, namespace: string): void {
    const name = `app-${i + 1}`;
    const hash = (0x10000000 + i * 7919).toString(16);
    const uid = randomUUID();
    const set = { kind: 'ReplicaSet', name: `${name}-${hash}`, uid: randomUUID() };
    const labels: Record<string, string> = { app: name, 'pod-template-hash': hash };
    for (let k = 0; k < LABELS - 2; k++) labels[`team.example/tag-${k}`] = `${name}-value-${(i * 31 + k) % 97}`;
    const services = new Map([[8080, `web-${i + 1}`]]);
    if (i % 2 === 0) services.set(9090, `admin-${i + 1}`);
    this.api.put('/apis/apps/v1/deployments', fake('Deployment', { name, namespace, uid }));
    const owner = { kind: 'Deployment', name, uid };
    this.api.put('/apis/apps/v1/replicasets', fake('ReplicaSet', { name: set.name, namespace, uid: set.uid, owner }));
    for (const [port, service] of services) {
      const ip = `10.96.${(i * 2 + Number(port === 9090)) >> 8}.${(i * 2 + Number(port === 9090)) & 255}`;
      this.api.put(
        '/api/v1/services',
        fake_service({ name: service, namespace, created_ms: Date.now() - HOUR_MS }, ip, { app: name }, [
          { port: 80, targetPort: port },
        ]),
      );
    }
    this.workloads.push({ namespace, name, uid, set, labels, services });
  }

  private make(workload: Workload, now: number): TruePod {
    return {
      uid: randomUUID(),
      name: `${workload.set.name}-${(++this.serial).toString(36)}`,
      workload,
      node: this.nodes[this.serial % this.nodes.length]!,
      ip: '',
      from_ms: Number.POSITIVE_INFINITY,
      to_ms: Number.POSITIVE_INFINITY,
      labels: [{ from_ms: now, labels: workload.labels }],
    };
  }

  private begin(workload: Workload): void {
    const created_ms = Date.now();
    const pod = this.make(workload, created_ms);
    this.tell(pod, { created_ms, node: '' });
    this.after(50, () => this.tell(pod, { created_ms, changed_ms: Date.now() }));
    this.after(150, () => {
      const started_ms = Date.now();
      this.tell(pod, { created_ms, started_ms, changed_ms: started_ms });
      this.after(200 + Math.random() * 300, () => {
        pod.ip = this.take();
        pod.from_ms = Date.now();
        this.alive.push(pod);
        // kubelet tells of the address when it comes round to it.
        this.after(Math.random() * 800, () => {
          if (pod.to_ms > Date.now()) this.tell(pod, { created_ms, started_ms, ip: pod.ip, changed_ms: Date.now() });
        });
      });
    });
  }

  private end(pod: TruePod): void {
    const { labels } = pod.labels.at(-1)!;
    const more = { deletionTimestamp: new Date(Date.now() + 30_000).toISOString(), deletionGracePeriodSeconds: 30 };
    const last = this.object(pod, { ip: pod.ip, started_ms: pod.from_ms, labels, more });
    this.api.put(PODS, last);
    // No calls from now on; the address goes back before the API server forgets the pod.
    pod.to_ms = Date.now();
    this.after(100, () => this.free.push(pod.ip));
    this.after(200 + Math.random() * 700, () => this.api.remove(PODS, last));
  }

  private tell(pod: TruePod, shape: Partial<PodShape>): void {
    this.api.put(PODS, this.object(pod, { labels: pod.labels.at(-1)!.labels, started_ms: pod.from_ms, ...shape }));
  }

  private object({ uid, name, node, workload }: TruePod, shape: Partial<PodShape>): FakeObject {
    const { node: given = node, started_ms, ...rest } = shape;
    return fake_pod({
      uid,
      name,
      namespace: workload.namespace,
      owner: workload.set,
      ...(given !== '' && { node: given }),
      ...(Number.isFinite(started_ms) && { started_ms: started_ms! }),
      ...rest,
    });
  }

  /** The one given back last: the worst that an address can be. */
  private take(): string {
    const ip = this.free.pop();
    if (ip === undefined) throw new Error('the cluster has no address left');
    if (this.had.has(ip)) this.reused++;
    this.had.add(ip);
    return ip;
  }

  private after(ms: number, job: () => void): void {
    const timer = setTimeout(() => {
      this.timers.delete(timer);
      job();
    }, ms);
    this.timers.add(timer);
  }
}
