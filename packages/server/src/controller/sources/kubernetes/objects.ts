// Kubernetes' objects, cut down to what tags are made of.
import { type Moment, plain_address } from '../../../inventory.ts';
import { at, type Json, list, moment_us, number, object, text, texts } from './json.ts';

export interface Ref {
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
}
export interface Meta {
  readonly uid: string;
  readonly name: string;
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly created_us: number;
}
export interface Pod extends Meta {
  readonly node: string;
  readonly owner: Ref | undefined;
  /** 'pod-template-hash', which tells a Deployment's replica sets apart. */
  readonly template: string;
  readonly phase: string;
  /** Its own; none while it has none, shares the machine's, or has given them back. */
  readonly addresses: readonly string[];
  /** Since when it can have had the addresses, and since when it had them. */
  readonly held: Moment;
  readonly changed: Moment;
  readonly ports: Readonly<Record<string, number>>;
}
export interface Service extends Meta {
  readonly selector: Readonly<Record<string, string>>;
  readonly addresses: readonly string[];
  readonly headless: boolean;
  /** Numbers, or names that the pod gives numbers to. */
  readonly targets: readonly (string | number)[];
}

/** What is stamped is at most so long ago when it is news; an older stamp is of another change. */
const FRESH_US = 10e6;
const RUNNING_US = 1e6;
const LABELS_KEPT_MAX = 8192;
const kept_labels = new Map<string, Readonly<Record<string, string>>>();

/** Equal sets are one object: the pods of a workload share theirs, also in what is remembered of them. */
function labels_of(item: Json): Readonly<Record<string, string>> {
  const labels = texts(item, 'metadata', 'labels');
  const key = JSON.stringify(labels);
  const known = kept_labels.get(key);
  if (known !== undefined) return known;
  if (kept_labels.size >= LABELS_KEPT_MAX) kept_labels.clear();
  kept_labels.set(key, labels);
  return labels;
}

export const meta_of = (item: Json): Meta => ({
  uid: text(item, 'metadata', 'uid'),
  name: text(item, 'metadata', 'name'),
  namespace: text(item, 'metadata', 'namespace'),
  labels: labels_of(item),
  created_us: moment_us(item, 'metadata', 'creationTimestamp'),
});

export function controller_of(item: Json): Ref | undefined {
  const owner = list(item, 'metadata', 'ownerReferences').find((ref) => at(ref, 'controller') === true);
  return owner === undefined
    ? undefined
    : { kind: text(owner, 'kind'), name: text(owner, 'name'), uid: text(owner, 'uid') };
}

const plain = (addresses: readonly string[]): string[] => [
  ...new Set(addresses.map(plain_address).filter((address) => address !== '')),
];

/** `changed`: when what is new in it happened. */
export function pod_of(item: Json, changed: Moment): Pod {
  const now_us = changed.to_us;
  const meta = meta_of(item);
  const status = object(item, 'status');
  const phase = text(status, 'phase');
  const own = at(item, 'spec', 'hostNetwork') !== true && phase !== 'Succeeded' && phase !== 'Failed';
  const ips = [...list(status, 'podIPs').map((entry) => text(entry, 'ip')), text(status, 'podIP')];
  const started_us = moment_us(status, 'startTime') || meta.created_us;
  const containers = list(item, 'spec', 'containers');
  const ports = containers.flatMap((container) => list(container, 'ports'));
  return {
    ...meta,
    node: text(item, 'spec', 'nodeName'),
    owner: controller_of(item),
    template: meta.labels['pod-template-hash'] ?? '',
    phase,
    addresses: own ? plain(ips) : [],
    held: within(started_us, Math.min(now_us, running_us(status)), now_us),
    changed,
    ports: Object.fromEntries(ports.map((port) => [text(port, 'name'), number(port, 'containerPort')])),
  };
}

function within(from_us: number, to_us: number, now_us: number): Moment {
  const from = Number.isNaN(from_us) ? now_us : Math.min(from_us, now_us);
  return { from_us: from, to_us: Math.max(from, Number.isNaN(to_us) ? now_us : to_us) };
}

/** Since when a container surely ran, so that the pod had its addresses. */
function running_us(status: Json): number {
  const times = list(status, 'containerStatuses')
    .map((container) => moment_us(container, 'state', 'running', 'startedAt'))
    .filter((time) => !Number.isNaN(time));
  return times.length === 0 ? Number.POSITIVE_INFINITY : Math.min(...times) + RUNNING_US;
}

/**
 * When the news of a watch happened: at the stamp of who wrote the object last; where no stamp is fresh, since a second ago, or since
 * `heard_us`, when the watch last was up to date.
 */
export function news_of(item: Json, heard_us: number, now_us: number): Moment {
  const stamps = list(item, 'metadata', 'managedFields').map((field) => moment_us(field, 'time'));
  const last = Math.max(Number.NEGATIVE_INFINITY, ...stamps.filter((stamp) => !Number.isNaN(stamp)));
  const since_us = Math.min(now_us - 1e6, heard_us);
  return { from_us: last > Math.min(now_us, heard_us) - FRESH_US ? Math.min(last, now_us) : since_us, to_us: now_us };
}

export function service_of(item: Json): Service {
  const spec = object(item, 'spec');
  const given = [
    ...list(spec, 'clusterIPs'),
    at(spec, 'clusterIP'),
    ...list(spec, 'externalIPs'),
    ...list(item, 'status', 'loadBalancer', 'ingress').map((entry) => at(entry, 'ip')),
  ].filter((address) => typeof address === 'string');
  const target = (port: unknown): string | number => {
    const named = at(port, 'targetPort');
    return typeof named === 'string' || typeof named === 'number' ? named : number(port, 'port');
  };
  return {
    ...meta_of(item),
    selector: texts(spec, 'selector'),
    addresses: plain(given),
    headless: text(spec, 'clusterIP') === 'None',
    targets: list(spec, 'ports').map(target),
  };
}

export interface Node extends Meta {
  readonly hostname: string;
  readonly addresses: readonly string[];
}
export function node_of(item: Json): Node {
  const meta = meta_of(item);
  const addresses = list(item, 'status', 'addresses');
  const named = addresses.find((entry) => text(entry, 'type') === 'Hostname');
  return {
    ...meta,
    hostname: meta.labels['kubernetes.io/hostname'] ?? (text(named, 'address') || meta.name),
    addresses: plain(addresses.filter((e) => /^(In|Ex)ternalIP$/.test(text(e, 'type'))).map((e) => text(e, 'address'))),
  };
}

/** Names of the services that an ingress sends calls to. */
export function backends_of(item: Json): ReadonlySet<string> {
  const rules = list(item, 'spec', 'rules').flatMap((rule) => list(rule, 'http', 'paths'));
  const names = rules.map((path) => text(path, 'backend', 'service', 'name'));
  return new Set([text(item, 'spec', 'defaultBackend', 'service', 'name'), ...names].filter((name) => name !== ''));
}

/** Addresses of an endpoint slice that are no pods. */
export const outside_of = (item: Json): readonly string[] =>
  plain(
    list(item, 'endpoints')
      .filter((endpoint) => text(endpoint, 'targetRef', 'kind') !== 'Pod')
      .flatMap((endpoint) => list(endpoint, 'addresses'))
      .filter((address) => typeof address === 'string'),
  );

/** Whose values are not shown (as command lines' are not). */
const SECRET_NAME = /pass|pwd|secret|token|api[-_]?key|access[-_]?key|private[-_]?key|credential|auth/i;
const USER_INFO = /([a-z][a-z0-9+.-]*:\/\/[^\s:/@]*):[^\s@/]+@/gi;

/** Environment variables that stand in the pod as text; what comes from elsewhere, secrets above all, is not read. */
export function env_of(item: Json): Readonly<Record<string, string>> {
  const env: Record<string, string> = {};
  for (const container of list(item, 'spec', 'containers'))
    for (const entry of list(container, 'env')) {
      const name = text(entry, 'name');
      const value = at(entry, 'value');
      if (name === '' || typeof value !== 'string' || at(entry, 'valueFrom') !== undefined || name in env) continue;
      env[name] = SECRET_NAME.test(name) ? '?' : value.replace(USER_INFO, '$1:?@');
    }
  return env;
}
/** kubectl keeps the whole object there, environment and all. */
const WHOLE_OBJECT = 'kubectl.kubernetes.io/last-applied-configuration';
export function annotations_of(item: Json): Readonly<Record<string, string>> {
  const all = Object.entries(texts(item, 'metadata', 'annotations')).filter(([name]) => name !== WHOLE_OBJECT);
  return Object.fromEntries(all.map(([name, value]) => [name, SECRET_NAME.test(name) ? '?' : value]));
}
