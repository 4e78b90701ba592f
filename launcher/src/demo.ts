// The demo shop: a real Redis, a real PostgreSQL, services in two languages, a load generator. All on loopback and on
// free ports, data in a temporary folder that is removed afterwards.
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Problem } from './problem.ts';
import type { Command } from './watched.ts';

export interface Demo {
  /** In the order in which they start; each is ready before the next begins. */
  readonly steps: readonly { readonly command: Command; readonly ready: () => Promise<void> }[];
  /** Address of the shop's front door. */
  readonly url: string;
  /** Folder of JSON files with what the clients counted themselves. */
  readonly counts: string;
  readonly clean: () => void;
}

interface User {
  readonly uid: number;
  readonly gid: number;
}

const READY_MS_MAX = 20_000;
const SHOP = join(import.meta.dirname, '../demo/shop');

export const demo_commands = async (log_folder: string): Promise<Demo> => {
  const folder = mkdtempSync(join(tmpdir(), 'sonde-demo-'));
  chmodSync(folder, 0o755);
  const counts = join(folder, 'counts');
  mkdirSync(counts);
  const ports = await free_ports(7);
  const [gateway, catalogue, cart, orders, payments, redis, postgres] = ports as [
    number,
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const env: Record<string, string> = { COUNTS: counts, HOST: '127.0.0.1' };
  const named = { gateway, catalogue, cart, orders, payments, redis, postgres };
  for (const [name, port] of Object.entries(named)) env[`${name.toUpperCase()}_PORT`] = String(port);
  const log = (role: string): string => join(log_folder, `demo-${role}.log`);
  const service = (role: string, file: string, port: number, runner = process.execPath) => ({
    command: { role, file: runner, args: [join(SHOP, file)], log: log(role), env },
    ready: () => listening(role, port),
  });
  const load = service('load', 'load.mjs', gateway);
  return {
    url: `http://127.0.0.1:${gateway}`,
    counts,
    steps: [
      { command: redis_command(folder, redis, log('redis')), ready: () => listening('redis', redis) },
      { command: postgres_command(folder, postgres, log('postgres')), ready: () => listening('postgres', postgres) },
      service('catalogue', 'catalogue.py', catalogue, 'python3'),
      service('payments', 'payments.py', payments, 'python3'),
      service('cart', 'cart.mjs', cart),
      service('orders', 'orders.mjs', orders),
      service('gateway', 'gateway.mjs', gateway),
      load,
    ],
    clean: () => rmSync(folder, { recursive: true, force: true }),
  };
};

const redis_command = (folder: string, port: number, log: string): Command => {
  const user = server_user('redis');
  const data = owned_folder(join(folder, 'redis'), user);
  const args = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--dir', data];
  return { role: 'redis', file: 'redis-server', args, log, ...user };
};

/** Makes a fresh cluster; the server refuses to run as root, so root lends it another user. */
const postgres_command = (folder: string, port: number, log: string): Command => {
  const bin = postgres_bin();
  const user = server_user('postgres');
  const data = owned_folder(join(folder, 'postgres'), user);
  const init = ['-D', data, '-U', 'shop', '-A', 'trust', '-N', '-E', 'UTF8', '--no-instructions'];
  try {
    execFileSync(join(bin, 'initdb'), init, { stdio: 'pipe', cwd: '/', ...user });
  } catch (error) {
    throw new Problem(`initdb failed: ${String((error as { stderr?: Buffer }).stderr ?? error).trim()}`);
  }
  writeFileSync(join(data, 'postgresql.auto.conf'), `unix_socket_directories = ''\nfsync = off\n`, { mode: 0o600 });
  if (user) chownSync(join(data, 'postgresql.auto.conf'), user.uid, user.gid);
  const args = ['-D', data, '-p', String(port), '-h', '127.0.0.1'];
  // SIGINT: a fast shutdown; SIGTERM would wait for clients.
  return { role: 'postgres', file: join(bin, 'postgres'), args, log, cwd: '/', stop_signal: 'SIGINT', ...user };
};

const postgres_bin = (): string => {
  const base = '/usr/lib/postgresql';
  const versions = existsSync(base) ? readdirSync(base).sort((a, b) => Number(b) - Number(a)) : [];
  const found = versions.map((v) => join(base, v, 'bin')).find((bin) => existsSync(join(bin, 'initdb')));
  if (!found) throw new Problem('the demo needs PostgreSQL: apt-get install postgresql');
  return found;
};

/** The package's own user, else nobody; undefined when the launcher itself is not root. */
const server_user = (name: string): User | undefined => {
  if (process.getuid?.() !== 0) return undefined;
  const id = (who: string, flag: string): number => Number(execFileSync('id', [flag, who], { stdio: 'pipe' }));
  for (const who of [name, 'nobody']) {
    try {
      return { uid: id(who, '-u'), gid: id(who, '-g') };
    } catch {
      // No such user: the next one.
    }
  }
  return undefined;
};

const owned_folder = (path: string, user: User | undefined): string => {
  mkdirSync(path, { mode: 0o700 });
  if (user) chownSync(path, user.uid, user.gid);
  return path;
};

/** All are held open until all are known, so that they differ. */
const free_ports = async (count: number): Promise<number[]> => {
  const servers = Array.from({ length: count }, () => createServer());
  const ports = await Promise.all(
    servers.map(
      (server) =>
        new Promise<number>((done, fail) => {
          server.once('error', fail);
          server.listen(0, '127.0.0.1', () => done((server.address() as { port: number }).port));
        }),
    ),
  );
  await Promise.all(servers.map((server) => new Promise((done) => server.close(done))));
  return ports;
};

const listening = async (role: string, port: number): Promise<void> => {
  const end = Date.now() + READY_MS_MAX;
  while (!accepts(port)) {
    if (Date.now() > end) throw new Problem(`the demo's ${role} does not listen; see its log`);
    await sleep(50);
  }
};

/** Looked up instead of tried: a connection would show on the map. State 0A is LISTEN. */
const accepts = (port: number): boolean => {
  const wanted = `0100007F:${port.toString(16).toUpperCase().padStart(4, '0')} 00000000:0000 0A`;
  return readFileSync('/proc/net/tcp', 'latin1').includes(wanted);
};
