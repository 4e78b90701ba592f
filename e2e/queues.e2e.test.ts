// Real brokers with their usual client libraries: every operation that a client counted is one row at either end, with its
// outcome, and the broker's connections have no other rows.
import { afterAll, beforeAll, describe, it } from 'vitest';
import { type Account, Client, client, POINTS, proved, settled, stop_clients, sum_of } from './lib/live.ts';
import { rabbitmq } from './lib/queues.ts';
import type { RealServer } from './lib/servers.ts';
import { Stack } from './lib/stack.ts';

const stack = new Stack();
let rabbit: RealServer;
const accounts: Record<'amqp', Account[]> = { amqp: [] };

beforeAll(async () => {
  rabbit = await rabbitmq();
  const early = [new Client('amqp', rabbit.port, 'early')];
  for (const one of early) await one.ready();
  await stack.start();
  await stack.settings({ throttle_rows_s: 1_000_000, redact: false });
  accounts.amqp = [await early[0]!.go(), await client('amqp', rabbit.port, 'new')];
  await settled(stack, [rabbit.port], sum_of(accounts.amqp));
});
afterAll(async () => {
  await stop_clients();
  await stack.stop();
  await rabbit?.stop();
  stack.remove();
});

describe('RabbitMQ', () => {
  it.each(POINTS)('methods and messages on many channels, and refusals, at %s', async (point) => {
    await proved(stack, rabbit.port, point, 102, accounts.amqp);
  });
});
