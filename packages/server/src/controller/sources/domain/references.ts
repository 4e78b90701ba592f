// What a document says of itself in two places must agree: whatever is named is there, once, and addresses lie in their networks.
import { BlockList, isIP } from 'node:net';
import type { DomainDocument } from './schema.ts';

type Path = readonly (string | number)[];
export interface Mistake {
  readonly path: Path;
  readonly what: string;
}

const NAMED = ['azs', 'vpcs', 'subnets', 'hosts', 'chosts', 'peer_connections'] as const;
const family_of = (address: string): 'ipv4' | 'ipv6' => (isIP(address) === 4 ? 'ipv4' : 'ipv6');

export function mistakes_of(document: DomainDocument): Mistake[] {
  const mistakes: Mistake[] = [];
  const wrong = (path: Path, what: string): void => void mistakes.push({ path, what });
  const known = index(document, wrong);
  const has = (list: keyof typeof known, domain: string, uuid: string | undefined, path: Path): void => {
    if (uuid === undefined || known[list].has(`${domain} ${uuid}`)) return;
    wrong(path, `${uuid} is no uuid of ${list} of the domain ${domain}`);
  };
  for (const [i, one] of document.subnets.entries()) {
    has('vpcs', one.domain_uuid, one.vpc_uuid, ['subnets', i, 'vpc_uuid']);
    has('azs', one.domain_uuid, one.az_uuid, ['subnets', i, 'az_uuid']);
  }
  const networks = new Map(
    document.subnets.map((subnet) => [`${subnet.domain_uuid} ${subnet.uuid}`, nets(subnet.cidrs)]),
  );
  const interfaces = (domain: string, list: DomainDocument['hosts'][number]['vinterfaces'], path: Path): void => {
    for (const [j, { subnet_uuid, ips }] of list.entries()) {
      const at = [...path, 'vinterfaces', j];
      if (subnet_uuid === undefined && ips.length > 0) wrong(at, 'has addresses and no subnet_uuid');
      has('subnets', domain, subnet_uuid, [...at, 'subnet_uuid']);
      const network = networks.get(`${domain} ${subnet_uuid}`);
      for (const [k, ip] of ips.entries())
        if (network?.check(ip, family_of(ip)) === false)
          wrong([...at, 'ips', k], `${ip} is in none of the cidrs of its subnet`);
    }
  };
  for (const [i, one] of document.hosts.entries()) {
    has('azs', one.domain_uuid, one.az_uuid, ['hosts', i, 'az_uuid']);
    interfaces(one.domain_uuid, one.vinterfaces, ['hosts', i]);
  }
  const machines = new Set(document.hosts.map((host) => `${host.domain_uuid} ${host.ip}`));
  for (const [i, one] of document.chosts.entries()) {
    has('azs', one.domain_uuid, one.az_uuid, ['chosts', i, 'az_uuid']);
    has('vpcs', one.domain_uuid, one.vpc_uuid, ['chosts', i, 'vpc_uuid']);
    if (one.host_ip !== undefined && !machines.has(`${one.domain_uuid} ${one.host_ip}`))
      wrong(['chosts', i, 'host_ip'], `${one.host_ip} is the ip of no host of the domain ${one.domain_uuid}`);
    interfaces(one.domain_uuid, one.vinterfaces, ['chosts', i]);
  }
  for (const [i, one] of document.lbs.entries()) {
    has('vpcs', one.domain_uuid, one.vpc_uuid, ['lbs', i, 'vpc_uuid']);
    interfaces(one.domain_uuid, one.vinterfaces, ['lbs', i]);
  }
  for (const [i, one] of document.peer_connections.entries()) {
    has('vpcs', one.domain_uuid, one.local_vpc_uuid, ['peer_connections', i, 'local_vpc_uuid']);
    has('vpcs', one.domain_uuid, one.remote_vpc_uuid, ['peer_connections', i, 'remote_vpc_uuid']);
    if (one.local_vpc_uuid === one.remote_vpc_uuid)
      wrong(['peer_connections', i, 'remote_vpc_uuid'], 'is the local one: a VPC is not connected to itself');
  }
  for (const [i, one] of document.cloud_tags.entries())
    if (one.subdomain_uuid !== undefined && one.resource_type !== 'pod_ns')
      wrong(['cloud_tags', i, 'subdomain_uuid'], 'is for tags of pod_ns only');
  return mistakes;
}

/** `domain uuid` of all that have one; a uuid that is there twice is told. */
function index(document: DomainDocument, wrong: (path: Path, what: string) => void) {
  const known = Object.fromEntries(NAMED.map((list) => [list, new Set<string>()])) as Record<
    (typeof NAMED)[number],
    Set<string>
  >;
  for (const list of NAMED) {
    const places = new Map<string, number>();
    for (const [i, { uuid, domain_uuid }] of document[list].entries()) {
      const before = places.get(uuid);
      if (before !== undefined) wrong([list, i, 'uuid'], `${uuid} is the uuid of ${list}[${before}] too`);
      places.set(uuid, i);
      known[list].add(`${domain_uuid} ${uuid}`);
    }
  }
  const lbs = new Map<string, number>();
  for (const [i, { name, vpc_uuid }] of document.lbs.entries()) {
    const before = lbs.get(`${vpc_uuid} ${name}`);
    if (before !== undefined) wrong(['lbs', i, 'name'], `${name} is the name of lbs[${before}] of the same VPC too`);
    lbs.set(`${vpc_uuid} ${name}`, i);
  }
  return known;
}

function nets(cidrs: readonly string[]): BlockList {
  const nets = new BlockList();
  for (const cidr of cidrs) {
    const [address = '', bits] = cidr.split('/');
    nets.addSubnet(address, Number(bits), family_of(address));
  }
  return nets;
}
