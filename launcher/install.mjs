// Installs what is missing, before anything is built: plain JavaScript on Node alone.
//   node launcher/install.mjs programs|run|demo|test
// 'programs' are those that neither watch nor need a system library.
// Debian packages need root; without it the missing ones are named and everything that works without them goes on.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..');

/** Package -> a file that proves it, so that a start costs no call of dpkg. */
const RUN = {
  clang: ['/usr/bin/clang'],
  libbpf1: ['/usr/lib/x86_64-linux-gnu/libbpf.so.1'],
  'libbpf-dev': ['/usr/include/bpf/bpf_helpers.h'],
  'linux-libc-dev': ['/usr/include/linux/bpf.h'],
  libelf1: ['/usr/lib/x86_64-linux-gnu/libelf.so.1'],
};
const DEMO = {
  python3: ['/usr/bin/python3', '/usr/local/bin/python3'],
  'redis-server': ['/usr/bin/redis-server'],
  postgresql: ['/usr/lib/postgresql'],
};
const TEST = {
  gcc: ['/usr/bin/gcc'],
  'libc6-dev': ['/usr/include/stdio.h'],
  'nginx-light': ['/usr/sbin/nginx'],
  'mariadb-server': ['/usr/sbin/mariadbd'],
  dnsmasq: ['/usr/sbin/dnsmasq'],
  haproxy: ['/usr/sbin/haproxy'],
  'etcd-server': ['/usr/bin/etcd'],
  'thrift-compiler': ['/usr/bin/thrift'],
  'python3-thrift': ['/usr/lib/python3/dist-packages/thrift'],
  'exim4-daemon-light': ['/usr/sbin/exim4'],
  'dovecot-imapd': ['/usr/lib/dovecot/imap'],
  'dovecot-pop3d': ['/usr/lib/dovecot/pop3'],
  memcached: ['/usr/bin/memcached'],
  slapd: ['/usr/sbin/slapd'],
  zookeeper: ['/usr/share/java/zookeeper.jar'],
  'python3-kazoo': ['/usr/lib/python3/dist-packages/kazoo'],
  mosquitto: ['/usr/sbin/mosquitto'],
  'nats-server': ['/usr/bin/nats-server', '/usr/sbin/nats-server'],
  kcat: ['/usr/bin/kcat'],
  'rabbitmq-server': ['/usr/lib/rabbitmq/bin/rabbitmq-server'],
  activemq: ['/usr/share/activemq/lib/activemq-broker.jar'],
  'php-fpm': ['/usr/share/doc/php-fpm'],
  'clickhouse-server': ['/usr/sbin/clickhouse-server'],
  'python3-clickhouse-driver': ['/usr/lib/python3/dist-packages/clickhouse_driver'],
  'python3-zmq': ['/usr/lib/python3/dist-packages/zmq'],
  'sip-tester': ['/usr/bin/sipp'],
  chromium: ['/usr/bin/chromium'],
  'linux-perf': ['/usr/bin/perf'],
  'g++': ['/usr/bin/g++'],
  binutils: ['/usr/bin/readelf'],
  'fonts-dejavu-core': ['/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf'],
  'kubernetes-client': ['/usr/bin/kubectl'],
  wrk: ['/usr/bin/wrk'],
  'apache2-utils': ['/usr/bin/ab'],
  tshark: ['/usr/bin/tshark'],
  openssl: ['/usr/bin/openssl'],
  'iputils-ping': ['/usr/bin/ping', '/bin/ping'],
  iproute2: ['/usr/sbin/ip', '/usr/bin/ip', '/sbin/ip'],
  'util-linux': ['/usr/bin/taskset'],
  libfaketime: ['/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1'],
  debootstrap: ['/usr/sbin/debootstrap'],
  curl: ['/usr/bin/curl'],
  shellcheck: ['/usr/bin/shellcheck'],
};
const SETS = { programs: [], run: [RUN], demo: [RUN, DEMO], test: [RUN, DEMO, TEST] };
const POLICY = '/usr/sbin/policy-rc.d';

const say = (line) => process.stderr.write(`sonde: ${line}\n`);
const run = (command, args, env = {}) =>
  spawnSync(command, args, { cwd: ROOT, stdio: ['ignore', 2, 2], env: { ...process.env, ...env } }).status === 0;

/** Returns the names of packages that are still missing. */
const install_debian = (purpose) => {
  const missing = () =>
    SETS[purpose].flatMap((set) =>
      Object.entries(set)
        .filter(([, files]) => !files.some(existsSync))
        .map(([name]) => name),
    );
  const wanted = missing();
  if (wanted.length === 0) return [];
  if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) return wanted;
  say(`installing Debian packages: ${wanted.join(' ')}`);
  // Servers that are installed for tests and the demo must not start by themselves.
  const guard = !existsSync(POLICY);
  if (guard) writeFileSync(POLICY, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  try {
    const quiet = { DEBIAN_FRONTEND: 'noninteractive' };
    const install = ['install', '-y', '-q', '--no-install-recommends', ...wanted];
    if (!run('apt-get', install, quiet)) {
      run('apt-get', ['update', '-q'], quiet);
      run('apt-get', install, quiet);
    }
  } finally {
    if (guard) rmSync(POLICY, { force: true });
  }
  return missing();
};

/** Whether node_modules holds every package of the lock file, development ones only when asked for. */
const npm_complete = (with_development) => {
  const read = (path) => JSON.parse(readFileSync(join(ROOT, path), 'utf8')).packages;
  try {
    const wanted = read('package-lock.json');
    const present = read('node_modules/.package-lock.json');
    return Object.entries(wanted).every(([path, entry]) => {
      if (path === '' || entry.link || !path.includes('node_modules/')) return true;
      // Optional ones are for other platforms; what this one needs comes with its parent.
      if (entry.optional || entry.devOptional || entry.peer || (entry.dev && !with_development)) return true;
      return present[path]?.version === entry.version && existsSync(join(ROOT, path));
    });
  } catch {
    return false;
  }
};

const install_npm = (with_development) => {
  if (npm_complete(with_development)) return true;
  say(`installing npm packages${with_development ? ', those for development too' : ''}`);
  const quiet = ['--no-audit', '--no-fund', '--loglevel=error', ...(with_development ? [] : ['--omit=dev'])];
  if (run('npm', ['ci', ...quiet])) return true;
  // A registry that lacks packages of other platforms makes `ci` refuse a lock file that fits this one.
  say('npm ci refused; trying npm install, which keeps to the same lock file');
  return run('npm', ['install', '--no-save', ...quiet]);
};

const purpose = process.argv[2] ?? 'run';
if (!(purpose in SETS)) throw new Error(`BUG: unknown purpose ${purpose}`);
const missing = install_debian(purpose);
if (missing.length > 0) {
  const hint = `apt-get install ${missing.join(' ')}`;
  say(`missing packages: ${missing.join(' ')}; as root: ${hint}`);
  // The agent's kernel part is built from source: without these it stays off, and says so.
  if (purpose === 'demo' && missing.some((name) => name in DEMO)) process.exit(1);
}
if (!install_npm(purpose === 'test')) {
  say('npm packages could not be installed; the lines above say why');
  process.exit(1);
}
