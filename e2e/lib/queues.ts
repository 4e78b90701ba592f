// Real brokers of Debian, each in a folder of its own, on loopback and free ports.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { free_port, listening, Started } from './process.ts';
import { id, place, type RealServer, started } from './servers.ts';

/** User and password guest. Its port mapper is one of its own, too. */
export const rabbitmq = async (): Promise<RealServer> => {
  const user = id('rabbitmq');
  const folder = place('rabbitmq', user);
  const [port, mapper_port, node_port] = [await free_port(), await free_port(), await free_port()];
  const mapper = new Started('epmd', 'epmd', ['-port', String(mapper_port), '-address', '127.0.0.1'], user);
  await listening('epmd', mapper_port);
  writeFileSync(join(folder, 'plugins'), '[].\n');
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
