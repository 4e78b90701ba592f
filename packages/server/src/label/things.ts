// What sources know, by uid and by address, now and for a while back: batches that waited on an agent's disk are labelled as of
// their rows' time.
import type { Resource } from '@sonde/records';
import type { CustomTags, Inventory, Known, Moment } from '../inventory.ts';
import { kept } from '../kept.ts';
import { type Found, found_over, over } from './layers.ts';
import { Lifeline } from './lifeline.ts';
import { LAG_US, SLACK_US, Tenancy } from './tenancy.ts';

/** What has changed is remembered so long. */
const REMEMBERED_US = 5 * 60e6;
/** Changes remembered at most; beyond it the oldest go early and are counted. */
const CHANGES_MAX = 200_000;

const GAPS_MAX = 16;
/** A source must have heard so much beyond a row: less than LAG_US, by what lies between two of its looks at itself. */
const HEARD_US = 1.5e6;
/** A source that begins, or lists anew after a break, is waited for so long. */
const PATIENCE_US = 30e6;

/** Machines of agents remembered; more agents than this have one server. */
const MACHINES_MAX = 65_536;

interface Scope {
  /** Of machines and networks, on which others run. */
  ground: boolean;
  readonly things: Map<string, Lifeline>;
  readonly addresses: Map<string, Tenancy>;
  readonly held: Map<string, readonly string[]>;
  hosts: ReadonlyMap<string, string>;
  since_us: number;
  until_us: number;
  gaps: readonly Gap[];
}
interface Gap {
  readonly from_us: number;
  readonly to_us: number;
}
interface Past {
  readonly at_us: number;
  readonly scope: Scope;
  readonly uid: string;
  readonly addresses: readonly string[];
}

export class Things implements Inventory {
  private readonly scopes = new Map<string, Scope>();
  /** What is to be forgotten, oldest first, from `next` on. */
  private past: Past[] = [];
  private next = 0;
  /** Addresses of the machines of agents, by host name. */
  private readonly machines = new Map<string, readonly string[]>();
  /** What was found out about machines, until something changes on the ground. */
  private grounds = new Map<string, Ground | undefined>();
  private readonly tell_tags: (tags: CustomTags) => void;
  private readonly now_us: () => number;
  /** Forgotten before their time. */
  cut = 0;

  constructor(tell_tags: (tags: CustomTags) => void, now_us: () => number = () => Date.now() * 1000) {
    this.tell_tags = tell_tags;
    this.now_us = now_us;
  }

  /** Whether any source is there. */
  get active(): boolean {
    return this.scopes.size > 0;
  }
  /** Whether one is there that rows should wait for: machines are looked at so seldom that no wait would help. */
  get settles(): boolean {
    for (const scope of this.scopes.values()) if (!scope.ground || Number.isNaN(scope.since_us)) return true;
    return false;
  }

  get gauges(): Readonly<Record<string, number>> {
    let [things, addresses] = [0, 0];
    for (const scope of this.scopes.values()) {
      things += scope.things.size;
      addresses += scope.addresses.size;
    }
    return {
      'inventory.things': things,
      'inventory.addresses': addresses,
      'inventory.past': this.past.length - this.next,
      'inventory.cut': this.cut,
    };
  }

  ground(name: string): void {
    this.scope(name).ground = true;
  }

  leave(name: string): void {
    this.scopes.delete(name);
    this.grounds.clear();
  }

  *resources(): Generator<readonly [scope: string, resource: Resource]> {
    for (const [name, { things }] of this.scopes)
      for (const line of things.values())
        if (line.removed_us === Number.POSITIVE_INFINITY)
          for (const resource of line.latest.resources) yield [name, resource];
  }

  put(name: string, uid: string, known: Known, at: Moment): void {
    const { things } = this.changing(name);
    const line = things.get(uid);
    if (line === undefined) things.set(uid, new Lifeline(known, at));
    else line.put(known, at, this.now_us() - REMEMBERED_US);
  }

  remove(name: string, uid: string, at: Moment): void {
    const scope = this.scope(name);
    this.hold(name, uid, [], at);
    const line = scope.things.get(uid);
    if (line === undefined) return;
    line.removed_us = at.to_us;
    this.remember({ at_us: at.to_us, scope, uid, addresses: [] });
  }

  hold(name: string, uid: string, addresses: readonly string[], at: Moment): void {
    const scope = this.changing(name);
    const before = scope.held.get(uid) ?? [];
    const left = before.filter((address) => !addresses.includes(address));
    for (const address of left) scope.addresses.get(address)?.end(uid, at);
    if (left.length > 0) this.remember({ at_us: at.to_us, scope, uid: '', addresses: left });
    for (const address of addresses) {
      if (before.includes(address)) continue;
      kept(scope.addresses, address, () => new Tenancy()).begin(uid, at);
    }
    if (addresses.length === 0) scope.held.delete(uid);
    else scope.held.set(uid, addresses);
  }

  custom_tags(tags: CustomTags): void {
    this.tell_tags(tags);
  }

  hosts(name: string, nodes: ReadonlyMap<string, string>): void {
    this.changing(name).hosts = nodes;
  }

  /** An agent says which addresses its machine has. */
  machine(host: string, addresses: readonly string[]): void {
    const before = this.machines.get(host);
    if (before?.length === addresses.length && addresses.every((address, i) => before[i] === address)) return;
    if (this.machines.size >= MACHINES_MAX) this.machines.clear();
    this.machines.set(host, addresses);
    this.grounds.delete(host);
  }

  current(name: string, since_us: number, until_us: number): void {
    Object.assign(this.scope(name), { since_us, until_us });
  }

  gap(name: string, from_us: number, to_us: number): void {
    const scope = this.scope(name);
    scope.gaps = [...scope.gaps, { from_us, to_us }].slice(-GAPS_MAX);
  }

  /** A thing by its own uid: never another one, at most with other tags. */
  by_uid(uid: string, from_us: number, to_us: number): Found | undefined {
    for (const scope of this.scopes.values()) {
      const line = scope.things.get(uid);
      if (line === undefined) continue;
      const { known, doubtful } = line.find(from_us, to_us);
      const base = scope.ground ? undefined : this.machine_of(known.hostname)?.known;
      return { known: over(known, base), doubtful: doubtful || is_behind(scope, to_us) };
    }
    return undefined;
  }

  /** What held the address during a call that the agent of `host` saw. */
  by_address(address: string, host: string, from_us: number, to_us: number): Found | undefined {
    const top = this.holder(this.home(host), false, address, from_us, to_us);
    const base = this.holder(this.machine_of(host)?.scope, true, address, from_us, to_us);
    if (top === undefined) return base;
    if (base !== undefined) return found_over(top, base);
    const machine = this.machine_of(top.known.hostname);
    return machine === undefined ? top : { known: over(top.known, machine.known), doubtful: top.doubtful };
  }

  /** The machine of an agent, where a source knows it. */
  by_host(host: string): Known | undefined {
    const home = this.home(host);
    const node = home?.things.get(home.hosts.get(host)!)?.latest;
    const machine = this.machine_of(host)?.known;
    return node === undefined ? machine : over(node, machine);
  }

  /** Whether the source that should know what the agent of `host` saw then may have missed it. */
  missed(host: string, from_us: number, to_us: number): boolean {
    const may_have = (scope: Scope): boolean =>
      is_behind(scope, to_us) || scope.gaps.some((gap) => meets(gap, from_us, to_us));
    return this.responsible(host).some(may_have);
  }

  /** Until when it is worth waiting for a source that is behind; 0 when none is, or one is for too long. */
  patience_us(host: string, to_us: number): number {
    const behind = this.responsible(host).filter((scope) => is_behind(scope, to_us));
    const until_us = Math.max(0, ...behind.map((scope) => scope.until_us + PATIENCE_US));
    return until_us > this.now_us() ? until_us : 0;
  }

  /** Whether a thing is there, or was until a while ago. */
  knows(uid: string): boolean {
    for (const scope of this.scopes.values()) if (scope.things.has(uid)) return true;
    return false;
  }

  /** The present state of a thing. */
  latest(name: string, uid: string): Known | undefined {
    return this.scopes.get(name)?.things.get(uid)?.latest;
  }

  /** Forgets what is past for long. To be called every few seconds. */
  tick(): void {
    const horizon_us = this.now_us() - REMEMBERED_US;
    while (this.next < this.past.length && this.past[this.next]!.at_us < horizon_us) this.forget(horizon_us);
    this.compact();
  }

  /** The holder of an address in the scopes of one kind: in `own` first, else in the only other one that knows it. */
  private holder(
    own: Scope | undefined,
    ground: boolean,
    address: string,
    from_us: number,
    to_us: number,
  ): Found | undefined {
    const inside = own && find_in(own, address, from_us, to_us);
    if (inside !== undefined) return inside;
    let found: Found | undefined;
    for (const scope of this.scopes.values()) {
      if (scope === own || scope.ground !== ground) continue;
      const other = find_in(scope, address, from_us, to_us);
      if (other === undefined) continue;
      // Clusters and networks may use the same addresses: which of them was meant cannot be told.
      if (found !== undefined) return { known: found.known, doubtful: true };
      found = other;
    }
    return found;
  }

  /** The cluster of a machine. */
  private home(host: string): Scope | undefined {
    for (const scope of this.scopes.values()) if (!scope.ground && scope.hosts.has(host)) return scope;
    return undefined;
  }

  /** The machine of that host name as a source of machines knows it. */
  private machine_of(host: string): Ground | undefined {
    if (host === '') return undefined;
    if (this.grounds.has(host)) return this.grounds.get(host);
    const ground = ground_of([...this.scopes.values()], host, this.machines.get(host) ?? [], this.now_us());
    if (this.grounds.size >= MACHINES_MAX) this.grounds.clear();
    this.grounds.set(host, ground);
    return ground;
  }

  /** The agent's own scope; while that is not known, those that may yet turn out to be it. Machines that are not yet listed, too. */
  private responsible(host: string): readonly Scope[] {
    const home = this.home(host);
    const unlisted = [...this.scopes.values()].filter((scope) => Number.isNaN(scope.since_us));
    return home === undefined ? unlisted : [home, ...unlisted.filter((scope) => scope.ground && scope !== home)];
  }

  private remember(past: Past): void {
    this.past.push(past);
    if (this.past.length - this.next <= CHANGES_MAX) return;
    this.cut++;
    this.forget(this.past[this.next]!.at_us + 1);
    this.compact();
  }

  private forget(before_us: number): void {
    const { scope, uid, addresses } = this.past[this.next++]!;
    const line = scope.things.get(uid);
    if (line !== undefined && line.removed_us < before_us) scope.things.delete(uid);
    for (const address of addresses)
      if (scope.addresses.get(address)?.forget(before_us) === true) scope.addresses.delete(address);
  }

  private compact(): void {
    if (this.next < 4096 || this.next * 2 < this.past.length) return;
    this.past = this.past.slice(this.next);
    this.next = 0;
  }

  /** The scope, of which something will be another than before. */
  private changing(name: string): Scope {
    const scope = this.scope(name);
    if (scope.ground && this.grounds.size > 0) this.grounds.clear();
    return scope;
  }

  private scope(name: string): Scope {
    return kept(this.scopes, name, () => ({
      ground: false,
      things: new Map(),
      addresses: new Map(),
      held: new Map(),
      hosts: new Map(),
      since_us: Number.NaN,
      until_us: Number.NEGATIVE_INFINITY,
      gaps: [],
    }));
  }
}

interface Ground {
  readonly scope: Scope;
  readonly known: Known;
}

/** By name where one network alone has a machine of that name, else by the addresses, where they are those of one alone. */
function ground_of(
  scopes: readonly Scope[],
  host: string,
  addresses: readonly string[],
  now_us: number,
): Ground | undefined {
  const grounds = scopes.filter((scope) => scope.ground);
  const of = (scope: Scope, uid: string | undefined): Ground[] => {
    const line = uid === undefined ? undefined : scope.things.get(uid);
    return line === undefined ? [] : [{ scope, known: line.latest }];
  };
  const named = grounds.flatMap((scope) => of(scope, scope.hosts.get(host)));
  if (named.length === 1) return named[0];
  const held = grounds.flatMap((scope) =>
    addresses.flatMap((address) => of(scope, scope.addresses.get(address)?.find(now_us, now_us)?.uid)),
  );
  // The interfaces of a machine are things of their own.
  const machine = ({ known }: Ground): string | undefined => known.resources.find(({ kind }) => kind === 'chost')?.uid;
  return new Set(held.map((ground) => machine(ground) ?? ground)).size === 1 ? held[0] : undefined;
}

const meets = (gap: Gap, from_us: number, to_us: number): boolean =>
  gap.from_us - LAG_US <= to_us && gap.to_us + SLACK_US >= from_us;
const is_behind = (scope: Scope, to_us: number): boolean =>
  Number.isNaN(scope.since_us) || to_us + HEARD_US > scope.until_us;

function find_in(scope: Scope, address: string, from_us: number, to_us: number): Found | undefined {
  const tenant = scope.addresses.get(address)?.find(from_us, to_us);
  const line = tenant && scope.things.get(tenant.uid);
  if (tenant === undefined || line === undefined) return undefined;
  const state = line.find(from_us, to_us);
  // Before the source began nobody saw who else had the address, unless this one had it for certain by then.
  const unseen = from_us < tenant.certain_us && !(from_us >= scope.since_us);
  // Nor in a gap, unless it had the address all through.
  const missed = scope.gaps.some(
    (gap) => meets(gap, from_us, to_us) && (tenant.certain_us > gap.from_us - LAG_US || tenant.ended_us <= gap.to_us),
  );
  return {
    known: state.known,
    doubtful: tenant.doubtful || state.doubtful || unseen || missed || is_behind(scope, to_us),
  };
}
