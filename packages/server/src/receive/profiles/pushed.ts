// A profile that a program pushed, with what came beside it.
import { ENTITY_TYPE, type Entity, NO_ENTITY } from '@sonde/records';
import type { Labels, Profile } from '../../formats/profile.ts';
import { ProfileError } from '../../formats/profile.ts';

export interface Pushed {
  readonly profile: Profile;
  /** app_service. */
  readonly service: string;
  /** profile_language_type; '' = not known. */
  readonly language: string;
  readonly labels: Labels;
  /** Name of its kind, as Pyroscope says it; '' = told by the types of its values. */
  readonly kind: string;
  readonly start_ms: number;
  readonly id: string;
}

const SERVICE_LABELS = ['service_name', 'service.name', 'app'];
const INSTANCE_LABELS = ['service_instance_id', 'service.instance.id', 'instance', 'pod', 'k8s.pod.name', 'hostname'];
const HOST_LABELS = ['host.name', 'hostname', 'host'];
const PID_LABELS = ['process.pid', 'process_pid', 'pid', 'process_id'];
const UNKNOWN_SERVICE = 'unknown_service';

/** The first of those names that has a value. */
export function label_of(labels: Labels, names: readonly string[]): string {
  for (const name of names) {
    const value = labels.find(([known]) => known === name)?.[1] ?? '';
    if (value !== '') return value;
  }
  return '';
}
export const service_of = (labels: Labels): string =>
  label_of(labels, [...SERVICE_LABELS, 'process.executable.name']) || UNKNOWN_SERVICE;
export const instance_of = (labels: Labels): string => label_of(labels, INSTANCE_LABELS);

export function process_id_of(labels: Labels): number {
  const pid = Number(label_of(labels, PID_LABELS));
  return Number.isInteger(pid) && pid > 0 && pid < 2 ** 31 ? pid : 0;
}

/** Who pushed: what its labels say, else the address it came from. Kubernetes' tags are found by either. */
export function entity_of(pushed: Pushed, peer: string): Entity {
  const { labels, service } = pushed;
  const host = label_of(labels, HOST_LABELS);
  const pod_uid = label_of(labels, ['k8s.pod.uid']);
  const loopback = peer === '' || peer === '::1' || peer.startsWith('127.');
  return {
    ...NO_ENTITY,
    type: ENTITY_TYPE.process,
    name: instance_of(labels) || service,
    service,
    service_type: ENTITY_TYPE.process,
    host,
    executable: label_of(labels, ['process.executable.path']),
    container_id: label_of(labels, ['container.id', 'container_id']),
    container_name: label_of(labels, ['container.name', 'k8s.container.name', 'container']),
    pod_uid,
    ip: loopback || host !== '' || pod_uid !== '' ? '' : peer,
  };
}

/** Names of telemetry SDKs and of Pyroscope's spies, as DeepFlow writes the languages. */
const LANGUAGES: readonly (readonly [RegExp, string])[] = [
  [/^(go|gospy|golang)$/i, 'Golang'],
  [/^(java|javaspy|jvm|hotspot)$/i, 'Java'],
  [/^(python|pyspy|cpython|pyroscope-py\w*)$/i, 'Python'],
  [/^(nodejs|nodespy|node|javascript|v8js|pyroscope-nodejs)$/i, 'NodeJS'],
  [/^(ruby|rbspy|pyroscope-rb\w*)$/i, 'Ruby'],
  [/^(php|phpspy)$/i, 'PHP'],
  [/^(rust|pyroscope-rs|pprof-rs)$/i, 'Rust'],
  [/^(ebpfspy|ebpf|pyroscope-ebpf|parca_?agent)$/i, 'eBPF'],
];
export const language_of = (name: string): string => LANGUAGES.find(([pattern]) => pattern.test(name))?.[1] ?? '';

const MINUTE_MS = 60_000;
/** Clocks that are ahead. */
const AHEAD_MS = 10 * MINUTE_MS;

/** Partitions are hours, and a message fills so many at most. */
const SPREAD_HOURS = 24;

/** Rows outside of what is kept would go as soon as they came. */
export function check_times({ profile, start_ms }: Pushed, now_ms: number, kept_hours: number): void {
  const spread = profile.samples.find(
    ({ second }) => second !== 0 && Math.abs(second * 1000 - start_ms) > SPREAD_HOURS * 60 * MINUTE_MS,
  );
  if (spread !== undefined)
    throw new ProfileError(`A sample is more than ${SPREAD_HOURS} hours from the begin of the profile.`);
  const wrong = (ms: number): boolean => !(ms >= now_ms - kept_hours * 60 * MINUTE_MS && ms <= now_ms + AHEAD_MS);
  const found = wrong(start_ms) ? start_ms : profile.samples.find((s) => s.second !== 0 && wrong(s.second * 1000));
  if (found === undefined) return;
  const ms = typeof found === 'number' ? found : found.second * 1000;
  const when = Number.isFinite(ms) && Math.abs(ms) < 8e15 ? new Date(ms).toISOString() : String(ms);
  throw new ProfileError(`The profile is of ${when}: only the last ${kept_hours} hours are kept.`);
}
