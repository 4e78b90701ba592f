// Real brokers with their usual client libraries: every operation that a client counted is one row at either end, with its
// outcome, and the clients' connections have no other rows.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Account, Client, client, POINTS, proved, settled, stop_clients } from './lib/live.ts';
import { kafka, mosquitto, nats, rabbitmq } from './lib/queues.ts';
import type { RealServer } from './lib/servers.ts';
import { Stack } from './lib/stack.ts';

const BROKERS = { amqp: rabbitmq, mqtt: mosquitto, nats, kafka };
type Name = keyof typeof BROKERS;
const NAMES = Object.keys(BROKERS) as Name[];

const stack = new Stack();
const servers = {} as Record<Name, RealServer>;
/** By broker: a client whose connections are older than the agent, and one whose connections begin with it. */
const accounts = {} as Record<Name, [Account, Account]>;

beforeAll(async () => {
  await Promise.all(
    NAMES.map(async (name) => {
      servers[name] = await BROKERS[name]();
    }),
  );
  const early = NAMES.map((name) => new Client(name, servers[name].port, 'early'));
  for (const one of early) await one.ready();
  await stack.start();
  await stack.settings({ throttle_rows_s: 1_000_000, redact: false });
  for (const [i, name] of NAMES.entries()) {
    accounts[name] = [await early[i]!.go(), await client(name, servers[name].port, 'new')];
  }
  const ports = NAMES.map((name) => servers[name].port);
  await settled(stack, ports, Object.values(accounts).flat());
});
afterAll(async () => {
  await stop_clients();
  await stack.stop();
  for (const server of Object.values(servers)) await server.stop();
  stack.remove();
});

describe('RabbitMQ', () => {
  it.each(POINTS)('methods and messages on many channels, and refusals, at %s', async (point) => {
    await proved(stack, { port: servers.amqp.port, point, protocol: 102, accounts: accounts.amqp });
  });
});

describe('Mosquitto', () => {
  it.each(POINTS)('packets of all versions and qualities, and refusals, at %s', async (point) => {
    await proved(stack, { port: servers.mqtt.port, point, protocol: 101, accounts: accounts.mqtt });
  });
});

describe('NATS', () => {
  it.each(POINTS)('publications, deliveries, requests, and refusals, at %s', async (point) => {
    await proved(stack, { port: servers.nats.port, point, protocol: 104, accounts: accounts.nats });
  });
});

describe('Kafka', () => {
  it.each(POINTS)('a producer and a group, and offsets that are not there, at %s', async (point) => {
    await proved(stack, { port: servers.kafka.port, point, protocol: 100, accounts: accounts.kafka, others: true });
  });
});

it('lost nothing on the way', async () => {
  const drops = Object.entries((await stack.status())?.drops ?? {}).filter(([, n]) => n > 0);
  expect(drops).toEqual([]);
});
