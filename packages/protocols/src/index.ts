// The registry: every protocol that a connection may turn out to speak. A card without a parser does not compile.
import { protocol as amqp } from './amqp/parse.ts';
import { protocol as brpc } from './brpc/parse.ts';
import { protocol as cassandra } from './cassandra/parse.ts';
import { protocol as clickhouse } from './clickhouse/parse.ts';
import { protocol as dns } from './dns/parse.ts';
import { protocol as dubbo } from './dubbo/parse.ts';
import { protocol as http1 } from './http1/parse.ts';
import { protocol as http2 } from './http2/parse.ts';
import { protocol as imap } from './imap/parse.ts';
import { protocol as kafka } from './kafka/parse.ts';
import { protocol as ldap } from './ldap/parse.ts';
import { protocol as mdns } from './mdns/parse.ts';
import { protocol as memcached } from './memcached/parse.ts';
import { protocol as mongodb } from './mongodb/parse.ts';
import { protocol as mqtt } from './mqtt/parse.ts';
import { protocol as mysql } from './mysql/parse.ts';
import { protocol as nats } from './nats/parse.ts';
import { protocol as openwire } from './openwire/parse.ts';
import { protocol as oracle } from './oracle/parse.ts';
import { protocol as postgresql } from './postgresql/parse.ts';
import { protocol as pulsar } from './pulsar/parse.ts';
import { protocol as redis } from './redis/parse.ts';
import { protocol as rocketmq } from './rocketmq/parse.ts';
import { protocol as sofarpc } from './sofarpc/parse.ts';
import { protocol as pop3 } from './pop3/parse.ts';
import { protocol as sip } from './sip/parse.ts';
import { protocol as smtp } from './smtp/parse.ts';
import { protocol as some_ip } from './some_ip/parse.ts';
import { protocol as tars } from './tars/parse.ts';
import { protocol as tds } from './tds/parse.ts';
import { protocol as thrift } from './thrift/parse.ts';
import { protocol as websocket } from './websocket/parse.ts';
import { protocol as zmtp } from './zmtp/parse.ts';
import { protocol as zookeeper } from './zookeeper/parse.ts';
import { protocol as fastcgi } from './fastcgi/parse.ts';
import { protocol as tls } from './tls/parse.ts';
import { protocol as amqp1 } from './amqp1/parse.ts';
import { protocol as ping } from './ping/parse.ts';
import { protocol as iso8583 } from './iso8583/parse.ts';
import { type ProtocolName, VARIANTS } from './cards.ts';
import type { Protocol } from './protocol.ts';

export * from './cards.ts';
export { answers as dns_answers } from './dns/answers.ts';
export * from './drive.ts';
export * from './protocol.ts';
export * from './stream.ts';
export * from './stream-buffer.ts';

export const PROTOCOLS = {
  http1,
  http2,
  websocket,
  dubbo,
  sofarpc,
  brpc,
  tars,
  thrift,
  some_ip,
  mysql,
  postgresql,
  tds,
  oracle,
  cassandra,
  clickhouse,
  redis,
  mongodb,
  memcached,
  ldap,
  kafka,
  mqtt,
  amqp,
  nats,
  rocketmq,
  pulsar,
  openwire,
  zmtp,
  smtp,
  pop3,
  imap,
  sip,
  dns,
  mdns,
  zookeeper,
  fastcgi,
  tls,
  amqp1,
  ping,
  iso8583,
} satisfies Record<ProtocolName, Protocol>;

export const protocol_list: readonly Protocol[] = Object.values(PROTOCOLS);

const by_id = new Map(protocol_list.map((protocol) => [protocol.card.id, protocol]));

/** Protocol by `l7_protocol`. */
export function protocol_by_id(id: number): Protocol | undefined {
  return by_id.get(id);
}

/** Those whose folder name, or that of a variant of theirs, is in `names`, in the registry's order. */
export function protocols_named(names: readonly string[]): Protocol[] {
  const variants = Object.values(VARIANTS).filter((variant) => names.includes(variant.name));
  const meant = new Set([...names, ...variants.map((variant) => variant.variant_of)]);
  return protocol_list.filter((protocol) => meant.has(protocol.card.name));
}
