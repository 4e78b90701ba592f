// Amazon Web Services as a source: EC2, VPC, RDS and load balancers of the regions of one account.
import { lookup } from 'node:dns/promises';
import type { Inventory, ResourceEvent } from '../../../inventory.ts';
import { NOTHING_SEEN, type Picture } from '../place.ts';
import { PolledSource, type Round } from '../polled.ts';
import type { TagBook } from '../tag-book.ts';
import { type Credentials, type ListName, type RegionLists, region_lists } from './lists.ts';
import { RegionPicture, type Resolved } from './picture.ts';

export interface AwsOptions {
  readonly name: string;
  readonly regions: readonly string[];
  readonly every_s: number;
  readonly endpoint?: string | undefined;
  /** What the names of the variables with the credentials begin with. */
  readonly env_prefix: string;
  readonly every_ms?: number;
  readonly attempts?: number;
  /** Addresses of a host name. */
  readonly resolve?: (host: string) => Promise<readonly string[]>;
}

/** What its lists are called in IAM. */
const ACTIONS: Readonly<Record<ListName, string>> = {
  vpcs: 'ec2:DescribeVpcs',
  subnets: 'ec2:DescribeSubnets',
  zones: 'ec2:DescribeAvailabilityZones',
  instances: 'ec2:DescribeInstances',
  interfaces: 'ec2:DescribeNetworkInterfaces',
  databases: 'rds:DescribeDBInstances',
  balancers: 'elasticloadbalancing:DescribeLoadBalancers',
  listeners: 'elasticloadbalancing:DescribeListeners',
  balancer_tags: 'elasticloadbalancing:DescribeTags',
};
const LISTS = Object.keys(ACTIONS) as ListName[];
/** Codes by which the services refuse what the account may not do. */
const DENIED =
  /^(UnauthorizedOperation|AccessDenied(Exception)?|AuthorizationError|UnauthorizedException|OptInRequired)$/;
const RESOLVED_MAX = 1000;

const resolve_host = async (host: string): Promise<string[]> =>
  (await lookup(host, { all: true })).map(({ address }) => address);

export function aws_source(
  options: AwsOptions,
  inventory: Inventory,
  book: TagBook,
  tell: (event: ResourceEvent) => void,
): PolledSource {
  const name = `aws/${options.name}`;
  const account = new Account(options, name);
  const every_ms = options.every_ms ?? options.every_s * 1000;
  const list = (end: AbortSignal): Promise<Round> => account.list(end);
  return new PolledSource({ name, title: `AWS ${options.name}`, every_ms, list }, inventory, book, tell);
}

class Account {
  private readonly options: AwsOptions;
  private readonly prefix: string;
  /** What was listed last, by region: what fails for once stays as it was. */
  private readonly known = new Map<string, Partial<RegionLists>>();

  constructor(options: AwsOptions, prefix: string) {
    this.options = options;
    this.prefix = prefix;
  }

  async list(end: AbortSignal): Promise<Round> {
    const { env_prefix } = this.options;
    const credentials = from_environment(env_prefix);
    if (credentials === undefined) {
      const names = `${env_prefix}AWS_ACCESS_KEY_ID and ${env_prefix}AWS_SECRET_ACCESS_KEY`;
      return { picture: NOTHING_SEEN, failed: true, problems: [`${names} are not in the server's environment.`] };
    }
    const problems: string[] = [];
    let [asked, failed] = [0, 0];
    const pictures: Picture[] = [];
    for (const region of this.options.regions) {
      const said = await this.region(region, credentials, end);
      asked += LISTS.length;
      failed += said.failed;
      problems.push(...said.problems);
      pictures.push(new RegionPicture(this.prefix, region, said.lists, await this.resolved(said.lists)));
    }
    const picture = {
      places: pictures.flatMap(({ places }) => places),
      tags: pictures.flatMap(({ tags }) => tags),
    };
    return { picture, problems, failed: failed === asked };
  }

  private async region(region: string, credentials: Credentials, end: AbortSignal) {
    const { endpoint, attempts } = this.options;
    const before = this.known.get(region) ?? {};
    const now: Partial<Record<ListName, unknown>> = {};
    const denied: string[] = [];
    const broken: string[] = [];
    const { lists, close } = await region_lists({ region, endpoint, credentials, attempts }, end);
    try {
      for (const name of LISTS) {
        try {
          now[name] = await lists[name](now as Partial<RegionLists>);
        } catch (error) {
          if (end.aborted) throw error;
          const { name: code, message } = error as Error;
          if (DENIED.test(code)) denied.push(ACTIONS[name]);
          else {
            broken.push(`${ACTIONS[name]}: ${code}: ${message.slice(0, 200).replace(/\.$/, '')}`);
            now[name] = before[name];
          }
        }
      }
    } finally {
      close();
    }
    const known = now as Partial<RegionLists>;
    this.known.set(region, known);
    const problems = [
      ...(denied.length === 0
        ? []
        : [`${denied.join(', ')} may not be called in ${region}, tags that come from there are missing.`]),
      ...(broken.length === 0
        ? []
        : [`${region} is not up to date: ${broken[0]}${broken.length > 1 ? `, and ${broken.length - 1} more` : ''}.`]),
    ];
    return { lists: known, problems, failed: denied.length + broken.length };
  }

  /** The private addresses of databases, as the resolver of this machine knows them: elsewhere there are none. */
  private async resolved({ databases = [] }: Partial<RegionLists>): Promise<Resolved> {
    const hosts = databases.flatMap(({ Endpoint }) => Endpoint?.Address ?? []).slice(0, RESOLVED_MAX);
    const resolve = this.options.resolve ?? resolve_host;
    const found = hosts.map(async (host) => [host, await resolve(host).catch(() => [])] as const);
    return new Map(await Promise.all(found));
  }
}

/** Read anew each round; never kept, never told. */
function from_environment(prefix: string): Credentials | undefined {
  const variable = (name: string): string => process.env[`${prefix}${name}`] ?? '';
  const [accessKeyId, secretAccessKey] = [variable('AWS_ACCESS_KEY_ID'), variable('AWS_SECRET_ACCESS_KEY')];
  const sessionToken = variable('AWS_SESSION_TOKEN');
  if (accessKeyId === '' || secretAccessKey === '') return undefined;
  return { accessKeyId, secretAccessKey, ...(sessionToken !== '' && { sessionToken }) };
}
