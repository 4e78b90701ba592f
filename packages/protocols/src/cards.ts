// What the protocols are, without any parser: all that server and page need. One line a protocol.
import { card as amqp } from './amqp/card.ts';
import { card as brpc } from './brpc/card.ts';
import { card as cassandra } from './cassandra/card.ts';
import { card as clickhouse } from './clickhouse/card.ts';
import { card as dns } from './dns/card.ts';
import { card as dubbo } from './dubbo/card.ts';
import { card as elasticsearch } from './elasticsearch/card.ts';
import { card as grpc } from './grpc/card.ts';
import { card as http1 } from './http1/card.ts';
import { card as http2 } from './http2/card.ts';
import { card as imap } from './imap/card.ts';
import { card as kafka } from './kafka/card.ts';
import { card as ldap } from './ldap/card.ts';
import { card as mdns } from './mdns/card.ts';
import { card as memcached } from './memcached/card.ts';
import { card as mongodb } from './mongodb/card.ts';
import { card as mqtt } from './mqtt/card.ts';
import { card as mysql } from './mysql/card.ts';
import { card as nats } from './nats/card.ts';
import { card as openwire } from './openwire/card.ts';
import { card as oracle } from './oracle/card.ts';
import { card as postgresql } from './postgresql/card.ts';
import { card as pulsar } from './pulsar/card.ts';
import { card as redis } from './redis/card.ts';
import { card as rocketmq } from './rocketmq/card.ts';
import { card as sofarpc } from './sofarpc/card.ts';
import { card as pop3 } from './pop3/card.ts';
import { card as sip } from './sip/card.ts';
import { card as smtp } from './smtp/card.ts';
import { card as some_ip } from './some_ip/card.ts';
import { card as tars } from './tars/card.ts';
import { card as tds } from './tds/card.ts';
import { card as thrift } from './thrift/card.ts';
import { card as triple } from './triple/card.ts';
import { card as websocket } from './websocket/card.ts';
import { card as zmtp } from './zmtp/card.ts';
import { card as zookeeper } from './zookeeper/card.ts';
import { card as fastcgi } from './fastcgi/card.ts';
import { card as tls } from './tls/card.ts';
import { card as amqp1 } from './amqp1/card.ts';
import { card as ping } from './ping/card.ts';
import { card as iso8583 } from './iso8583/card.ts';
import type { Card, VariantCard } from './protocol.ts';

export type { Card, VariantCard } from './protocol.ts';

export const CARDS = {
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
} as const satisfies Record<string, Card>;

export type ProtocolName = keyof typeof CARDS;

/** Cards without a parser of their own: what the parsers above find within their protocols. */
export const VARIANTS = {
  grpc,
  triple,
  elasticsearch,
} as const satisfies Record<string, VariantCard<ProtocolName>>;

export const card_list: readonly Card[] = [...Object.values(CARDS), ...Object.values(VARIANTS)];

const by_id = new Map(card_list.map((card) => [card.id, card]));

/** Card by `l7_protocol`. */
export function card_by_id(id: number): Card | undefined {
  return by_id.get(id);
}
