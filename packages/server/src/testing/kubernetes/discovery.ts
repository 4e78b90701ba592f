// What kubectl asks before it asks for anything: versions, groups, resources.
const resource = (name: string, kind: string, namespaced: boolean) => ({
  name,
  singularName: kind.toLowerCase(),
  namespaced,
  kind,
  verbs: ['get', 'list', 'watch'],
});
const RESOURCES: Readonly<Record<string, readonly ReturnType<typeof resource>[]>> = {
  v1: [
    resource('namespaces', 'Namespace', false),
    resource('nodes', 'Node', false),
    resource('pods', 'Pod', true),
    resource('services', 'Service', true),
    resource('events', 'Event', true),
  ],
  'apps/v1': [
    resource('deployments', 'Deployment', true),
    resource('replicasets', 'ReplicaSet', true),
    resource('statefulsets', 'StatefulSet', true),
    resource('daemonsets', 'DaemonSet', true),
  ],
  'batch/v1': [resource('jobs', 'Job', true), resource('cronjobs', 'CronJob', true)],
  'networking.k8s.io/v1': [resource('ingresses', 'Ingress', true)],
  'discovery.k8s.io/v1': [resource('endpointslices', 'EndpointSlice', true)],
};

/** The answer to a path of discovery; undefined for other paths. */
export function discovery(path: string): object | undefined {
  if (path === '/version') return { major: '1', minor: '30', gitVersion: 'v1.30.0' };
  if (path === '/api') return { kind: 'APIVersions', versions: ['v1'] };
  if (path === '/apis') {
    const groups = Object.keys(RESOURCES)
      .filter((version) => version !== 'v1')
      .map((groupVersion) => {
        const version = { groupVersion, version: 'v1' };
        return { name: groupVersion.split('/')[0], versions: [version], preferredVersion: version };
      });
    return { kind: 'APIGroupList', apiVersion: 'v1', groups };
  }
  const groupVersion = /^\/(?:api|apis)\/(.+)$/.exec(path)?.[1] ?? '';
  const resources = RESOURCES[groupVersion];
  return resources && { kind: 'APIResourceList', apiVersion: 'v1', groupVersion, resources };
}
