// A document of additional resources as things with addresses, and as tags.
import type { Resource } from '@sonde/records';
import { type Named, plain_address, type ServiceOf } from '../../../inventory.ts';
import { DEVICE, known_as, type Place, resource, type TagsOf } from '../place.ts';
import type { DomainDocument } from './schema.ts';

/** Tags of something that another source may know by this name. */
export interface NamedTags {
  readonly kind: 'chost' | 'pod_ns';
  readonly name: string;
  /** Name of the source that knows it. */
  readonly domain: string;
  readonly values: Readonly<Record<string, string>>;
  /** Where it stands in the document. */
  readonly at: string;
}
export interface DomainPicture {
  readonly places: readonly Place[];
  readonly tags: readonly TagsOf[];
  readonly named: readonly NamedTags[];
}

type Subnet = DomainDocument['subnets'][number];
type Interfaces = DomainDocument['hosts'][number]['vinterfaces'];
const plain = (addresses: readonly string[]): string[] => [
  ...new Set(addresses.map(plain_address).filter((address) => address !== '')),
];

/** `prefix` tells documents apart that may name the same networks. */
export function picture_of(document: DomainDocument, prefix: string): DomainPicture {
  const found = new Found(document);
  const scope = (vpc: string): string => `${prefix}/${vpc}`;
  const places = [
    ...document.hosts.flatMap((host) => host_places(host, found, scope)),
    ...document.chosts.flatMap((chost) => chost_places(chost, found, scope)),
    ...document.lbs.flatMap((lb) => lb_places(lb, found, scope)),
  ];
  return { places, ...tags_in(document) };
}

/** Resources of the document by uuid. */
class Found {
  private readonly azs: ReadonlyMap<string, Resource>;
  private readonly vpcs: ReadonlyMap<string, Resource>;
  private readonly subnets: ReadonlyMap<string, Subnet>;
  private readonly hosts: ReadonlyMap<string, Resource>;

  constructor(document: DomainDocument) {
    this.azs = new Map(document.azs.map(({ uuid, name }) => [uuid, resource('az', uuid, name)]));
    this.vpcs = new Map(document.vpcs.map(({ uuid, name }) => [uuid, resource('vpc', uuid, name)]));
    this.subnets = new Map(document.subnets.map((subnet) => [subnet.uuid, subnet]));
    this.hosts = new Map(document.hosts.map((host) => [`${host.domain_uuid} ${host.ip}`, host_resource(host)]));
  }

  az(uuid: string | undefined): Resource | undefined {
    return this.azs.get(uuid ?? '');
  }
  vpc(uuid: string | undefined): Resource | undefined {
    return this.vpcs.get(uuid ?? '');
  }
  host(domain: string, ip: string | undefined): Resource | undefined {
    return this.hosts.get(`${domain} ${ip ?? ''}`);
  }
  vpc_uuid(subnet_uuid: string | undefined): string | undefined {
    return this.subnets.get(subnet_uuid ?? '')?.vpc_uuid;
  }
  subnet(uuid: string | undefined): Resource | undefined {
    const found = this.subnets.get(uuid ?? '');
    return found && resource('subnet', found.uuid, found.name);
  }
}

const host_resource = ({ uuid, name, ip }: DomainDocument['hosts'][number]): Resource =>
  resource('host', uuid, name, { hostname: name, ip });

const chost_resource = ({ uuid, name, vinterfaces }: DomainDocument['chosts'][number]): Resource =>
  resource('chost', uuid, name, { hostname: name, ip: plain(vinterfaces.flatMap(({ ips }) => ips))[0] ?? '' });

/** One place for each interface, and `whole` for the machine itself. */
function with_interfaces(
  whole: Place,
  interfaces: Interfaces,
  found: Found,
  place: (interface_: Interfaces[number]) => Pick<Place, 'scope' | 'known'>,
): Place[] {
  const parts = interfaces
    .filter(({ ips }) => ips.length > 0)
    .map((one): Place => {
      const uid = `${whole.uid}/${one.mac.toLowerCase()}/${one.subnet_uuid ?? ''}`;
      return { ...place(one), uid, addresses: plain(one.ips), hostnames: [] };
    });
  const held = new Set(parts.flatMap(({ addresses }) => addresses));
  // The agent of a machine finds it whole: in the subnet, too, where that is one alone.
  const subnets = new Set(interfaces.flatMap(({ subnet_uuid }) => (subnet_uuid === undefined ? [] : [subnet_uuid])));
  const subnet = subnets.size === 1 ? found.subnet([...subnets][0]) : undefined;
  const known = subnet === undefined ? whole.known : { ...whole.known, resources: [...whole.known.resources, subnet] };
  return [{ ...whole, known, addresses: whole.addresses.filter((address) => !held.has(address)) }, ...parts];
}

function host_places(host: DomainDocument['hosts'][number], found: Found, scope: (vpc: string) => string): Place[] {
  const self: Named = { type: DEVICE.host, name: host.name };
  const base = [host_resource(host), found.az(host.az_uuid)];
  const vpc_uuid = host.vinterfaces
    .map(({ subnet_uuid }) => found.vpc_uuid(subnet_uuid))
    .find((uuid) => uuid !== undefined);
  const whole: Place = {
    scope: scope(vpc_uuid ?? host.domain_uuid),
    uid: host.uuid,
    known: known_as(self, [...base, found.vpc(vpc_uuid)]),
    addresses: plain([host.ip]),
    hostnames: [host.name],
    title: `Host ${host.name}`,
  };
  return with_interfaces(whole, host.vinterfaces, found, ({ subnet_uuid }) => {
    const vpc = found.vpc_uuid(subnet_uuid);
    const known = known_as(self, [...base, found.vpc(vpc), found.subnet(subnet_uuid)]);
    return { scope: scope(vpc ?? host.domain_uuid), known };
  });
}

function chost_places(chost: DomainDocument['chosts'][number], found: Found, scope: (vpc: string) => string): Place[] {
  const { uuid, name, vpc_uuid, az_uuid, domain_uuid, host_ip } = chost;
  const self: Named = { type: DEVICE.chost, name };
  const base = [chost_resource(chost), found.host(domain_uuid, host_ip), found.az(az_uuid), found.vpc(vpc_uuid)];
  const whole: Place = {
    scope: scope(vpc_uuid),
    uid: uuid,
    known: known_as(self, base),
    addresses: [],
    hostnames: [name],
    title: `Machine ${name}`,
  };
  return with_interfaces(whole, chost.vinterfaces, found, ({ subnet_uuid }) => ({
    scope: scope(vpc_uuid),
    known: known_as(self, [...base, found.subnet(subnet_uuid)]),
  }));
}

/** A place for each address: its listeners are others than those of the next. */
function lb_places(lb: DomainDocument['lbs'][number], found: Found, scope: (vpc: string) => string): Place[] {
  const { name, vpc_uuid, region_uuid, domain_uuid } = lb;
  const uid = `${domain_uuid}/${vpc_uuid}/lb/${name}`;
  const self: Named = { type: DEVICE.lb, name };
  const subnets = new Map<string, string>();
  for (const { subnet_uuid, ips } of lb.vinterfaces)
    for (const address of plain(ips)) if (subnet_uuid !== undefined) subnets.set(address, subnet_uuid);
  const addresses = new Set([...subnets.keys(), ...plain(lb.lb_listeners.map(({ ip }) => ip))]);
  const base = [resource('lb', uid, name), resource('region', region_uuid, region_uuid), found.vpc(vpc_uuid)];
  const listeners = (address: string): ServiceOf[] =>
    lb.lb_listeners
      .filter(({ ip }) => plain_address(ip) === address)
      .map(({ name: called, ip, port, protocol }) => ({
        resource: resource('lb_listener', `${uid}/${protocol}/${ip}:${port}`, called ?? `${ip}-${port}`),
        labels: {},
        ports: [port],
      }));
  const title = `Load balancer ${name}`;
  const whole: Place = {
    scope: scope(vpc_uuid),
    uid,
    known: known_as(self, base),
    addresses: [],
    hostnames: [],
    title,
  };
  const parts = [...addresses].map((address): Place => {
    const known = known_as(self, [...base, found.subnet(subnets.get(address))], { services: listeners(address) });
    return { scope: scope(vpc_uuid), uid: `${uid}/${address}`, known, addresses: [address], hostnames: [] };
  });
  return [whole, ...parts];
}

function tags_in(document: DomainDocument): Pick<DomainPicture, 'tags' | 'named'> {
  const tags: TagsOf[] = [];
  const named: NamedTags[] = [];
  const own = new Map(document.chosts.map((chost) => [`${chost.domain_uuid} ${chost.name}`, chost]));
  for (const [i, one] of document.cloud_tags.entries()) {
    const values = Object.fromEntries(one.tags.map(({ key, value }) => [key, value]));
    const { resource_type: kind, resource_name: name, domain_uuid } = one;
    const chost = kind === 'chost' ? own.get(`${domain_uuid} ${name}`) : undefined;
    if (chost !== undefined) tags.push({ resource: chost_resource(chost), family: 'cloud.tag', values });
    else named.push({ kind, name, domain: one.subdomain_uuid ?? domain_uuid, values, at: `cloud_tags[${i}]` });
  }
  return { tags, named };
}
