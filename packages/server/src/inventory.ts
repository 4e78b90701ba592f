// The contract between sources of resources (controller/sources) and the labeler: a source tells what there is, who holds which
// address, and when that changed; the labeler asks by container, pod or address, at the time of a row (decision 0036).
// All times are microseconds since 1970.
import { isIP } from 'node:net';
import type { CustomTagFamily, Resource } from '@sonde/records';

/** When something happened, as well as it can be known: not before `from_us`, not after `to_us`. */
export interface Moment {
  readonly from_us: number;
  readonly to_us: number;
}

/** A service that a thing is part of, or a listener of it. */
export interface ServiceOf {
  /** Of kind pod_service or lb_listener. */
  readonly resource: Resource;
  readonly ingress?: Resource | undefined;
  /** Win over the thing's own labels of the same names. */
  readonly labels: Readonly<Record<string, string>>;
  /** Ports of the thing behind which the service is; none = any. */
  readonly ports: readonly number[];
}

/** What is known of a thing that an end of a call can be. Never changed: what changes is another object. */
export interface Known {
  /** The thing itself and what it belongs to; at most one of a kind. */
  readonly resources: readonly Resource[];
  /** Machine that it runs on, by host name; '' = unknown. */
  readonly hostname: string;
  readonly labels: Readonly<Record<string, string>>;
  /** auto_instance. */
  readonly instance: Named;
  /** auto_service of calls that none of the services takes. */
  readonly fallback: Named;
  /** In order of preference. */
  readonly services: readonly ServiceOf[];
}
export interface Named {
  /** auto_instance_type, auto_service_type. */
  readonly type: number;
  readonly name: string;
}

/** All tags of a family that a resource has now; those that it had and that are missing it has no longer. */
export interface CustomTags {
  readonly resource: Resource;
  readonly family: CustomTagFamily;
  readonly values: Readonly<Record<string, string>>;
}

/** Where sources put what they know. `scope` is the address space: addresses of two clusters may be equal. */
export interface Inventory {
  /**
   * The scope is of machines and networks: what runs on them, as the pods of a cluster, has their tags beneath its own. To be said
   * before anything else of the scope.
   */
  ground(scope: string): void;
  /** The source has ended: everything of the scope is forgotten. */
  leave(scope: string): void;
  /** What is known now, each resource once a thing that belongs to it. */
  resources(): Iterable<readonly [scope: string, resource: Resource]>;
  /** The thing is so from `at` on. The first word of a thing holds for all of its life. */
  put(scope: string, uid: string, known: Known, at: Moment): void;
  /** The thing is gone, and all its addresses with it. */
  remove(scope: string, uid: string, at: Moment): void;
  /** The addresses that the thing has from `at` on; those that it had and that are missing it has no longer. */
  hold(scope: string, uid: string, addresses: readonly string[], at: Moment): void;
  custom_tags(tags: CustomTags): void;
  /** Machines of the scope, host name to uid: calls that their agents see are looked up there first. */
  hosts(scope: string, nodes: ReadonlyMap<string, string>): void;
  /** What the source knows of the scope is complete since the first time (NaN: not yet) and current until the second. */
  current(scope: string, since_us: number, until_us: number): void;
  /** What came and went between these times the source never heard of. */
  gap(scope: string, from_us: number, to_us: number): void;
}

/** A change or event to be shown as a row of event.event. */
export interface ResourceEvent {
  readonly at_us: number;
  readonly from: 'resource' | 'kubernetes';
  readonly type: string;
  readonly description: string;
  readonly scope: string;
  /** The thing that it is about, '' = none that an inventory knows. */
  readonly uid: string;
  readonly attributes: Readonly<Record<string, string>>;
}

/** Brings resources in. */
export interface ResourceSource {
  readonly name: string;
  /** Begins; never throws. What goes wrong is a problem until it is mended. */
  start(): void;
  stop(): Promise<void>;
  /** Sentences for people, none when all is well. */
  problems(): readonly string[];
  /** Counters and gauges, `group.name`. */
  gauges(): Readonly<Record<string, number>>;
}

/** Addresses are compared as text: IPv6 in one form, as agents write it (RFC 5952). '' for what is none. */
export function plain_address(text: string): string {
  const family = isIP(text);
  if (family === 4) return text;
  return family === 6 && !text.includes('%') ? new URL(`http://[${text}]`).hostname.slice(1, -1) : '';
}
