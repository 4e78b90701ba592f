// ActiveMQ, RabbitMQ by AMQP 1.0 and sockets of libzmq, with independent clients: every command, delivery and message that a
// client counted is one row at either end, with its outcome, and there are no other rows.
import { activemq, rabbitmq_amqp1, zmq } from './lib/brokers.ts';
import { family } from './lib/family.ts';

const ZMTP = 106;

family([
  {
    title: 'ActiveMQ, OpenWire: tight and loose, with caches and without, transactions, refusals',
    start: activemq,
    client: 'OpenWire.java',
    protocol: 103,
  },
  {
    title: 'RabbitMQ, AMQP 1.0: deliveries both ways, accepted, refused and settled before, links to nothing',
    start: rabbitmq_amqp1,
    client: 'amqp1',
    protocol: 109,
  },
  {
    title: 'ZMTP of libzmq: REQ and DEALER by user and password, which may be wrong',
    start: zmq('plain'),
    client: 'zmq-sockets.py',
    args: ['plain'],
    protocol: ZMTP,
  },
  {
    title: 'ZMTP of libzmq: publications to subscribers',
    start: zmq('xpub'),
    client: 'zmq-sockets.py',
    args: ['xpub'],
    protocol: ZMTP,
  },
]);
