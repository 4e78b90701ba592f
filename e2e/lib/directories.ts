// Real caches and directories of Debian, each in a folder of its own, on loopback and free ports.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { free_port, Started } from './process.ts';
import { place, type RealServer, started } from './servers.ts';

export const memcached = async (): Promise<RealServer> => {
  const port = await free_port();
  const args = ['-u', 'root', '-l', '127.0.0.1', '-p', String(port)];
  return started('memcached', port, place('memcached'), new Started('memcached', 'memcached', args));
};

/** Empty, suffix dc=shop, administrator cn=admin,dc=shop with password "hidden". */
export const slapd = async (): Promise<RealServer> => {
  const folder = place('slapd');
  const port = await free_port();
  mkdirSync(join(folder, 'data'));
  writeFileSync(
    join(folder, 'conf'),
    `include /etc/ldap/schema/core.schema
modulepath /usr/lib/ldap
moduleload back_mdb
database mdb
suffix "dc=shop"
rootdn "cn=admin,dc=shop"
rootpw hidden
directory ${folder}/data
dbnosync
`,
  );
  const args = ['-d', '0', '-f', join(folder, 'conf'), '-h', `ldap://127.0.0.1:${port}`];
  return started('slapd', port, folder, new Started('slapd', '/usr/sbin/slapd', args));
};

export const zookeeper = async (): Promise<RealServer> => {
  const folder = place('zookeeper');
  const port = await free_port();
  const conf = [
    `dataDir=${folder}`,
    'clientPortAddress=127.0.0.1',
    `clientPort=${port}`,
    'admin.enableServer=false',
    'maxClientCnxns=0',
    '4lw.commands.whitelist=ruok',
  ];
  writeFileSync(join(folder, 'zoo.cfg'), conf.join('\n'));
  const main = 'org.apache.zookeeper.server.quorum.QuorumPeerMain';
  const args = ['-Xmx128m', '-cp', '/usr/share/java/zookeeper.jar', main, join(folder, 'zoo.cfg')];
  return started('zookeeper', port, folder, new Started('zookeeper', 'java', args));
};
