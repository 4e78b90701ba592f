// One region of an account, listed through the official clients, which are loaded when they are first needed: they take memory. Pages are
// followed to the end; the clients themselves repeat what was throttled, more and more slowly.
import type { AvailabilityZone, Instance, NetworkInterface, Subnet, Vpc } from '@aws-sdk/client-ec2';
import type { Listener, LoadBalancer, TagDescription } from '@aws-sdk/client-elastic-load-balancing-v2';
import type { DBInstance } from '@aws-sdk/client-rds';

const ATTEMPTS = 5;
const PAGE = 100;
/** The API takes so many names at a time. */
const TAGGED_MAX = 20;
/** Things of a kind kept of a region. */
const THINGS_MAX = 100_000;

export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}
export interface RegionOptions {
  readonly region: string;
  /** Another address than that of the region, for tests and private endpoints. */
  readonly endpoint?: string | undefined;
  readonly credentials: Credentials;
  /** Waits between attempts, ms at most; the client's own when not given. */
  readonly attempts?: number | undefined;
}

export interface RegionLists {
  readonly vpcs: readonly Vpc[];
  readonly subnets: readonly Subnet[];
  readonly zones: readonly AvailabilityZone[];
  readonly instances: readonly Instance[];
  readonly interfaces: readonly NetworkInterface[];
  readonly databases: readonly DBInstance[];
  readonly balancers: readonly LoadBalancer[];
  readonly listeners: readonly Listener[];
  readonly balancer_tags: readonly TagDescription[];
}
export type ListName = keyof RegionLists;
export type Lists = { readonly [K in ListName]: (known: Partial<RegionLists>) => Promise<RegionLists[K]> };

/** In the order in which they are to be called: some need what others found. */
export async function region_lists(
  options: RegionOptions,
  end: AbortSignal,
): Promise<{ readonly lists: Lists; close(): void }> {
  const [ec2, rds, elb] = await Promise.all([
    import('@aws-sdk/client-ec2'),
    import('@aws-sdk/client-rds'),
    import('@aws-sdk/client-elastic-load-balancing-v2'),
  ]);
  const { region, endpoint, credentials, attempts = ATTEMPTS } = options;
  const config = { region, credentials, maxAttempts: attempts, ...(endpoint !== undefined && { endpoint }) };
  const clients = {
    ec2: new ec2.EC2Client(config),
    rds: new rds.RDSClient(config),
    elb: new elb.ElasticLoadBalancingV2Client(config),
  };
  const on_ec2 = { client: clients.ec2, pageSize: PAGE };
  const on_rds = { client: clients.rds, pageSize: PAGE };
  const on_elb = { client: clients.elb, pageSize: PAGE };
  const until = { abortSignal: end };
  const lists: Lists = {
    vpcs: () => all(ec2.paginateDescribeVpcs(on_ec2, {}, until), (page) => page.Vpcs),
    subnets: () => all(ec2.paginateDescribeSubnets(on_ec2, {}, until), (page) => page.Subnets),
    zones: async () =>
      (await clients.ec2.send(new ec2.DescribeAvailabilityZonesCommand({}), until)).AvailabilityZones ?? [],
    instances: () =>
      all(ec2.paginateDescribeInstances(on_ec2, {}, until), (page) =>
        page.Reservations?.flatMap((one) => one.Instances ?? []),
      ),
    interfaces: () => all(ec2.paginateDescribeNetworkInterfaces(on_ec2, {}, until), (page) => page.NetworkInterfaces),
    databases: () => all(rds.paginateDescribeDBInstances(on_rds, {}, until), (page) => page.DBInstances),
    balancers: () => all(elb.paginateDescribeLoadBalancers(on_elb, {}, until), (page) => page.LoadBalancers),
    listeners: async ({ balancers = [] }) => {
      const found: Listener[] = [];
      for (const { LoadBalancerArn } of balancers)
        found.push(
          ...(await all(elb.paginateDescribeListeners(on_elb, { LoadBalancerArn }, until), (page) => page.Listeners)),
        );
      return found;
    },
    balancer_tags: async ({ balancers = [] }) => {
      const names = balancers.flatMap(({ LoadBalancerArn }) => LoadBalancerArn ?? []);
      const found: TagDescription[] = [];
      for (let i = 0; i < names.length; i += TAGGED_MAX) {
        const ResourceArns = names.slice(i, i + TAGGED_MAX);
        const { TagDescriptions = [] } = await clients.elb.send(new elb.DescribeTagsCommand({ ResourceArns }), until);
        found.push(...TagDescriptions);
      }
      return found;
    },
  };
  const close = (): void => {
    for (const client of Object.values(clients)) client.destroy();
  };
  return { lists, close };
}

async function all<Page, One>(
  pages: AsyncIterable<Page>,
  of: (page: Page) => readonly One[] | undefined,
): Promise<One[]> {
  const found: One[] = [];
  for await (const page of pages) {
    found.push(...(of(page) ?? []));
    if (found.length >= THINGS_MAX) break;
  }
  return found;
}
