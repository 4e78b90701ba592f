// Kubernetes as a source of resources: one watch a kind, one cluster behind them.
import { createHash } from 'node:crypto';
import type { Inventory, Moment, ResourceEvent, ResourceSource } from '../../../inventory.ts';
import { type Access, AccessError } from './access.ts';
import { Api } from './api.ts';
import { type Applier, appliers, type CustomSettings } from './appliers.ts';
import { Changes } from './changes.ts';
import { Cluster } from './cluster.ts';
import type { Json } from './json.ts';
import { KIND_NAMES, KINDS, type Kind } from './kinds.ts';
import { type Meta, meta_of, news_of } from './objects.ts';
import { Reflector } from './reflector.ts';

const TICK_MS = 250;
/** After watches run again, what they missed arrives within so long. */
const CAUGHT_UP_MS = 1000;
const HELD_UP_MS = 3 * TICK_MS;
/** A file of access that cannot be used is looked at again after so long. */
const ACCESS_AGAIN_MS = 30_000;

export interface KubernetesOptions extends CustomSettings {
  /** pod_cluster. */
  readonly name: string;
  /** Throws an AccessError when there is no way in. */
  access(): Access;
  readonly backoff_ms_min?: number;
  readonly caught_up_ms?: number;
}

export class KubernetesSource implements ResourceSource {
  readonly name: string;
  private readonly options: KubernetesOptions;
  private readonly inventory: Inventory;
  private readonly tell: (event: ResourceEvent) => void;
  private readonly cluster: Cluster;
  private readonly reflectors = new Map<Kind, Reflector>();
  private readonly listed = new Set<Kind>();
  private api: Api | undefined;
  private access_problem = '';
  private timer: NodeJS.Timeout | undefined;
  private tried_ms = Number.NEGATIVE_INFINITY;
  private server = '';
  private since_us = Number.NaN;
  private until_us = Number.NEGATIVE_INFINITY;
  private whole_since_ms = 0;
  /** When everything was last known to be current, and how often had been listed by then. */
  private last_whole_ms = 0;
  private lists = 0;
  private looked_ms = 0;

  constructor(options: KubernetesOptions, inventory: Inventory, tell: (event: ResourceEvent) => void) {
    this.name = options.name;
    this.options = options;
    this.inventory = inventory;
    this.tell = tell;
    this.cluster = new Cluster(options.name, inventory);
  }

  start(): void {
    this.last_whole_ms = Date.now();
    this.until_us = this.last_whole_ms * 1000;
    this.inventory.current(this.name, this.since_us, this.until_us);
    this.tick();
    this.timer = setInterval(() => this.tick(), TICK_MS);
  }

  async stop(): Promise<void> {
    clearInterval(this.timer);
    await Promise.all([...this.reflectors.values()].map((reflector) => reflector.stop()));
    this.api?.close();
  }

  problems(): readonly string[] {
    const of = (state: string): string[] =>
      [...this.reflectors].filter(([, r]) => r.state === state).map(([kind]) => kind);
    const [denied, broken] = [of('denied'), [...this.reflectors].filter(([, r]) => is_broken(r))];
    const first = broken[0];
    const where = `Kubernetes cluster ${this.name}`;
    return [
      ...(this.access_problem === '' ? [] : [`${where}: ${this.access_problem}`]),
      ...(denied.length === 0
        ? []
        : [`${where}: ${denied.join(', ')} may not be read (RBAC), tags that come from them are missing.`]),
      ...(first === undefined
        ? []
        : [`${where}: ${broken.map(([kind]) => kind).join(', ')} not up to date: ${first[1].problem}.`]),
    ];
  }

  gauges(): Readonly<Record<string, number>> {
    const sum = (of: (r: Reflector) => number): number =>
      [...this.reflectors.values()].reduce((total, reflector) => total + of(reflector), 0);
    const { told, waiting } = this.cluster.sizes;
    return {
      'kubernetes.things': told ?? 0,
      'kubernetes.waiting': waiting ?? 0,
      'kubernetes.kinds_watched': sum((r) => Number(r.state === 'watching')),
      'kubernetes.kinds_denied': sum((r) => Number(r.state === 'denied')),
      'kubernetes.lists': sum((r) => r.counts.lists),
      'kubernetes.watches': sum((r) => r.counts.watches),
      'kubernetes.changes': sum((r) => r.counts.changes),
      'kubernetes.gone': sum((r) => r.counts.gone),
      'kubernetes.errors': sum((r) => r.counts.errors),
      'kubernetes.bytes': this.api?.bytes ?? 0,
    };
  }

  private tick(): void {
    if (this.api === undefined) this.open();
    else if (!this.cluster.ready) this.begin_when_listed();
    else this.look_whether_current();
    this.cluster.tick();
  }

  private open(): void {
    if (performance.now() - this.tried_ms < ACCESS_AGAIN_MS) return;
    this.tried_ms = performance.now();
    let access: Access;
    try {
      access = this.options.access();
      this.api = new Api(access);
    } catch (error) {
      // A certificate that cannot be used is found out here too.
      this.access_problem = error instanceof AccessError ? error.message : `no way in: ${(error as Error).message}.`;
      return;
    }
    this.access_problem = '';
    this.server = access.server.host;
    const of_kind = appliers(this.cluster, this.inventory, this.options);
    const changes = new Changes(this.name, this.tell, Date.now() * 1000);
    for (const kind of KIND_NAMES) {
      const handler = kind === 'events' ? events_handler(changes) : this.handler(kind, of_kind[kind], changes);
      this.reflectors.set(kind, new Reflector(this.api, KINDS[kind], handler, this.options.backoff_ms_min));
    }
    for (const reflector of this.reflectors.values()) reflector.start();
  }

  private handler(kind: Kind, applier: Applier, changes: Changes) {
    const there = new Map<string, Meta>();
    const put = (item: Json, at: Moment): void => {
      const meta = meta_of(item);
      if (meta.uid === '') return;
      const news = this.cluster.ready && this.listed.has(kind);
      changes.put(kind, item, !there.has(meta.uid), news, at);
      there.set(meta.uid, meta);
      applier.put(item, at);
    };
    const remove = (meta: Meta, now_us: number): void => {
      there.delete(meta.uid);
      applier.remove(meta, { from_us: now_us, to_us: now_us });
      changes.remove(kind, meta, now_us);
    };
    return {
      listed: (items: readonly Json[]) => {
        const now_us = Date.now() * 1000;
        const uids = new Set(items.map((item) => meta_of(item).uid));
        for (const [uid, meta] of there) if (!uids.has(uid)) remove(meta, now_us);
        // A list tells what is, not when it came: any time since all was known.
        for (const item of items) put(item, { from_us: Math.min(this.last_whole_ms * 1000, now_us), to_us: now_us });
        this.listed.add(kind);
      },
      changed: (type: string, item: Json) => {
        const now_us = Date.now() * 1000;
        if (type === 'DELETED') remove(meta_of(item), now_us);
        else put(item, news_of(item, this.last_whole_ms * 1000, now_us));
      },
    };
  }

  /** Once each kind is known or known not to be readable. */
  private begin_when_listed(): void {
    const unread = [...this.reflectors].filter(([kind]) => kind !== 'events' && !this.listed.has(kind));
    if (unread.some(([, { state }]) => state !== 'denied' && state !== 'absent')) return;
    for (const [kind] of unread) {
      if (kind === 'namespaces' || kind === 'nodes') this.cluster.blind.add(kind);
      if (kind === 'replicasets' || kind === 'jobs') this.cluster.blind.add('owners');
    }
    // The namespace that every cluster has from its first day tells it apart; else its address has to.
    const uid = this.cluster.namespace_uid('kube-system');
    this.cluster.begin(uid === '' ? createHash('sha256').update(this.server).digest('hex').slice(0, 32) : uid);
    this.since_us = Date.now() * 1000;
  }

  /** Current while all watches run; a list after a break tells what there is, but not what came and went meanwhile. */
  private look_whether_current(): void {
    const watched = [...this.reflectors].filter(([kind]) => kind !== 'events').map(([, reflector]) => reflector);
    const now = Date.now();
    const lists = watched.reduce((sum, { counts }) => sum + counts.lists, 0);
    const whole = watched.every(({ state }) => state !== 'broken' && state !== 'starting');
    if (!whole || lists !== this.lists) this.until_us = Math.min(this.until_us, this.last_whole_ms * 1000);
    if (!whole) this.whole_since_ms = 0;
    else if (this.whole_since_ms === 0) this.whole_since_ms = now;
    else if (now - this.whole_since_ms >= (this.options.caught_up_ms ?? CAUGHT_UP_MS)) {
      const again = this.lists !== 0 && lists !== this.lists;
      if (again) this.inventory.gap(this.name, this.last_whole_ms * 1000, now * 1000);
      this.lists = lists;
      this.last_whole_ms = now;
      // A process that was held up has not read yet what came meanwhile.
      if (now - this.looked_ms < HELD_UP_MS) this.until_us = now * 1000;
    }
    this.looked_ms = now;
    this.inventory.current(this.name, this.since_us, this.until_us);
  }
}

const is_broken = (reflector: Reflector): boolean => reflector.state === 'broken' && reflector.problem !== '';

const events_handler = (changes: Changes) => ({
  listed: (items: readonly Json[]) => {
    for (const item of items) changes.kubernetes(item, Date.now() * 1000);
  },
  changed: (type: string, item: Json) => {
    if (type !== 'DELETED') changes.kubernetes(item, Date.now() * 1000);
  },
});
