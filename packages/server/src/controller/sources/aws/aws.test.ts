// Against a server that answers as the three services do: the query protocol's forms and XML as the API references print them.
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { CustomTags, ResourceEvent } from '../../../inventory.ts';
import { Things } from '../../../label/things.ts';
import type { PolledSource } from '../polled.ts';
import { TagBook } from '../tag-book.ts';
import { aws_source } from './source.ts';

const item = (inner: string): string => `<item>${inner}</item>`;
const tag_set = (tags: Record<string, string>): string =>
  `<tagSet>${Object.entries(tags)
    .map(([k, v]) => item(`<key>${k}</key><value>${v}</value>`))
    .join('')}</tagSet>`;
const LAUNCHED = '2024-05-01T10:00:00.000Z';

interface Vm {
  readonly id: string;
  readonly ip: string;
  readonly more?: string;
  readonly vpc?: string;
  readonly tags?: Record<string, string>;
  readonly state?: string;
}
const instance = ({ id, ip, more = '', vpc = 'vpc-1', tags = {}, state = 'running' }: Vm): string =>
  item(
    `<reservationId>r-${id}</reservationId><ownerId>123456789012</ownerId><groupSet/><instancesSet>${item(
      `<instanceId>${id}</instanceId><instanceState><code>16</code><name>${state}</name></instanceState>
     <privateDnsName>ip-${ip.replaceAll('.', '-')}.eu-central-1.compute.internal</privateDnsName>
     <launchTime>${LAUNCHED}</launchTime><placement><availabilityZone>eu-central-1a</availabilityZone></placement>
     <subnetId>subnet-1</subnetId><vpcId>${vpc}</vpcId><privateIpAddress>${ip}</privateIpAddress>${tag_set(tags)}
     <networkInterfaceSet>${item(`<networkInterfaceId>eni-${id}</networkInterfaceId><subnetId>subnet-1</subnetId><vpcId>${vpc}</vpcId>
       <privateIpAddress>${ip}</privateIpAddress>
       <privateIpAddressesSet>${item(`<privateIpAddress>${ip}</privateIpAddress><primary>true</primary>`)}${more === '' ? '' : item(`<privateIpAddress>${more}</privateIpAddress><primary>false</primary>`)}</privateIpAddressesSet>
       <ipv6AddressesSet>${item('<ipv6Address>2001:db8::5</ipv6Address>')}</ipv6AddressesSet>`)}</networkInterfaceSet>`,
    )}</instancesSet>`,
  );

const ARN = 'arn:aws:elasticloadbalancing:eu-central-1:123456789012:loadbalancer/app/entry/50dc6c495c0c9188';
const interface_of = (id: string, ip: string, description: string, type: string): string =>
  item(`<networkInterfaceId>${id}</networkInterfaceId><subnetId>subnet-1</subnetId><vpcId>vpc-1</vpcId>
    <availabilityZone>eu-central-1a</availabilityZone><description>${description}</description><interfaceType>${type}</interfaceType>
    <privateIpAddress>${ip}</privateIpAddress>`);

interface Api {
  /** Pages of DescribeInstances. */
  pages: Vm[][];
  denied: Set<string>;
  /** Answers that the next calls of an action get first. */
  readonly first: Map<string, { status: number; code: string }[]>;
  readonly calls: URLSearchParams[];
  readonly authorizations: Set<string>;
}

function answer_of(api: Api, form: URLSearchParams): string {
  const ec2 = (action: string, inner: string): string =>
    `<${action}Response xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><requestId>x</requestId>${inner}</${action}Response>`;
  const query = (action: string, inner: string): string =>
    `<${action}Response><${action}Result>${inner}</${action}Result><ResponseMetadata><RequestId>x</RequestId></ResponseMetadata></${action}Response>`;
  const action = form.get('Action') ?? '';
  const page = Number(form.get('NextToken') ?? 0);
  switch (action) {
    case 'DescribeInstances': {
      const more = page + 1 < api.pages.length ? `<nextToken>${page + 1}</nextToken>` : '';
      return ec2(action, `<reservationSet>${(api.pages[page] ?? []).map(instance).join('')}</reservationSet>${more}`);
    }
    case 'DescribeVpcs':
      return ec2(
        action,
        `<vpcSet>${item(`<vpcId>vpc-1</vpcId>${tag_set({ Name: 'main' })}`)}${item('<vpcId>vpc-2</vpcId>')}</vpcSet>`,
      );
    case 'DescribeSubnets':
      return ec2(
        action,
        `<subnetSet>${item(`<subnetId>subnet-1</subnetId><vpcId>vpc-1</vpcId>${tag_set({ Name: 'front' })}`)}</subnetSet>`,
      );
    case 'DescribeAvailabilityZones':
      return ec2(action, `<availabilityZoneInfo>${item('<zoneName>eu-central-1a</zoneName>')}</availabilityZoneInfo>`);
    case 'DescribeNetworkInterfaces':
      return ec2(
        action,
        `<networkInterfaceSet>${interface_of('eni-lb', '10.0.0.9', 'ELB app/entry/50dc6c495c0c9188', 'interface')}${interface_of('eni-nat', '10.0.0.10', 'Interface for NAT Gateway nat-0ab', 'nat_gateway')}</networkInterfaceSet>`,
      );
    case 'DescribeDBInstances':
      return query(
        action,
        `<DBInstances><DBInstance><DBInstanceIdentifier>orders</DBInstanceIdentifier><DBInstanceArn>arn:aws:rds:eu-central-1:1:db:orders</DBInstanceArn>
         <AvailabilityZone>eu-central-1a</AvailabilityZone><DBSubnetGroup><VpcId>vpc-1</VpcId></DBSubnetGroup>
         <Endpoint><Address>orders.abc.eu-central-1.rds.amazonaws.com</Address><Port>5432</Port></Endpoint>
         <TagList><Tag><Key>team</Key><Value>data</Value></Tag></TagList></DBInstance></DBInstances>`,
      );
    case 'DescribeLoadBalancers':
      return query(
        action,
        `<LoadBalancers><member><LoadBalancerArn>${ARN}</LoadBalancerArn><LoadBalancerName>entry</LoadBalancerName><VpcId>vpc-1</VpcId>
         <CreatedTime>${LAUNCHED}</CreatedTime></member></LoadBalancers>`,
      );
    case 'DescribeListeners':
      return query(
        action,
        `<Listeners><member><LoadBalancerArn>${ARN}</LoadBalancerArn><ListenerArn>${ARN}/f2f7</ListenerArn><Port>443</Port><Protocol>HTTPS</Protocol></member></Listeners>`,
      );
    case 'DescribeTags':
      return query(
        action,
        `<TagDescriptions><member><ResourceArn>${ARN}</ResourceArn><Tags><member><Key>team</Key><Value>edge</Value></member></Tags></member></TagDescriptions>`,
      );
    default:
      throw new Error(`unknown action ${action}`);
  }
}
function refusal_of(form: URLSearchParams, code: string): string {
  return form.get('Version') === '2016-11-15'
    ? `<Response><Errors><Error><Code>${code}</Code><Message>You may not.</Message></Error></Errors><RequestID>x</RequestID></Response>`
    : `<ErrorResponse><Error><Type>Sender</Type><Code>${code}</Code><Message>You may not.</Message></Error><RequestId>x</RequestId></ErrorResponse>`;
}

const SECRET = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY';
let server: Server;
let api: Api;
let source: PolledSource;
let things: Things;
let told: CustomTags[] = [];
let events: ResourceEvent[] = [];
beforeEach(async () => {
  const vms = [
    { id: 'i-1', ip: '10.0.0.5', more: '10.0.0.6', tags: { Name: 'web-1', team: 'shop' } },
    { id: 'i-2', ip: '10.0.0.7' },
  ];
  api = {
    pages: [
      vms,
      [
        { id: 'i-3', ip: '10.0.0.5', vpc: 'vpc-2' },
        { id: 'i-4', ip: '10.0.0.8', state: 'terminated' },
      ],
    ],
    denied: new Set(),
    first: new Map(),
    calls: [],
    authorizations: new Set(),
  };
  server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const form = new URLSearchParams(Buffer.concat(parts).toString());
      const action = form.get('Action') ?? '';
      api.calls.push(form);
      api.authorizations.add((request.headers.authorization ?? '').replace(/\/\d{8}\/.*/, ''));
      const early = api.first.get(action)?.shift() ?? (api.denied.has(action) ? DENIAL(form) : undefined);
      response.statusCode = early?.status ?? 200;
      response.setHeader('content-type', 'text/xml');
      response.end(early === undefined ? answer_of(api, form) : refusal_of(form, early.code));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  process.env.T_AWS_ACCESS_KEY_ID = 'AKIDEXAMPLE';
  process.env.T_AWS_SECRET_ACCESS_KEY = SECRET;
  told = [];
  events = [];
});
const DENIAL = (form: URLSearchParams) => ({
  status: 403,
  code: form.get('Version') === '2016-11-15' ? 'UnauthorizedOperation' : 'AccessDenied',
});
afterEach(async () => {
  await source.stop();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  delete process.env.T_AWS_ACCESS_KEY_ID;
  delete process.env.T_AWS_SECRET_ACCESS_KEY;
});
function start(more: { attempts?: number } = {}): void {
  things = new Things((tags) => told.push(tags));
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const resolve = async (host: string) => (host.startsWith('orders.') ? ['10.0.0.11'] : []);
  const options = {
    name: 'prod',
    regions: ['eu-central-1'],
    every_s: 60,
    every_ms: 20,
    env_prefix: 'T_',
    endpoint,
    resolve,
    ...more,
  };
  source = aws_source(options, things, new TagBook(things), (event) => events.push(event));
  source.start();
}
const holder = (address: string, host = '') => {
  const later = Date.now() * 1000 + 3e6;
  const found = things.by_address(address, host, later, later);
  const tags = found?.known.resources.map(({ kind, name }) => [kind, name]) ?? [];
  return found && { ...Object.fromEntries(tags), is: found.known.instance.name, doubtful: found.doubtful };
};
const rounds = async (count: number): Promise<void> => {
  const until = (source.gauges()['cloud.rounds'] ?? 0) + count;
  await expect.poll(() => source.gauges()['cloud.rounds'], { timeout: 15_000 }).toBeGreaterThanOrEqual(until);
};

it('tells instances, databases, balancers and gateways, with what they are part of, page by page', async () => {
  start();
  await rounds(1);
  const around = { region: 'eu-central-1', az: 'eu-central-1a', vpc: 'main', subnet: 'front', doubtful: false };
  expect(holder('10.0.0.6')).toEqual({ ...around, is: 'web-1', chost: 'web-1' });
  expect(holder('10.0.0.7')).toEqual({ ...around, is: 'i-2', chost: 'i-2' });
  expect(holder('10.0.0.8')).toBeUndefined();
  expect(holder('10.0.0.9')).toMatchObject({ ...around, is: 'entry', lb: 'entry' });
  expect(holder('10.0.0.10')).toMatchObject({ is: 'nat-0ab', natgw: 'nat-0ab' });
  expect(holder('10.0.0.11')).toMatchObject({ is: 'orders', rds: 'orders', vpc: 'main' });
  // Two networks have it: the agent's own is meant, where its machine is known.
  expect(holder('10.0.0.5')).toMatchObject({ doubtful: true });
  expect(holder('10.0.0.5', 'i-3')).toMatchObject({ is: 'i-3', doubtful: false });
  expect(holder('10.0.0.5', 'ip-10-0-0-7')).toMatchObject({ is: 'web-1', doubtful: false });
  const now = Date.now() * 1000;
  expect(things.by_address('10.0.0.9', '', now, now)?.known.services).toMatchObject([
    { ports: [443], resource: { name: 'https-443' } },
  ]);
  expect(told.map(({ resource: { kind, name }, values }) => [kind, name, values])).toEqual([
    ['chost', 'web-1', { Name: 'web-1', team: 'shop' }],
    ['rds', 'orders', { team: 'data' }],
    ['lb', 'entry', { team: 'edge' }],
  ]);
  expect(source.problems()).toEqual([]);
  expect(
    api.calls.every((form) => form.get('Action') !== 'DescribeInstances' || form.get('MaxResults') === '100'),
  ).toBe(true);
});

it('tells only what changes from round to round, with the time between them', async () => {
  start();
  await rounds(1);
  const tags = told.length;
  await rounds(2);
  expect([told.length, events]).toEqual([tags, []]);
  api.pages = [[{ id: 'i-2', ip: '10.0.0.77' }]];
  await expect.poll(() => holder('10.0.0.77')?.is).toBe('i-2');
  expect(holder('10.0.0.6')).toBeUndefined();
  expect(events.map(({ type, description }) => `${type} ${description}`)).toEqual([
    'delete Instance web-1',
    'detach-ip web-1: 10.0.0.5, 10.0.0.6, 2001:db8::5',
    'delete Instance i-3',
    'detach-ip i-3: 10.0.0.5, 2001:db8::5',
    'attach-ip i-2: 10.0.0.77',
    'detach-ip i-2: 10.0.0.7',
  ]);
});

it('does without what it may not list, names it, and tells no secret', async () => {
  api.denied = new Set(['DescribeInstances', 'DescribeDBInstances']);
  start();
  await rounds(1);
  expect(source.problems()).toEqual([
    'AWS prod: ec2:DescribeInstances, rds:DescribeDBInstances may not be called in eu-central-1, tags that come from there are missing.',
  ]);
  expect(holder('10.0.0.9')).toMatchObject({ is: 'entry' });
  expect([...api.authorizations]).toEqual(['AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE']);
  api.denied.clear();
  await expect.poll(() => holder('10.0.0.6')?.is).toBe('web-1');
  await expect.poll(() => source.problems()).toEqual([]);
  expect(JSON.stringify([told, events, api.calls.map(String)])).not.toContain(SECRET);
});

it('repeats what is throttled; what fails for once stays as it was', async () => {
  api.first.set('DescribeInstances', [
    { status: 503, code: 'RequestLimitExceeded' },
    { status: 503, code: 'RequestLimitExceeded' },
  ]);
  start();
  await rounds(1);
  expect(holder('10.0.0.6')?.is).toBe('web-1');
  expect(source.problems()).toEqual([]);
  await source.stop();
  start({ attempts: 1 });
  await rounds(1);
  api.first.set('DescribeInstances', Array(100_000).fill({ status: 500, code: 'InternalError' }));
  await expect
    .poll(() => source.problems())
    .toEqual(['AWS prod: eu-central-1 is not up to date: ec2:DescribeInstances: InternalError: You may not.']);
  expect(holder('10.0.0.6')?.is).toBe('web-1');
  api.first.clear();
  await expect.poll(() => source.problems()).toEqual([]);
});

it('says which variables are missing, and keeps what it knew', async () => {
  start();
  await rounds(1);
  process.env.T_AWS_SECRET_ACCESS_KEY = '';
  await expect
    .poll(() => source.problems())
    .toEqual(["AWS prod: T_AWS_ACCESS_KEY_ID and T_AWS_SECRET_ACCESS_KEY are not in the server's environment."]);
  expect(holder('10.0.0.6')?.is).toBe('web-1');
  await source.stop();
  expect(things.active).toBe(false);
});
