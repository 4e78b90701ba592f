// The source against an API server over HTTPS that speaks the wire protocol; kubectl says whether that one does.
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CustomTags, ResourceEvent } from '../../../inventory.ts';
import { Things } from '../../../label/things.ts';
import { FakeApiServer } from '../../../testing/kubernetes/api-server.ts';
import { fake, fake_node, fake_pod, fake_service } from '../../../testing/kubernetes/objects.ts';
import { kubeconfig, service_account } from './access.ts';
import { KubernetesSource } from './source.ts';

const PODS = '/api/v1/pods';
const SERVICES = '/api/v1/services';
let folder: string;
let api: FakeApiServer;
let url: string;
let source: KubernetesSource | undefined;
let things: Things;
let custom: CustomTags[];
let events: ResourceEvent[];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sonde-kubernetes-'));
  api = new FakeApiServer();
  url = await api.listen();
  custom = [];
  events = [];
  things = new Things((tags) => custom.push(tags));
});
afterEach(async () => {
  await source?.stop();
  source = undefined;
  await api.close();
  rmSync(folder, { recursive: true, force: true });
});

const poll = (look: () => unknown) => expect.poll(look, { timeout: 15_000, interval: 20 });
/** A kubeconfig file; `user` as it stands in the file. */
function config(user: object, cluster: object = {}): string {
  const path = join(folder, 'config');
  const server = { server: url, 'certificate-authority-data': base64(api.certificates.ca), ...cluster };
  writeFileSync(
    path,
    JSON.stringify({
      'current-context': 'one',
      contexts: [{ name: 'one', context: { cluster: 'c', user: 'u' } }],
      clusters: [{ name: 'c', cluster: server }],
      users: [{ name: 'u', user }],
    }),
  );
  return path;
}
const base64 = (text: string): string => Buffer.from(text).toString('base64');
function start(more: { annotations?: boolean; env?: boolean; path?: string } = {}): KubernetesSource {
  const path = more.path ?? config({ token: api.token });
  source = new KubernetesSource(
    {
      name: 'prod',
      annotations: more.annotations ?? false,
      env: more.env ?? false,
      access: () => kubeconfig(path),
      backoff_ms_min: 20,
      caught_up_ms: 50,
    },
    things,
    (event) => events.push(event),
  );
  source.start();
  return source;
}

const now_us = (): number => Date.now() * 1000;
/** As of two seconds ago, as rows ask. */
const at_address = (ip: string) => things.by_address(ip, '', now_us() - 2e6, now_us() - 2e6);
const names = (ip: string) => {
  const found = at_address(ip);
  return found && [found.known.instance.name, found.known.fallback.name, found.known.services[0]?.resource.name];
};
const current = (): boolean => at_address('10.9.9.9')?.doubtful === false;

/** A shop: two workloads, a service, an ingress. */
function shop(): void {
  api.put('/api/v1/namespaces', fake('Namespace', { name: 'kube-system', uid: 'cluster-uid' }));
  api.put('/api/v1/namespaces', fake('Namespace', { name: 'shop', uid: 'ns-uid' }));
  api.put('/api/v1/nodes', fake_node('n1', '10.9.9.9'));
  api.put(
    '/apis/apps/v1/replicasets',
    fake('ReplicaSet', {
      name: 'cart-abc',
      namespace: 'shop',
      uid: 'rs',
      owner: { kind: 'Deployment', name: 'cart', uid: 'dep' },
    }),
  );
  api.put(
    SERVICES,
    fake_service(
      { name: 'web', namespace: 'shop', uid: 'svc', labels: { tier: 'front' } },
      '10.96.0.10',
      { app: 'cart' },
      [{ port: 80, targetPort: 'http' }],
    ),
  );
  api.put(
    '/apis/networking.k8s.io/v1/ingresses',
    fake(
      'Ingress',
      { name: 'door', namespace: 'shop', uid: 'ing' },
      {
        spec: {
          rules: [{ http: { paths: [{ path: '/', backend: { service: { name: 'web', port: { number: 80 } } } }] } }],
        },
      },
    ),
  );
}
const LONG_AGO = Date.now() - 3600e3;
const cart = (n: number, more: object = {}) =>
  fake_pod({
    name: `cart-abc-${n}`,
    namespace: 'shop',
    uid: `pod-${n}`,
    labels: { app: 'cart', 'pod-template-hash': 'abc' },
    owner: { kind: 'ReplicaSet', name: 'cart-abc', uid: 'rs' },
    node: 'n1',
    ip: `10.1.${n >> 8}.${n & 255}`,
    ports: [{ name: 'http', containerPort: 8080 }],
    created_ms: LONG_AGO,
    started_ms: LONG_AGO,
    ...more,
  });

describe('what a cluster has', () => {
  it('is listed page by page and told with all that it belongs to', async () => {
    shop();
    for (let n = 1; n <= 1203; n++) api.put(PODS, cart(n));
    start();
    await poll(() => [things.gauges['inventory.things'], current()]).toEqual([1205, true]);
    expect(api.counts.pages).toBeGreaterThanOrEqual(api.counts.lists + 2);
    const found = at_address('10.1.4.176')!;
    expect(found.doubtful).toBe(false);
    expect(Object.fromEntries(found.known.resources.map((r) => [r.kind, [r.uid, r.name, r.type]]))).toEqual({
      pod_cluster: ['cluster-uid', 'prod', 0],
      pod_ns: ['ns-uid', 'shop', 0],
      pod: ['pod-1200', 'cart-abc-1200', 0],
      pod_node: [expect.any(String), 'n1', 0],
      pod_group: ['dep', 'cart', 130],
    });
    expect(found.known).toMatchObject({ hostname: 'n1', fallback: { type: 130, name: 'cart' } });
    expect(found.known.services).toEqual([
      {
        resource: { kind: 'pod_service', uid: 'svc', name: 'web', hostname: '', ip: '10.96.0.10', type: 0 },
        ingress: { kind: 'pod_ingress', uid: 'ing', name: 'door', hostname: '', ip: '', type: 0 },
        labels: { tier: 'front' },
        ports: [8080],
      },
    ]);
    expect(names('10.96.0.10')).toEqual(['web', 'web', 'web']);
    expect(names('10.9.9.9')?.slice(0, 2)).toEqual(['n1', 'prod']);
    expect(things.by_host('n1')?.instance.name).toBe('n1');
    expect(source!.problems()).toEqual([]);
  });

  it('changes as the watch says', async () => {
    shop();
    api.put(PODS, cart(1));
    start();
    await poll(current).toBe(true);
    api.put(PODS, cart(2));
    await poll(() => names('10.1.0.2')).toEqual(['cart-abc-2', 'cart', 'web']);
    // Finished pods have given their address back; pods of the machine's network never had one.
    api.put(PODS, cart(2, { phase: 'Succeeded' }));
    api.put(PODS, cart(3, { host_network: true, ip: '10.9.9.9' }));
    await poll(() => things.latest('prod', 'pod-3')?.instance.name).toBe('cart-abc-3');
    expect(names('10.9.9.9')?.[0]).toBe('n1');
    api.remove(PODS, cart(1));
    await poll(() => things.by_address('10.1.0.1', '', now_us() + 5e6, now_us() + 5e6)).toBeUndefined();
    expect(things.by_uid('pod-1', now_us(), now_us())?.known.instance.name).toBe('cart-abc-1');
    api.put(SERVICES, fake_service({ name: 'web', namespace: 'shop', uid: 'svc' }, '10.96.0.10', { app: 'other' }, []));
    await poll(() => things.latest('prod', 'pod-2')?.services).toEqual([]);
    const told = events.map(({ type, uid, from }) => [from, type, uid]);
    expect(told).toContainEqual(['resource', 'create', 'pod-2']);
    expect(told).toContainEqual(['resource', 'attach-ip', 'pod-2']);
    expect(told).toContainEqual(['resource', 'update-state', 'pod-2']);
    expect(told).toContainEqual(['resource', 'delete', 'pod-1']);
    // What was there before is no news.
    expect(told.filter(([, type]) => type === 'create').map(([, , uid]) => uid)).toEqual(['pod-2', 'pod-3']);
  });

  it('waits a moment for an owner that is watched apart, not for ever', async () => {
    shop();
    start();
    await poll(current).toBe(true);
    const owner = { kind: 'ReplicaSet', name: 'late-xyz', uid: 'rs2' };
    api.put(PODS, cart(1, { owner, labels: { 'pod-template-hash': 'xyz' } }));
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(things.latest('prod', 'pod-1')).toBeUndefined();
    api.put(
      '/apis/apps/v1/replicasets',
      fake('ReplicaSet', {
        name: 'late-xyz',
        namespace: 'shop',
        uid: 'rs2',
        owner: { kind: 'Deployment', name: 'late', uid: 'dep2' },
      }),
    );
    await poll(() => things.latest('prod', 'pod-1')?.fallback.name).toBe('late');
    api.put(PODS, cart(2, { owner: { ...owner, uid: 'never' }, labels: { 'pod-template-hash': 'xyz' } }));
    await poll(() => things.latest('prod', 'pod-2')?.fallback.name).toBe('late');
  });

  it('brings annotations and environment when asked, secrets never', async () => {
    shop();
    api.put(
      PODS,
      cart(1, {
        env: [
          { name: 'MODE', value: 'fast' },
          { name: 'DB_PASSWORD', value: 'hunter2' },
          { name: 'DB', value: 'pg://user:hunter2@db/x' },
          { name: 'KEY', valueFrom: { secretKeyRef: { name: 's', key: 'k' } } },
        ],
        more: {
          annotations: {
            team: 'a',
            'kubectl.kubernetes.io/last-applied-configuration': '{"hunter2":1}',
            'x/token': 'hunter2',
          },
        },
      }),
    );
    start({ annotations: true, env: true });
    await poll(() => custom.filter((t) => t.resource.kind === 'pod').length).toBe(2);
    expect(JSON.stringify(custom)).not.toContain('hunter2');
    expect(
      Object.fromEntries(custom.filter((t) => t.resource.kind === 'pod').map((t) => [t.family, t.values])),
    ).toEqual({
      'k8s.annotation': { team: 'a', 'x/token': '?' },
      'k8s.env': { MODE: 'fast', DB_PASSWORD: '?', DB: 'pg://user:?@db/x' },
    });
  });

  it("becomes rows of Kubernetes' own events, each once", async () => {
    shop();
    const event = (name: string, ms: number) =>
      fake(
        'Event',
        { name, namespace: 'shop', created_ms: ms },
        {
          reason: 'BackOff',
          message: `of ${name}`,
          type: 'Warning',
          lastTimestamp: new Date(ms).toISOString(),
          involvedObject: { kind: 'Pod', namespace: 'shop', name: 'p', uid: 'pod-1' },
          source: { component: 'kubelet' },
        },
      );
    api.put('/api/v1/events', event('old', LONG_AGO));
    start();
    await poll(current).toBe(true);
    api.put('/api/v1/events', event('new', Date.now()));
    await poll(() => events.map((e) => e.description)).toEqual(['of new']);
    expect(events[0]).toMatchObject({
      from: 'kubernetes',
      type: 'BackOff',
      uid: 'pod-1',
      attributes: { kind: 'Pod', severity: 'Warning', component: 'kubelet' },
    });
  });
});

describe('when it does not go well', () => {
  it.each([[true], [false]])(
    'a version that is gone (by status: %s) leads to a new list, and what went meanwhile is gone',
    async (by_status) => {
      api.gone_by_status = by_status;
      shop();
      for (const n of [1, 2]) api.put(PODS, cart(n));
      start();
      await poll(current).toBe(true);
      const { lists } = api.counts;
      api.remove(PODS, cart(1));
      api.put(PODS, cart(3));
      api.cut_watches(true);
      await poll(() => [
        names('10.1.0.3')?.[0],
        api.counts.lists > lists,
        source!.gauges()['kubernetes.gone']! > 0,
        current(),
      ]).toEqual(['cart-abc-3', true, true, true]);
      await poll(() => events.map((e) => `${e.type} ${e.uid}`)).toContain('delete pod-1');
      await poll(() => source!.problems()).toEqual([]);
    },
  );

  it('a broken watch goes on where it stopped, without a list', async () => {
    shop();
    start();
    await poll(current).toBe(true);
    const { lists } = api.counts;
    api.cut_watches();
    for (const n of [1, 2]) api.put(PODS, cart(n));
    await poll(() => [names('10.1.0.1')?.[0], names('10.1.0.2')?.[0]]).toEqual(['cart-abc-1', 'cart-abc-2']);
    expect(api.counts.lists).toBe(lists);
  });

  it('kinds that may not be read are named and done without', async () => {
    shop();
    api.denied.add('/apis/apps/v1/replicasets');
    api.denied.add('/api/v1/namespaces');
    api.denied.add('/api/v1/nodes');
    api.put(PODS, cart(1));
    start();
    await poll(() => names('10.1.0.1')).toEqual(['cart-abc-1', 'cart', 'web']);
    expect(source!.problems()).toEqual([
      'Kubernetes cluster prod: namespaces, nodes, replicasets may not be read (RBAC), tags that come from them are missing.',
    ]);
  });

  it('a server that goes away is said, and asked again', async () => {
    shop();
    api.put(PODS, cart(1));
    start();
    await poll(current).toBe(true);
    await api.close();
    await poll(() => source!.problems().join()).toMatch(/not up to date: .*ECONNREFUSED/);
    await poll(() => at_address('10.1.0.1')?.doubtful).toBe(true);
    api = new FakeApiServer();
    url = await api.listen();
  });
});

describe('ways in', () => {
  it.each([
    ['a token', () => ({ token: api.token })],
    [
      'a client certificate',
      () => ({
        'client-certificate-data': base64(api.certificates.client_cert),
        'client-key-data': base64(api.certificates.client_key),
      }),
    ],
    [
      'a file of a token',
      () => {
        writeFileSync(join(folder, 'token'), `${api.token}\n`);
        return { tokenFile: 'token' };
      },
    ],
  ])('%s', async (_name, user) => {
    shop();
    start({ path: config(user()) });
    await poll(current).toBe(true);
  });

  it('the service account of a pod', () => {
    const account = join(folder, 'account');
    mkdirSync(account);
    writeFileSync(join(account, 'token'), 'abc');
    writeFileSync(join(account, 'ca.crt'), api.certificates.ca);
    const env = { KUBERNETES_SERVICE_HOST: 'fd00::1', KUBERNETES_SERVICE_PORT: '6443' };
    const access = service_account(env, account);
    expect([access.server.href, access.token(), access.ca]).toEqual([
      'https://[fd00::1]:6443/',
      'abc',
      api.certificates.ca,
    ]);
    expect(() => service_account({}, account)).toThrow('no pod of a cluster');
  });

  it.each([
    [{ exec: { command: 'aws' } }, {}, /exec plugin \(aws\).*token of a service account/],
    [{ 'auth-provider': { name: 'gcp' } }, {}, /auth-provider/],
    [{ username: 'x', password: 'y' }, {}, /user name and password/],
    [{}, { 'proxy-url': 'http://p' }, /proxy/],
    [{}, { server: 'unix:///x' }, /no server by an http/],
    [{}, { 'certificate-authority-data': '', 'certificate-authority': 'missing.crt' }, /missing.crt cannot be read/],
  ])('%j %j is refused', (user, cluster, words) => {
    expect(() => kubeconfig(config(user, cluster))).toThrow(words);
  });

  it('a wrong token, and a certificate of another authority, are said', async () => {
    start({ path: config({ token: 'wrong' }) });
    await poll(() => source!.problems().join()).toContain('Unauthorized');
    await source!.stop();
    start({
      path: config({ token: api.token }, { 'certificate-authority-data': base64(api.certificates.client_cert) }),
    });
    await poll(() => source!.problems().join()).toMatch(/certificate|verify/);
  });

  it('a file that says nothing of use is refused with its place', () => {
    writeFileSync(join(folder, 'bad'), '{');
    expect(() => kubeconfig(join(folder, 'bad'))).toThrow('cannot be read');
    expect(() => kubeconfig(config({}), 'two')).toThrow('no context called "two"');
  });
});

it.skipIf(!existsSync('/usr/bin/kubectl'))('the fake is an API server to kubectl', async () => {
  shop();
  for (let n = 1; n <= 1203; n++) api.put(PODS, cart(n));
  const path = config({ token: api.token });
  const kubectl = (...args: string[]): Promise<string> => {
    return new Promise((resolve, reject) =>
      execFile(
        '/usr/bin/kubectl',
        ['--kubeconfig', path, '--cache-dir', join(folder, 'cache'), ...args],
        { maxBuffer: 1e8 },
        (error, out, err) => (error === null ? resolve(out) : reject(new Error(err))),
      ),
    );
  };
  const listed = await kubectl('get', 'pods', '-A', '-o', 'name');
  expect(listed.trim().split('\n')).toHaveLength(1203);
  expect(await kubectl('get', 'deployments,replicasets,services,ingresses', '-A', '-o', 'name')).toContain(
    'service/web',
  );
  const watched = kubectl(
    'get',
    'pods',
    '-A',
    '-w',
    '--request-timeout=2s',
    '--output-watch-events',
    '-o',
    'jsonpath={.type} {.object.metadata.name}{"\\n"}',
  ).catch((e: Error) => e.message);
  await poll(() => api.counts.watches).toBeGreaterThan(0);
  api.put(PODS, cart(2000));
  api.remove(PODS, cart(5));
  expect(await watched).toMatch(/ADDED cart-abc-2000\nDELETED cart-abc-5/);
});
