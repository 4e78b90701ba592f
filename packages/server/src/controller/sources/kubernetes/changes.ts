// What happens in a cluster as rows of event.event: changes of resources, and the events that Kubernetes itself keeps.
import type { Moment, ResourceEvent } from '../../../inventory.ts';
import { type Json, moment_us, text } from './json.ts';
import type { Kind } from './kinds.ts';
import { type Meta, meta_of, pod_of } from './objects.ts';

type Tell = (event: ResourceEvent) => void;

/** Kinds whose coming and going is told, by the name of one. Replica sets and slices are how others work. */
const TOLD: Readonly<Partial<Record<Kind, string>>> = {
  namespaces: 'Namespace',
  nodes: 'Node',
  pods: 'Pod',
  services: 'Service',
  deployments: 'Deployment',
  statefulsets: 'StatefulSet',
  daemonsets: 'DaemonSet',
  jobs: 'Job',
  cronjobs: 'CronJob',
  ingresses: 'Ingress',
};
/** Names that went are remembered, so that the next of the name is a `recreate`. */
const GONE_MAX = 4096;

interface Seen {
  readonly phase: string;
  readonly addresses: readonly string[];
}

export class Changes {
  private readonly scope: string;
  private readonly tell: Tell;
  private readonly pods = new Map<string, Seen>();
  private readonly gone = new Set<string>();
  /** Time of the newest of Kubernetes' events that was told. */
  private told_us: number;

  constructor(scope: string, tell: Tell, now_us: number) {
    this.scope = scope;
    this.tell = tell;
    this.told_us = now_us;
  }

  /** `news`: it came after the first list. */
  put(kind: Kind, item: Json, is_new: boolean, news: boolean, at: Moment): void {
    const word = TOLD[kind];
    if (word === undefined) return;
    const meta = meta_of(item);
    if (is_new && news)
      this.event(this.gone.delete(key(word, meta)) ? 'recreate' : 'create', word, meta, meta.created_us || at.to_us);
    if (kind === 'pods') this.pod(item, meta, news, at);
  }

  remove(kind: Kind, meta: Meta, now_us: number): void {
    const word = TOLD[kind];
    if (word === undefined) return;
    if (this.gone.size >= GONE_MAX) for (const first of this.gone) if (this.gone.delete(first)) break;
    this.gone.add(key(word, meta));
    this.event('delete', word, meta, now_us);
    if (kind !== 'pods') return;
    const addresses = this.pods.get(meta.uid)?.addresses ?? [];
    if (addresses.length > 0) this.event('detach-ip', word, meta, now_us, addresses.join(', '));
    this.pods.delete(meta.uid);
  }

  /** An event that Kubernetes keeps; the same one may come again. */
  kubernetes(item: Json, now_us: number): void {
    const times = [
      moment_us(item, 'series', 'lastObservedTime'),
      moment_us(item, 'lastTimestamp'),
      moment_us(item, 'eventTime'),
      moment_us(item, 'metadata', 'creationTimestamp'),
    ];
    const at_us = Math.min(times.find((time) => !Number.isNaN(time)) ?? now_us, now_us);
    // Stamps are whole seconds: the second in which the last one was told may bring more.
    if (at_us < this.told_us - 1e6) return;
    this.told_us = Math.max(this.told_us, at_us);
    const about = (name: string): string => text(item, 'involvedObject', name);
    this.tell({
      at_us,
      from: 'kubernetes',
      type: text(item, 'reason').slice(0, 128),
      description: text(item, 'message').slice(0, 4096),
      scope: this.scope,
      uid: about('uid'),
      attributes: {
        kind: about('kind'),
        name: about('name'),
        namespace: about('namespace'),
        severity: text(item, 'type'),
        component: text(item, 'source', 'component') || text(item, 'reportingComponent'),
      },
    });
  }

  private pod(item: Json, meta: Meta, news: boolean, at: Moment): void {
    const { phase, addresses } = pod_of(item, at);
    const before = this.pods.get(meta.uid);
    this.pods.set(meta.uid, { phase, addresses });
    if (!news) return;
    const came = addresses.filter((address) => before?.addresses.includes(address) !== true);
    const went = before?.addresses.filter((address) => !addresses.includes(address)) ?? [];
    const at_us = at.from_us;
    if (before !== undefined && before.phase !== phase)
      this.event('update-state', 'Pod', meta, at_us, `${before.phase} to ${phase}`);
    if (came.length > 0) this.event('attach-ip', 'Pod', meta, at_us, came.join(', '));
    if (went.length > 0) this.event('detach-ip', 'Pod', meta, at_us, went.join(', '));
  }

  private event(type: string, kind: string, meta: Meta, at_us: number, more = ''): void {
    const { name, namespace, uid } = meta;
    const named = `${kind} ${namespace === '' ? '' : `${namespace}/`}${name}`;
    this.tell({
      at_us,
      from: 'resource',
      type,
      description: more === '' ? named : `${named}: ${more}`,
      scope: this.scope,
      uid,
      attributes: { kind, name, namespace },
    });
  }
}

const key = (kind: string, meta: Meta): string => `${kind} ${meta.namespace} ${meta.name}`;
