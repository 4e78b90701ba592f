import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CustomTags, ResourceEvent } from '../../../inventory.ts';
import { Things } from '../../../label/things.ts';
import { TagBook } from '../tag-book.ts';
import { read_document, sentence } from './document.ts';
import { DomainSource } from './source.ts';

const WHOLE = `# a data center without an API
azs: [{name: hall 1, uuid: az-1, domain_uuid: dc}]
vpcs:
- {name: net, uuid: vpc-1, domain_uuid: dc}
- {name: other, uuid: vpc-2, domain_uuid: dc}
subnets:
- name: front
  uuid: sn-1
  type: 4
  is_vip: false
  vpc_uuid: vpc-1
  az_uuid:
  domain_uuid: dc
  cidrs: ["10.1.0.0/24", "2001:DB8::/64"]
- {name: back, uuid: sn-2, vpc_uuid: vpc-1, domain_uuid: dc, cidrs: [10.2.0.0/16]}
hosts:
- {name: kvm-1, uuid: h-1, ip: 10.9.0.1, az_uuid: az-1, domain_uuid: dc}
chosts:
- name: web-1
  uuid: vm-1
  host_ip: 10.9.0.1
  vpc_uuid: vpc-1
  az_uuid: az-1
  domain_uuid: dc
  vinterfaces:
  - {mac: "AA:bb:cc:00:00:01", subnet_uuid: sn-1, ips: [10.1.0.5, "2001:db8::5"]}
  - {mac: "aa:bb:cc:00:00:02", subnet_uuid: sn-2, ips: [10.2.0.5]}
- {name: 012, uuid: 7, vpc_uuid: vpc-1, az_uuid: az-1, domain_uuid: dc}
lbs:
- name: entry
  model: 1
  vpc_uuid: vpc-1
  domain_uuid: dc
  region_uuid: north
  vinterfaces: [{mac: "aa:bb:cc:00:00:03", subnet_uuid: sn-1, ips: [10.1.0.9]}]
  lb_listeners:
  - {protocol: TCP, ip: 10.1.0.9, port: 443, lb_target_servers: [{ip: 10.1.0.5, port: 8443}]}
peer_connections:
- {name: p, uuid: p-1, domain_uuid: dc, local_vpc_uuid: vpc-1, local_region_uuid: r, remote_vpc_uuid: vpc-2, remote_region_uuid: r}
cloud_tags:
- {resource_type: chost, resource_name: web-1, domain_uuid: dc, tags: [{key: team, value: "shop: front"}, {key: cost, value: 12}]}
- {resource_type: chost, resource_name: bare-7, domain_uuid: dc, tags: [{key: team, value: db}]}
- {resource_type: pod_ns, resource_name: shop, domain_uuid: prod, tags: [{key: owner, value: me}]}
`;

describe('a document', () => {
  it('is read as written: names are no numbers, what is empty is not there, JSON is the same', () => {
    const read = read_document(WHOLE);
    if (!read.ok) throw new Error(read.problems.map(sentence).join('\n'));
    expect(read.document.chosts[1]).toMatchObject({ name: '012', uuid: '7', vinterfaces: [] });
    expect(read.document.subnets[0]).not.toHaveProperty('az_uuid');
    expect(read.document.cloud_tags[0]!.tags[1]).toEqual({ key: 'cost', value: '12' });
    expect(read_document(JSON.stringify(read.document))).toEqual(read);
  });

  it.each([
    ['azs:\n- name: a\n  uuid: 1\n', 'line 2: azs[0].domain_uuid: is missing'],
    ['azs:\n- name: a\n  uuid: 1\n  domain_uid: d\n', 'line 4: azs[0].domain_uid: no such name is known here'],
    ['azs: 5\n', 'line 1: azs: must be a list'],
    ['regions: []\n', 'line 1: regions: no such name is known here'],
    ['- a\n', 'line 1: must be names with values'],
    ['azs: [1\nvpcs: 2\n', /^line 2: this is no YAML: /],
    ['azs: []\nazs: []\n', 'line 2: this is no YAML: Map keys must be unique'],
    [WHOLE.replace('type: 4', 'type: 5'), 'line 9: subnets[0].type: must be one of 3, 4'],
    [WHOLE.replace('is_vip: false', 'is_vip: no'), 'line 10: subnets[0].is_vip: must be true or false'],
    [
      WHOLE.replace('10.1.0.0/24', '10.1.0.0/33'),
      'line 14: subnets[0].cidrs[0]: is no network: ADDRESS/BITS is wanted',
    ],
    [
      WHOLE.replace('AA:bb:cc:00:00:01', 'AA:bb'),
      'line 26: chosts[0].vinterfaces[0].mac: is no MAC address: xx:xx:xx:xx:xx:xx',
    ],
    [
      WHOLE.replace('10.1.0.5, "', '10.1.1.5, "'),
      'line 26: chosts[0].vinterfaces[0].ips[0]: 10.1.1.5 is in none of the cidrs of its subnet',
    ],
    [
      WHOLE.replace('host_ip: 10.9.0.1', 'host_ip: 10.9.0.2'),
      'line 21: chosts[0].host_ip: 10.9.0.2 is the ip of no host of the domain dc',
    ],
    [
      WHOLE.replace('  az_uuid: az-1\n', '  az_uuid: az-2\n'),
      'line 23: chosts[0].az_uuid: az-2 is no uuid of azs of the domain dc',
    ],
    [WHOLE.replace('uuid: vpc-2', 'uuid: vpc-1'), /line 5: vpcs\[1\]\.uuid: vpc-1 is the uuid of vpcs\[0\] too/],
    [WHOLE.replace('protocol: TCP', 'protocol: SCTP'), 'line 37: lbs[0].lb_listeners[0].protocol: must be TCP or UDP'],
    [WHOLE.replace('port: 443', 'port: 70000'), 'line 37: lbs[0].lb_listeners[0].port: must be a port, 1 to 65535'],
    [
      WHOLE.replace('key: team', 'key: "te am"'),
      'line 41: cloud_tags[0].tags[0].key: may hold no space, colon, quote or backslash',
    ],
    [
      WHOLE.replace('resource_type: pod_ns', 'resource_type: pod'),
      'line 43: cloud_tags[2].resource_type: must be chost or pod_ns',
    ],
    [
      WHOLE.replace('remote_vpc_uuid: vpc-2', 'remote_vpc_uuid: vpc-1'),
      'line 39: peer_connections[0].remote_vpc_uuid: is the local one: a VPC is not connected to itself',
    ],
  ])('that is wrong is refused with line and path %#', (text, problem) => {
    const read = read_document(text);
    if (read.ok) throw new Error('taken');
    expect(read.problems.map(sentence).join('\n')).toMatch(problem);
  });

  it('never throws, whatever it is', () => {
    const bomb = `a: &a [x]\n${Array.from({ length: 26 }, (_, i) => `b${i}: &b${i} [${`*${i === 0 ? 'a' : `b${i - 1}`},`.repeat(9)}]\n`).join('')}`;
    for (const text of [
      bomb,
      '\0',
      '{',
      '{"azs": [null, 3, "x"]}',
      '!!js/function x',
      '*a',
      '%',
      'a: b: c',
      '[',
      '? {a: 1}: 2',
    ])
      expect(read_document(text).ok).toBe(false);
    // A half of anything is a document or refused.
    for (let i = 0; i < WHOLE.length; i += 7) read_document(WHOLE.slice(0, i));
  });
});

describe('the source', () => {
  let folder = '';
  let source: DomainSource;
  let told: CustomTags[] = [];
  let events: ResourceEvent[] = [];
  let things: Things;
  const open = (): void => {
    told = [];
    events = [];
    things = new Things((tags) => told.push(tags));
    source = new DomainSource(join(folder, 'r.yaml'), things, new TagBook(things), (event) => events.push(event));
    source.start();
  };
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'sonde-domain-'));
    open();
  });
  afterEach(async () => {
    await source.stop();
    rmSync(folder, { recursive: true, force: true });
  });
  const at_address = (address: string, host = '') => {
    const now = Date.now() * 1000 + 3e6;
    const found = things.by_address(address, host, now, now);
    const names = found?.known.resources.map(({ kind, name }) => [kind, name]) ?? [];
    return found && { ...Object.fromEntries(names), is: found.known.instance.name, doubtful: found.doubtful };
  };

  it('gives each address what holds it and what that belongs to, with the subnet of the interface', async () => {
    expect(await source.apply(WHOLE)).toEqual({ ok: true, changed: true });
    const web = { is: 'web-1', chost: 'web-1', host: 'kvm-1', az: 'hall 1', vpc: 'net' };
    expect(at_address('10.1.0.5')).toEqual({ ...web, subnet: 'front', doubtful: false });
    expect(at_address('2001:db8::5')).toMatchObject({ ...web, subnet: 'front' });
    expect(at_address('10.2.0.5')).toMatchObject({ ...web, subnet: 'back' });
    expect(at_address('10.9.0.1')).toMatchObject({ is: 'kvm-1', host: 'kvm-1', az: 'hall 1' });
    expect(at_address('10.1.0.9')).toMatchObject({
      is: 'entry',
      lb: 'entry',
      region: 'north',
      vpc: 'net',
      subnet: 'front',
    });
    expect(at_address('10.1.0.10')).toBeUndefined();
    const now = Date.now() * 1000;
    expect(things.by_address('10.1.0.9', '', now, now)?.known.services).toMatchObject([
      { resource: { kind: 'lb_listener', name: '10.1.0.9-443' }, ports: [443] },
    ]);
  });

  it('finds the machine of an agent by its name, or by an address that no other network has', async () => {
    await source.apply(WHOLE);
    expect(things.by_host('web-1')?.instance.name).toBe('web-1');
    expect(things.by_host('ip-10-2-0-5')).toBeUndefined();
    things.machine('ip-10-2-0-5', ['172.17.0.1', '10.2.0.5', '10.1.0.5']);
    expect(things.by_host('ip-10-2-0-5')?.instance.name).toBe('web-1');
    things.machine('lost', ['10.2.0.5', '10.1.0.9']);
    expect(things.by_host('lost')).toBeUndefined();
  });

  it('puts what runs on a machine on top of it: the pod is named, the zone is the machine’s', async () => {
    await source.apply(WHOLE);
    const self = { type: 10, name: 'pod-1' };
    const resources = [{ kind: 'pod' as const, uid: 'p', name: 'pod-1', hostname: '', ip: '', type: 0 }];
    const at = { from_us: 0, to_us: 0 };
    things.put(
      'k',
      'p',
      { resources, hostname: 'web-1', labels: {}, instance: self, fallback: self, services: [] },
      at,
    );
    things.hold('k', 'p', ['10.244.0.3'], at);
    things.current('k', 0, Number.POSITIVE_INFINITY);
    expect(at_address('10.244.0.3')).toMatchObject({
      is: 'pod-1',
      pod: 'pod-1',
      chost: 'web-1',
      az: 'hall 1',
      doubtful: false,
    });
    const found = things.by_uid('p', 1, 1)!.known;
    expect(found.resources.map(({ kind }) => kind)).toEqual(['pod', 'chost', 'host', 'az', 'vpc']);
    expect(things.by_uid('p', 2, 2)!.known).toBe(found);
  });

  it('gives tags to machines, also to those that only their agent knows, and to what other sources come to know', async () => {
    await source.apply(WHOLE);
    expect(told.map(({ resource: { kind, uid }, values }) => [kind, uid, values])).toEqual([
      ['chost', 'vm-1', { team: 'shop: front', cost: '12' }],
      ['host', 'bare-7', { team: 'db' }],
    ]);
    expect(source.problems()).toEqual([
      'Additional resources, cloud_tags[2]: no pod_ns called shop is known of a source called prod.',
    ]);
    const self = { type: 10, name: 'x' };
    const ns = (uid: string) => ({ kind: 'pod_ns' as const, uid, name: 'shop', hostname: '', ip: '', type: 0 });
    for (const scope of ['prod', 'test'])
      things.put(
        scope,
        scope,
        { resources: [ns(`ns-${scope}`)], hostname: '', labels: {}, instance: self, fallback: self, services: [] },
        { from_us: 0, to_us: 0 },
      );
    await source.apply(WHOLE.replace('value: db', 'value: data'));
    expect(told.slice(2).map(({ resource: { kind, uid }, values }) => [kind, uid, values])).toEqual([
      ['host', 'bare-7', { team: 'data' }],
      ['pod_ns', 'ns-prod', { owner: 'me' }],
    ]);
    expect(source.problems()).toEqual([]);
  });

  it('changes nothing when the same is put again, and only what differs when it is not', async () => {
    await source.apply(WHOLE);
    const [tags, past] = [told.length, things.gauges];
    expect(await source.apply(`${WHOLE}# the same\n`)).toEqual({ ok: true, changed: false });
    expect([told.length, things.gauges, events]).toEqual([tags, past, []]);
    await source.apply(WHOLE.replace('10.2.0.5', '10.2.0.6').replace('name: entry', 'name: door'));
    expect(events.map(({ type, description }) => [type, description])).toEqual([
      ['delete', 'Load balancer entry'],
      ['detach-ip', 'entry: 10.1.0.9'],
      ['attach-ip', 'web-1: 10.2.0.6'],
      ['detach-ip', 'web-1: 10.2.0.5'],
      ['create', 'Load balancer door'],
      ['attach-ip', 'door: 10.1.0.9'],
    ]);
    await source.apply('{}');
    expect(told.slice(-2).map(({ values }) => values)).toEqual([{}, {}]);
    expect(at_address('10.1.0.5')).toBeUndefined();
  });

  it('takes nothing of a document that is wrong anywhere, and keeps what it has over a restart', async () => {
    await source.apply(WHOLE);
    const refused = await source.apply(WHOLE.replace('name: web-1', 'name: web-2').replace('port: 443', 'port: 0'));
    expect(refused).toMatchObject({ ok: false, problems: [{ line: 37, path: 'lbs[0].lb_listeners[0].port' }] });
    expect(await source.apply(' \n')).toMatchObject({ ok: false });
    expect(at_address('10.1.0.5')?.is).toBe('web-1');
    await source.stop();
    open();
    // It was in force before, so rows from before are certain.
    expect(things.by_address('10.1.0.5', '', 5, 5)).toMatchObject({
      known: { instance: { name: 'web-1' } },
      doubtful: false,
    });
    expect(source.document?.chosts[0]?.name).toBe('web-1');
    await source.stop();
    writeFileSync(join(folder, 'r.yaml'), 'azs: [');
    open();
    expect(source.problems()).toEqual([expect.stringMatching(/r\.yaml are not valid: line 1: this is no YAML/)]);
  });
});
