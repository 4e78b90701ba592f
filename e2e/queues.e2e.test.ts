// Real brokers with their usual client libraries: every operation that a client counted is one row at either end, with its
// outcome, and the clients' connections have no other rows.
import { family } from './lib/family.ts';
import { kafka, mosquitto, nats, rabbitmq } from './lib/queues.ts';

family([
  {
    title: 'RabbitMQ: methods and messages on many channels, closings of channel and connection',
    start: () => rabbitmq(),
    client: 'amqp',
    protocol: 102,
  },
  {
    title: 'Mosquitto: packets of all versions and qualities, aliases, refusals',
    start: mosquitto,
    client: 'mqtt',
    protocol: 101,
  },
  {
    title: 'NATS: publications, deliveries, requests, complaints',
    start: nats,
    client: 'nats',
    protocol: 104,
  },
  {
    title: 'Kafka: a producer, a group, an offset that is not there',
    start: kafka,
    client: 'kafka',
    protocol: 100,
    others: true,
  },
]);
