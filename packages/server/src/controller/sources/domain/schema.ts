// DeepFlow's document of additional resources: names and meanings are DeepFlow's (deepflow.md section 10.2).
import { isIP } from 'node:net';
import { z } from 'zod';

/** YAML is read without types, so that a name like 012 stays what it is; JSON has numbers. */
const text = z.union([z.string(), z.number(), z.boolean()], 'must be a text').transform(String);
const word = text.pipe(z.string().max(255, 'has more than 255 characters'));
const address = word.refine((value) => isIP(value) !== 0, 'is no IP address');
const cidr = word.refine(is_cidr, 'is no network: ADDRESS/BITS is wanted');
const mac = word.refine(
  (value) => /^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/i.test(value),
  'is no MAC address: xx:xx:xx:xx:xx:xx',
);
const one_of = (...values: readonly number[]) =>
  text.transform(Number).refine((value) => values.includes(value), `must be one of ${values.join(', ')}`);
const port = text.transform(Number).refine((value) => Number.isInteger(value) && value >= 1 && value <= 65_535, {
  message: 'must be a port, 1 to 65535',
});
const yes_no = text.refine((value) => value === 'true' || value === 'false', 'must be true or false');
/** Names of tags stand in SQL, between backticks. */
const tag_key = word.refine((value) => !/[\s:`\\']/.test(value), 'may hold no space, colon, quote or backslash');

export function is_cidr(value: string): boolean {
  const slash = value.indexOf('/');
  const family = isIP(value.slice(0, slash));
  const bits = value.slice(slash + 1);
  return slash > 0 && family !== 0 && /^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128);
}

const named = { name: word, uuid: word, domain_uuid: word };
const interfaces = z
  .array(z.strictObject({ mac, name: word.optional(), subnet_uuid: word, ips: z.array(address).min(1) }))
  .default([]);
/** A gateway's interfaces have a name and neither subnet nor addresses. */
const host_interfaces = z
  .array(
    z.strictObject({ mac, name: word.optional(), subnet_uuid: word.optional(), ips: z.array(address).default([]) }),
  )
  .default([]);
const listener = z.strictObject({
  name: word.optional(),
  protocol: z.enum(['TCP', 'UDP'], 'must be TCP or UDP'),
  ip: address,
  port,
  lb_target_servers: z.array(z.strictObject({ ip: address, port })).default([]),
});
const ENTRIES_MAX = 200_000;
const list = <T extends z.ZodType>(of: T) => z.array(of).max(ENTRIES_MAX).default([]);

export const DOCUMENT = z.strictObject({
  azs: list(z.strictObject(named)),
  vpcs: list(z.strictObject(named)),
  subnets: list(
    z.strictObject({
      ...named,
      type: one_of(3, 4).optional(),
      is_vip: yes_no.optional(),
      vpc_uuid: word,
      az_uuid: word.optional(),
      cidrs: z.array(cidr).min(1),
    }),
  ),
  hosts: list(
    z.strictObject({
      ...named,
      ip: address,
      type: one_of(2, 3, 5, 6).optional(),
      az_uuid: word,
      vinterfaces: host_interfaces,
    }),
  ),
  chosts: list(
    z.strictObject({
      ...named,
      host_ip: address.optional(),
      type: one_of(1, 2, 3, 4, 5, 6).optional(),
      vpc_uuid: word,
      az_uuid: word,
      vinterfaces: interfaces,
    }),
  ),
  cloud_tags: list(
    z.strictObject({
      resource_type: z.enum(['chost', 'pod_ns'], 'must be chost or pod_ns'),
      resource_name: word,
      domain_uuid: word,
      subdomain_uuid: word.optional(),
      tags: z.array(z.strictObject({ key: tag_key, value: word })).min(1),
    }),
  ),
  lbs: list(
    z.strictObject({
      name: word,
      model: one_of(1, 2).optional(),
      vpc_uuid: word,
      domain_uuid: word,
      region_uuid: word,
      vinterfaces: interfaces,
      lb_listeners: z.array(listener).default([]),
    }),
  ),
  peer_connections: list(
    z.strictObject({
      ...named,
      local_vpc_uuid: word,
      local_region_uuid: word,
      remote_vpc_uuid: word,
      remote_region_uuid: word,
    }),
  ),
});
export type DomainDocument = z.infer<typeof DOCUMENT>;
