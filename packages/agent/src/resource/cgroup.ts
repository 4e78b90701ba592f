// Container and systemd unit of a process, read off the path of its control group.
import { readFileSync } from 'node:fs';

export interface Placement {
  readonly container_id: string;
  /** 'docker', 'containerd', 'cri-o', 'podman' or ''. */
  readonly container_runtime: string;
  readonly container_name: string;
  /** e.g. 'nginx.service'. */
  readonly unit: string;
  /** Kubernetes pod; '' = none. */
  readonly pod_uid: string;
}
export const NOWHERE: Placement = {
  container_id: '',
  container_runtime: '',
  container_name: '',
  unit: '',
  pod_uid: '',
};

/** kubelet's folder of a pod: `/pod<uid>/` (cgroupfs), `-pod<uid>.slice` with underscores (systemd). A static pod's uid is a hash. */
const POD = /kubepods.*[/-]pod([0-9a-f]{32}|[0-9a-f]{8}(?:[-_][0-9a-f]{4}){3}[-_][0-9a-f]{12})(?:\.slice)?(?:\/|$)/;
const pod_uid = (path: string): string => POD.exec(path)?.[1]?.replaceAll('_', '-') ?? '';

const PATTERNS: readonly (readonly [RegExp, string])[] = [
  [/docker-([0-9a-f]{64})\.scope/, 'docker'],
  [/\/docker\/([0-9a-f]{64})/, 'docker'],
  [/cri-containerd-([0-9a-f]{64})\.scope/, 'containerd'],
  [/crio-(?:conmon-)?([0-9a-f]{64})(?:\.scope)?/, 'cri-o'],
  [/libpod-(?:conmon-)?([0-9a-f]{64})(?:\.scope)?/, 'podman'],
  [/\/libpod_parent\/(?:libpod-)?([0-9a-f]{64})/, 'podman'],
  [/\/containerd\/([0-9a-f]{64})/, 'containerd'],
  // Without a runtime's mark: kubelet's cgroupfs driver over containerd.
  [/kubepods.*\/(?:pod[^/]*\/)([0-9a-f]{64})/, 'containerd'],
];

/** `text` is the content of /proc/PID/cgroup: lines "id:controllers:path". */
export function placement_of(text: string): Placement {
  for (const line of text.split('\n')) {
    const path = line.slice(line.indexOf(':', line.indexOf(':') + 1) + 1);
    for (const [pattern, container_runtime] of PATTERNS) {
      const container_id = pattern.exec(path)?.[1];
      if (container_id === undefined) continue;
      return {
        container_id,
        container_runtime,
        container_name: container_name(container_id, container_runtime),
        unit: '',
        pod_uid: pod_uid(path),
      };
    }
    const uid = pod_uid(path);
    if (uid !== '') return { ...NOWHERE, pod_uid: uid };
    const unit = /\/([^/]+\.service)(?:\/|$)/.exec(path)?.[1];
    if (unit !== undefined) return { ...NOWHERE, unit };
  }
  return NOWHERE;
}

const names = new Map<string, string>();
const NAMES_MAX = 4096;

function container_name(id: string, runtime: string): string {
  let name = names.get(id);
  if (name === undefined) {
    name = runtime === 'docker' ? docker_name(id) : runtime === 'podman' ? podman_name(id) : '';
    if (names.size >= NAMES_MAX) names.clear();
    names.set(id, name);
  }
  return name;
}

function docker_name(id: string): string {
  try {
    const config: unknown = JSON.parse(readFileSync(`/var/lib/docker/containers/${id}/config.v2.json`, 'utf8'));
    const name = (config as { Name?: unknown }).Name;
    return typeof name === 'string' ? name.replace(/^\//, '') : '';
  } catch {
    return '';
  }
}

function podman_name(id: string): string {
  try {
    const list: unknown = JSON.parse(
      readFileSync('/var/lib/containers/storage/overlay-containers/containers.json', 'utf8'),
    );
    if (!Array.isArray(list)) return '';
    const found = list.find((item: { id?: unknown }) => item.id === id) as { names?: unknown } | undefined;
    return Array.isArray(found?.names) && typeof found.names[0] === 'string' ? found.names[0] : '';
  } catch {
    return '';
  }
}
