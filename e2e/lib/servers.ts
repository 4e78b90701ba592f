// Real servers of Debian, each in a folder of its own, on loopback and a free port.
import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { free_port, listening, run, Started, until } from './process.ts';

export const id = (user: string): { uid: number; gid: number } => ({
  uid: Number(execFileSync('id', ['-u', user])),
  gid: Number(execFileSync('id', ['-g', user])),
});

export interface RealServer {
  readonly port: number;
  /** Of the server behind it, where it hands requests on. */
  readonly back_port?: number;
  readonly folder: string;
  readonly process: Started;
  stop(): Promise<void>;
}

export const place = (name: string, user?: { uid: number; gid: number }): string => {
  const folder = mkdtempSync(join(tmpdir(), `sonde-e2e-${name}-`));
  chmodSync(folder, 0o755);
  if (user) chownSync(folder, user.uid, user.gid);
  return folder;
};

export const started = async (
  name: string,
  port: number,
  folder: string,
  process: Started,
  signal?: NodeJS.Signals,
): Promise<RealServer> => {
  await listening(name, port).catch((error: Error) => {
    throw new Error(`${error.message}\n${process.output}`);
  });
  return {
    port,
    folder,
    process,
    stop: async () => {
      await process.stop(signal);
      rmSync(folder, { recursive: true, force: true });
    },
  };
};

/** A key and a certificate of its own for shop.test: cert.pem and key.pem in `folder`. */
const certify = async (folder: string, user?: { uid: number; gid: number }): Promise<void> => {
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  const names = ['-subj', '/O=Shop/CN=shop.test', '-addext', 'subjectAltName=DNS:shop.test'];
  await run('openssl', [
    'req',
    '-x509',
    '-newkey',
    'rsa:2048',
    '-nodes',
    '-days',
    '30',
    '-keyout',
    key,
    '-out',
    cert,
    ...names,
  ]);
  chmodSync(key, 0o600);
  if (user) for (const file of [key, cert]) chownSync(file, user.uid, user.gid);
};

/** /ok 200, /slow/ after the file system, /missing 404, /fail 500, /big a file of `big_bytes`. */
export const nginx = async (options: { big_bytes?: number; tls?: boolean } = {}): Promise<RealServer> => {
  const folder = place('nginx');
  const port = await free_port();
  if (options.tls) await certify(folder);
  const tls = options.tls
    ? `ssl_protocols TLSv1.2 TLSv1.3; ssl_certificate ${folder}/cert.pem; ssl_certificate_key ${folder}/key.pem;`
    : '';
  mkdirSync(join(folder, 'www'));
  if (options.big_bytes) await run('truncate', ['-s', String(options.big_bytes), join(folder, 'www/big')]);
  writeFileSync(
    join(folder, 'nginx.conf'),
    `daemon off; user root; worker_processes 2; pid ${folder}/pid; error_log ${folder}/error.log;
events { worker_connections 4096; }
http {
  access_log off; keepalive_requests 10000000; keepalive_timeout 300s; large_client_header_buffers 8 64k;
  client_body_temp_path ${folder}/body; proxy_temp_path ${folder}/proxy; fastcgi_temp_path ${folder}/f;
  uwsgi_temp_path ${folder}/u; scgi_temp_path ${folder}/s; sendfile on;
  server {
    listen 127.0.0.1:${port} ${options.tls ? 'ssl ' : ''}backlog=4096; root ${folder}/www; ${tls}
    location /ok { return 200 "fine\\n"; }
    location /missing { return 404 "no\\n"; }
    location /fail { return 500 "broken\\n"; }
  }
}`,
  );
  const process = new Started('nginx', '/usr/sbin/nginx', [
    '-c',
    join(folder, 'nginx.conf'),
    '-e',
    join(folder, 'error.log'),
  ]);
  return started('nginx', port, folder, process, 'SIGTERM');
};

export const redis = async (): Promise<RealServer> => {
  const folder = place('redis');
  const port = await free_port();
  const args = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--dir', folder];
  return started('redis', port, folder, new Started('redis', 'redis-server', args));
};

export const mariadb = async (): Promise<RealServer> => {
  const user = id('mysql');
  const folder = place('mariadb', user);
  const port = await free_port();
  const data = join(folder, 'data');
  await run('mariadb-install-db', [
    '--no-defaults',
    `--datadir=${data}`,
    '--user=mysql',
    '--auth-root-authentication-method=normal',
    '--skip-test-db',
  ]);
  const args = [
    '--no-defaults',
    `--datadir=${data}`,
    '--user=mysql',
    `--port=${port}`,
    '--bind-address=127.0.0.1',
    `--socket=${folder}/s`,
    '--innodb-flush-log-at-trx-commit=0',
  ];
  return started('mariadb', port, folder, new Started('mariadb', '/usr/sbin/mariadbd', args));
};

export const postgres = async (options: { tls?: boolean } = {}): Promise<RealServer> => {
  const user = id('postgres');
  const folder = place('postgres', user);
  const port = await free_port();
  const version = readdirSync('/usr/lib/postgresql').sort().at(-1) ?? '15';
  const bin = `/usr/lib/postgresql/${version}/bin`;
  await run(`${bin}/initdb`, ['-D', `${folder}/data`, '-U', 'test', '-A', 'trust', '-N'], { ...user, cwd: '/' });
  const args = ['-D', `${folder}/data`, '-p', String(port), '-h', '127.0.0.1', '-k', folder, '-F'];
  if (options.tls) {
    await certify(folder, user);
    const files = [`ssl_cert_file=${folder}/cert.pem`, `ssl_key_file=${folder}/key.pem`];
    args.push(...['ssl=on', ...files].flatMap((setting) => ['-c', setting]));
  }
  return started(
    'postgres',
    port,
    folder,
    new Started('postgres', `${bin}/postgres`, args, { ...user, cwd: '/' }),
    'SIGINT',
  );
};

/** Answers host1.test .. host9.test with 10.9.0.1 .. 9, refuses everything else as not existing. */
export const dnsmasq = async (): Promise<RealServer> => {
  const folder = place('dnsmasq');
  const port = await free_port();
  const hosts = Array.from({ length: 9 }, (_, i) => `--address=/host${i + 1}.test/10.9.0.${i + 1}`);
  const args = [
    '-k',
    '--no-resolv',
    '--no-hosts',
    '--conf-file=/dev/null',
    `--port=${port}`,
    '--listen-address=127.0.0.1',
    '--bind-interfaces',
    '--local=/test/',
    `--pid-file=${folder}/pid`,
    '--user=root',
    ...hosts,
  ];
  const process = new Started('dnsmasq', '/usr/sbin/dnsmasq', args);
  await until('dnsmasq runs', async () =>
    process.done ? Promise.reject(new Error(process.output)) : process.pid > 0 || undefined,
  );
  return started('dnsmasq', port, folder, process);
};
