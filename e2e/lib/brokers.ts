// Further brokers and sockets, each in a folder of its own, on loopback and free ports.
import { join } from 'node:path';
import { free_port, Started } from './process.ts';
import { rabbitmq } from './queues.ts';
import { place, type RealServer, started } from './servers.ts';
import { ROOT } from './stack.ts';

/** Keeps nothing on disk. */
export const activemq = async (): Promise<RealServer> => {
  const folder = place('activemq');
  const port = await free_port();
  const home = '/usr/share/activemq';
  const process = new Started('activemq', 'java', [
    '-Xmx128m',
    `-Dactivemq.home=${home}`,
    `-Dactivemq.base=${folder}`,
    '-cp',
    `${home}/lib/*:${home}/lib/optional/*`,
    'org.apache.activemq.console.Main',
    'start',
    `broker:(tcp://127.0.0.1:${port})?persistent=false&useJmx=false`,
  ]);
  return started('activemq', port, folder, process);
};

/** RabbitMQ with its plugin for AMQP 1.0 on the same port: user and password guest. */
export const rabbitmq_amqp1 = (): Promise<RealServer> => rabbitmq(['rabbitmq_amqp1_0']);

/** Sockets of libzmq: `plain`, a REP socket that wants user shop with password hidden; `xpub`, which publishes what is asked for. */
export const zmq = (kind: 'plain' | 'xpub') => async (): Promise<RealServer> => {
  const folder = place('zmq');
  const port = await free_port();
  const args = [join(ROOT, 'e2e/clients/zmq-server.py'), String(port), kind];
  return started('zmq', port, folder, new Started('zmq', '/usr/bin/python3', args));
};
