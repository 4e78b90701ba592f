// What sources that see the whole at once tell: machines, load balancers, databases with what they belong to and the addresses they
// hold, and tags of resources. From one picture to the next only what differs is told on.
import { createHash } from 'node:crypto';
import type { CustomTagFamily, Resource, ResourceKind } from '@sonde/records';
import type { Inventory, Known, Moment, Named, ResourceEvent } from '../../inventory.ts';
import { kept } from '../../kept.ts';
import type { TagBook } from './tag-book.ts';

/** A thing in a network. A machine with several interfaces has a place for each, since subnets differ, and one that is itself. */
export interface Place {
  /** The network, within which an address is held once. */
  readonly scope: string;
  readonly uid: string;
  readonly known: Known;
  readonly addresses: readonly string[];
  /** Names by which its own agent may call it. */
  readonly hostnames: readonly string[];
  /** Since when it is there (us); undefined = not told. */
  readonly since_us?: number | undefined;
  /** What it is called in events; undefined = a part of another place. */
  readonly title?: string;
}
export interface TagsOf {
  readonly resource: Resource;
  readonly family: CustomTagFamily;
  readonly values: Readonly<Record<string, string>>;
}
export interface Picture {
  readonly places: readonly Place[];
  readonly tags: readonly TagsOf[];
}
export const NOTHING_SEEN: Picture = { places: [], tags: [] };

/** auto_instance_type of what has addresses (deepflow.md section 4). */
export const DEVICE = { chost: 1, host: 6, redis: 12, rds: 13, lb: 15, natgw: 16, business: 105 } as const;

export const resource = (kind: ResourceKind, uid: string, name: string, more: Partial<Resource> = {}): Resource => ({
  kind,
  uid,
  name,
  hostname: '',
  ip: '',
  type: 0,
  ...more,
});

/** `resources`: those that are undefined are not known. */
export const known_as = (
  instance: Named,
  resources: readonly (Resource | undefined)[],
  more: Partial<Known> = {},
): Known => ({
  resources: resources.filter((one) => one !== undefined),
  hostname: '',
  labels: {},
  instance,
  fallback: instance,
  services: [],
  ...more,
});

interface Told {
  readonly place: Place;
  readonly digest: string;
}
const digest_of = (value: unknown): string => createHash('sha1').update(JSON.stringify(value)).digest('base64');

export class Painter {
  private readonly source: string;
  private readonly inventory: Inventory;
  private readonly book: TagBook;
  private readonly tell: (event: ResourceEvent) => void;
  private told = new Map<string, Told>();
  private readonly scopes = new Map<string, string>();
  /** Of the first picture. */
  private since_us: number | undefined;

  constructor(source: string, inventory: Inventory, book: TagBook, tell: (event: ResourceEvent) => void) {
    this.source = source;
    this.inventory = inventory;
    this.book = book;
    this.tell = tell;
  }

  get size(): number {
    return this.told.size;
  }

  /** Rows wait for the first picture, for a while. */
  expect(scope: string, now_us: number): void {
    this.open(scope);
    this.inventory.current(scope, Number.NaN, now_us);
  }

  /** `at`: when what is new in it can have happened; its first picture may hold since ever. */
  show(picture: Picture, at: Moment): void {
    const next = new Map<string, Told>();
    for (const place of picture.places) {
      const { scope, uid, known, addresses } = place;
      next.set(`${scope} ${uid}`, { place, digest: digest_of([known, addresses]) });
    }
    // Addresses are given back before others get them.
    for (const [key, { place }] of this.told) if (!next.has(key)) this.remove(place, at);
    for (const [key, one] of next) {
      const before = this.told.get(key);
      if (before?.digest !== one.digest) this.put(one.place, before?.place, at);
    }
    this.told = next;
    this.tell_hosts(picture.places);
    this.since_us ??= at.to_us;
    for (const scope of this.scopes.keys()) this.inventory.current(scope, this.since_us, Number.POSITIVE_INFINITY);
    this.book.replace(this.source, picture.tags);
  }

  /** The source is gone, and what it told. */
  clear(): void {
    for (const scope of this.scopes.keys()) this.inventory.leave(scope);
    this.scopes.clear();
    this.told.clear();
    this.book.replace(this.source, []);
  }

  private open(scope: string): void {
    if (this.scopes.has(scope)) return;
    this.scopes.set(scope, '');
    this.inventory.ground(scope);
  }

  private put(place: Place, before: Place | undefined, at: Moment): void {
    const { scope, uid, known, addresses, since_us } = place;
    this.open(scope);
    const began = since_us !== undefined && before === undefined;
    const from_us = began ? Math.min(since_us, at.to_us) : at.from_us;
    const moment = { from_us, to_us: began ? from_us : at.to_us };
    this.inventory.put(scope, uid, known, moment);
    this.inventory.hold(scope, uid, addresses, moment);
    // What was there before anybody looked is no news.
    if (this.since_us === undefined || at.from_us === 0) return;
    if (before === undefined) this.event('create', place, Math.max(moment.from_us, at.from_us));
    const came = addresses.filter((address) => before?.addresses.includes(address) !== true);
    const went = before?.addresses.filter((address) => !addresses.includes(address)) ?? [];
    if (came.length > 0) this.event('attach-ip', place, moment.from_us, came);
    if (went.length > 0) this.event('detach-ip', place, at.to_us, went);
  }

  private remove(place: Place, at: Moment): void {
    if (place.addresses.length > 0) this.event('detach-ip', place, at.to_us, place.addresses);
    this.event('delete', place, at.to_us);
    this.inventory.remove(place.scope, place.uid, at);
  }

  private tell_hosts(places: readonly Place[]): void {
    const hosts = new Map<string, Map<string, string>>();
    for (const { scope, uid, hostnames } of places) {
      const of_scope = kept(hosts, scope, () => new Map<string, string>());
      for (const hostname of hostnames) if (!of_scope.has(hostname)) of_scope.set(hostname, uid);
    }
    for (const [scope, before] of this.scopes) {
      const names = hosts.get(scope) ?? new Map<string, string>();
      const digest = digest_of([...names]);
      if (digest === before) continue;
      this.scopes.set(scope, digest);
      this.inventory.hosts(scope, names);
    }
  }

  private event(type: string, { title, known, scope, uid }: Place, at_us: number, addresses?: readonly string[]): void {
    // Coming and going of an interface shows in its addresses.
    if (title === undefined && addresses === undefined) return;
    const { name } = known.instance;
    const description = addresses === undefined ? (title ?? name) : `${title ?? name}: ${addresses.join(', ')}`;
    this.tell({ at_us, from: 'resource', type, description, scope, uid, attributes: { name, source: this.source } });
  }
}
