// Real brokers of Debian, each in a folder of its own, on loopback and free ports.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { free_port, listening, run, Started, until } from './process.ts';
import { id, place, type RealServer, started } from './servers.ts';

/** User and password guest. Its port mapper is one of its own, too. */
export const rabbitmq = async (plugins: readonly string[] = []): Promise<RealServer> => {
  const user = id('rabbitmq');
  const folder = place('rabbitmq', user);
  const [port, mapper_port, node_port] = [await free_port(), await free_port(), await free_port()];
  const mapper = new Started('epmd', 'epmd', ['-port', String(mapper_port), '-address', '127.0.0.1'], user);
  await listening('epmd', mapper_port);
  writeFileSync(join(folder, 'plugins'), `[${plugins.join()}].\n`);
  const env = {
    HOME: folder,
    ERL_EPMD_PORT: String(mapper_port),
    RABBITMQ_NODENAME: `sonde${port}@localhost`,
    RABBITMQ_NODE_IP_ADDRESS: '127.0.0.1',
    RABBITMQ_NODE_PORT: String(port),
    RABBITMQ_DIST_PORT: String(node_port),
    RABBITMQ_MNESIA_BASE: folder,
    RABBITMQ_LOG_BASE: folder,
    RABBITMQ_LOGS: '-',
    RABBITMQ_CONF_ENV_FILE: '/dev/null',
    RABBITMQ_CONFIG_FILE: join(folder, 'none'),
    RABBITMQ_ENABLED_PLUGINS_FILE: join(folder, 'plugins'),
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: '-start_epmd false +sbwt none',
  };
  const process = new Started('rabbitmq', '/usr/lib/rabbitmq/bin/rabbitmq-server', [], { ...user, cwd: folder, env });
  const server = await started('rabbitmq', port, folder, process);
  return {
    ...server,
    stop: async () => {
      await server.stop();
      await mapper.stop();
    },
  };
};

/** User alice, password "hidden words": writes shop/# and early/#, reads news. */
export const mosquitto = async (): Promise<RealServer> => {
  const folder = place('mosquitto');
  const port = await free_port();
  const passwords = join(folder, 'passwords');
  writeFileSync(passwords, 'alice:hidden words\n');
  await run('mosquitto_passwd', ['-U', passwords]);
  writeFileSync(join(folder, 'rights'), 'user alice\ntopic shop/#\ntopic early/#\ntopic read news\n');
  writeFileSync(
    join(folder, 'conf'),
    `listener ${port} 127.0.0.1
user root
persistence false
sys_interval 0
allow_anonymous false
password_file ${passwords}
acl_file ${folder}/rights
max_inflight_messages 0
max_queued_messages 0
`,
  );
  return started('mosquitto', port, folder, new Started('mosquitto', 'mosquitto', ['-c', join(folder, 'conf')]));
};

/** User alice, password hidden: publishes everywhere but under "private". */
export const nats = async (): Promise<RealServer> => {
  const folder = place('nats');
  const port = await free_port();
  const conf = join(folder, 'conf');
  const alice = '{ user: alice, password: hidden, permissions: { publish: { deny: "private.>" } } }';
  writeFileSync(conf, `listen: 127.0.0.1:${port}\nmax_connections: 20\nauthorization { users = [ ${alice} ] }\n`);
  return started('nats', port, folder, new Started('nats', 'nats-server', ['-c', conf]));
};

/** librdkafka's own broker, in a process that also consumes from it. */
export const kafka = async (): Promise<RealServer> => {
  const folder = place('kafka');
  const args = ['-b', 'own', '-C', '-t', 'own', '-X', 'test.mock.num.brokers=1', '-d', 'mock'];
  const process = new Started('kcat', 'kcat', args);
  const port = await until('the broker names its port', async () => {
    if (process.done) throw new Error(process.output);
    return /bootstrap\.servers=127\.0\.0\.1:(\d+)/.exec(process.output)?.[1];
  });
  return started('kafka', Number(port), folder, process);
};
