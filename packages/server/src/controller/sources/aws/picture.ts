// What the lists of a region say, as things with addresses and as tags.
import type { Instance, NetworkInterface } from '@aws-sdk/client-ec2';
import type { LoadBalancer } from '@aws-sdk/client-elastic-load-balancing-v2';
import type { DBInstance } from '@aws-sdk/client-rds';
import type { Resource } from '@sonde/records';
import { type Named, plain_address, type ServiceOf } from '../../../inventory.ts';
import { DEVICE, known_as, type Picture, type Place, resource, type TagsOf } from '../place.ts';
import type { RegionLists } from './lists.ts';

type Tags = readonly { readonly Key?: string | undefined; readonly Value?: string | undefined }[] | undefined;

const values_of = (tags: Tags): Record<string, string> =>
  Object.fromEntries((tags ?? []).flatMap(({ Key, Value }) => (Key === undefined ? [] : [[Key, Value ?? '']])));
const name_of = (tags: Tags, id: string): string => values_of(tags).Name || id;
const plain = (addresses: readonly (string | undefined)[]): string[] => [
  ...new Set(addresses.map((one) => plain_address(one ?? '')).filter((one) => one !== '')),
];
const addresses_of = (one: {
  readonly PrivateIpAddress?: string | undefined;
  readonly PrivateIpAddresses?: readonly { readonly PrivateIpAddress?: string | undefined }[] | undefined;
  readonly Ipv6Addresses?: readonly { readonly Ipv6Address?: string | undefined }[] | undefined;
}): string[] =>
  plain([
    one.PrivateIpAddress,
    ...(one.PrivateIpAddresses ?? []).map(({ PrivateIpAddress }) => PrivateIpAddress),
    ...(one.Ipv6Addresses ?? []).map(({ Ipv6Address }) => Ipv6Address),
  ]);

/** Private addresses of databases by host name: the API tells names only. */
export type Resolved = ReadonlyMap<string, readonly string[]>;

export class RegionPicture implements Picture {
  readonly places: Place[] = [];
  readonly tags: TagsOf[] = [];
  private readonly prefix: string;
  private readonly region: Resource;
  private readonly lists: Partial<RegionLists>;
  private readonly vpcs: ReadonlyMap<string, Resource>;
  private readonly subnets: ReadonlyMap<string, Resource>;

  /** `prefix` begins the scopes of the account. */
  constructor(prefix: string, region: string, lists: Partial<RegionLists>, resolved: Resolved) {
    this.prefix = prefix;
    this.region = resource('region', region, region);
    this.lists = lists;
    const { vpcs = [], subnets = [], instances = [], databases = [], balancers = [], interfaces = [] } = lists;
    this.vpcs = new Map(vpcs.map(({ VpcId: id = '', Tags }) => [id, resource('vpc', id, name_of(Tags, id))]));
    this.subnets = new Map(
      subnets.map(({ SubnetId: id = '', Tags }) => [id, resource('subnet', id, name_of(Tags, id))]),
    );
    for (const one of instances) this.instance(one);
    for (const one of databases) this.database(one, resolved);
    for (const one of balancers) this.balancer(one);
    for (const one of interfaces) if (/^nat_?gateway$/i.test(one.InterfaceType ?? '')) this.gateway(one);
  }

  private scope(vpc: string | undefined): string {
    return `${this.prefix}/${vpc ?? this.region.uid}`;
  }

  private around(zone: string | undefined, vpc: string | undefined, subnet?: string): (Resource | undefined)[] {
    const az = zone === undefined ? undefined : resource('az', zone, zone);
    return [this.region, az, this.vpcs.get(vpc ?? ''), this.subnets.get(subnet ?? '')];
  }

  private tagged(of: Resource, tags: Tags): void {
    const values = values_of(tags);
    if (Object.keys(values).length > 0) this.tags.push({ resource: of, family: 'cloud.tag', values });
  }

  private instance(one: Instance): void {
    const { InstanceId: id, VpcId: vpc, SubnetId, PrivateDnsName: dns = '', Placement, LaunchTime } = one;
    if (id === undefined || one.State?.Name === 'terminated') return;
    const name = name_of(one.Tags, id);
    const self = resource('chost', id, name, { hostname: dns, ip: one.PrivateIpAddress ?? '' });
    const instance: Named = { type: DEVICE.chost, name };
    const since_us = LaunchTime === undefined ? undefined : LaunchTime.getTime() * 1000;
    const whole: Place = {
      scope: this.scope(vpc),
      uid: id,
      known: known_as(instance, [self, ...this.around(Placement?.AvailabilityZone, vpc, SubnetId)]),
      addresses: [],
      hostnames: [id, dns, dns.split('.')[0] ?? '', name].filter((hostname) => hostname !== ''),
      since_us,
      title: `Instance ${name}`,
    };
    this.places.push(whole);
    for (const [i, face] of (one.NetworkInterfaces ?? []).entries()) {
      const known = known_as(instance, [
        self,
        ...this.around(Placement?.AvailabilityZone, face.VpcId ?? vpc, face.SubnetId),
      ]);
      const uid = `${id}/${face.NetworkInterfaceId ?? i}`;
      this.places.push({
        scope: this.scope(face.VpcId ?? vpc),
        uid,
        known,
        addresses: addresses_of(face),
        hostnames: [],
        since_us,
      });
    }
    this.tagged(self, one.Tags);
  }

  private database(one: DBInstance, resolved: Resolved): void {
    const {
      DBInstanceIdentifier: name,
      DBInstanceArn: uid,
      DBSubnetGroup,
      AvailabilityZone,
      Endpoint,
      InstanceCreateTime,
    } = one;
    if (name === undefined || uid === undefined) return;
    const self = resource('rds', uid, name, { hostname: Endpoint?.Address ?? '' });
    this.places.push({
      scope: this.scope(DBSubnetGroup?.VpcId),
      uid,
      known: known_as({ type: DEVICE.rds, name }, [self, ...this.around(AvailabilityZone, DBSubnetGroup?.VpcId)]),
      addresses: plain([...(resolved.get(Endpoint?.Address ?? '') ?? [])]),
      hostnames: [],
      // Which address it has had since when nobody tells; its first is as old as it is.
      since_us: InstanceCreateTime === undefined ? undefined : InstanceCreateTime.getTime() * 1000,
      title: `Database ${name}`,
    });
    this.tagged(self, one.TagList);
  }

  /** Its interfaces say whose they are by what they are described as: 'ELB app/NAME/ID', the end of the balancer's ARN. */
  private balancer(one: LoadBalancer): void {
    const { LoadBalancerArn: uid, LoadBalancerName: name, VpcId: vpc, CreatedTime } = one;
    if (uid === undefined || name === undefined) return;
    const { interfaces = [], listeners = [], balancer_tags = [] } = this.lists;
    const self = resource('lb', uid, name, { hostname: one.DNSName ?? '' });
    const services: ServiceOf[] = listeners.flatMap(({ LoadBalancerArn, ListenerArn = '', Protocol = '', Port }) =>
      LoadBalancerArn === uid && Port !== undefined
        ? [
            {
              resource: resource('lb_listener', ListenerArn, `${Protocol.toLowerCase()}-${Port}`),
              labels: {},
              ports: [Port],
            },
          ]
        : [],
    );
    const instance: Named = { type: DEVICE.lb, name };
    const since_us = CreatedTime === undefined ? undefined : CreatedTime.getTime() * 1000;
    const place = { scope: this.scope(vpc), hostnames: [], since_us };
    const known = known_as(instance, [self, ...this.around(undefined, vpc)], { services });
    this.places.push({ ...place, uid, known, addresses: [], title: `Load balancer ${name}` });
    const described = `ELB ${uid.slice(uid.indexOf(':loadbalancer/') + ':loadbalancer/'.length)}`;
    for (const face of interfaces) {
      if (face.Description !== described) continue;
      const part = known_as(instance, [self, ...this.around(face.AvailabilityZone, vpc, face.SubnetId)], { services });
      this.places.push({
        ...place,
        uid: `${uid}/${face.NetworkInterfaceId}`,
        known: part,
        addresses: addresses_of(face),
      });
    }
    this.tagged(self, balancer_tags.find(({ ResourceArn }) => ResourceArn === uid)?.Tags);
  }

  private gateway(face: NetworkInterface): void {
    const { NetworkInterfaceId: id = '', Description = '', AvailabilityZone, VpcId, SubnetId } = face;
    const uid = /\bnat-[0-9a-f]+/.exec(Description)?.[0] ?? id;
    this.places.push({
      scope: this.scope(VpcId),
      uid: `${uid}/${id}`,
      known: known_as({ type: DEVICE.natgw, name: uid }, [
        resource('natgw', uid, uid),
        ...this.around(AvailabilityZone, VpcId, SubnetId),
      ]),
      addresses: addresses_of(face),
      hostnames: [],
      title: `NAT gateway ${uid}`,
    });
  }
}
