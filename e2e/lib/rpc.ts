// Servers of HTTP/2 and of what runs on it, of WebSocket and Thrift, each in a folder of its own, on loopback and free ports.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { free_port, run, Started } from './process.ts';
import { place, type RealServer, started } from './servers.ts';
import { ROOT } from './stack.ts';

const BIG_BYTES = 1_000_000;
export const NGINX_PATHS = (folder: string): string => `
    root ${folder}/www; client_body_buffer_size 1m; client_max_body_size 10m;
    location /ok { return 200 "fine\\n"; }
    location /missing { return 404 "no\\n"; }
    location /fail { return 500 "broken\\n"; }`;

export const nginx_with = async (folder: string, port: number, body: string): Promise<RealServer> => {
  mkdirSync(join(folder, 'www'), { recursive: true });
  await run('truncate', ['-s', String(BIG_BYTES), join(folder, 'www/big')]);
  writeFileSync(
    join(folder, 'nginx.conf'),
    `daemon off; user root; worker_processes 2; pid ${folder}/pid; error_log ${folder}/error.log;
events { worker_connections 1024; }
http {
  access_log off; keepalive_requests 10000000; http2_max_concurrent_streams 256;
  client_body_temp_path ${folder}/body; proxy_temp_path ${folder}/proxy; fastcgi_temp_path ${folder}/f;
  uwsgi_temp_path ${folder}/u; scgi_temp_path ${folder}/s; ${body}
}`,
  );
  const args = ['-c', join(folder, 'nginx.conf'), '-e', join(folder, 'error.log')];
  return started('nginx', port, folder, new Started('nginx', '/usr/sbin/nginx', args));
};

/** HTTP/2 over cleartext. */
export const nginx_http2 = async (): Promise<RealServer> => {
  const folder = place('nginx');
  const port = await free_port();
  return nginx_with(folder, port, `server { listen 127.0.0.1:${port} http2; ${NGINX_PATHS(folder)} }`);
};

/** `front` is asked, `back` answers it. */
export const pair = (front: RealServer, back: RealServer): RealServer => ({
  ...front,
  stop: async () => {
    await front.stop();
    await back.stop();
  },
});

/** HAProxy, which speaks HTTP/2 with its clients and HTTP/1 with an nginx behind it. */
export const haproxy = async (): Promise<RealServer> => {
  const folder = place('haproxy');
  const [port, back_port] = [await free_port(), await free_port()];
  const server = `server { listen 127.0.0.1:${back_port}; ${NGINX_PATHS(`${folder}/back`)} }`;
  mkdirSync(`${folder}/back`);
  const back = await nginx_with(`${folder}/back`, back_port, server);
  writeFileSync(
    join(folder, 'conf'),
    `global
  maxconn 200
defaults
  mode http
  timeout connect 5s
  timeout client 60s
  timeout server 60s
frontend front
  bind 127.0.0.1:${port} proto h2
  default_backend back
backend back
  server one 127.0.0.1:${back_port}
`,
  );
  const process = new Started('haproxy', '/usr/sbin/haproxy', ['-db', '-f', join(folder, 'conf')]);
  return pair(await started('haproxy', port, folder, process), back);
};

/** A server program under e2e/clients: its port, then `args`. */
const program = async (name: string, ...args: string[]): Promise<RealServer> => {
  const port = await free_port();
  const process = new Started(name, 'node', [`${ROOT}/e2e/clients/${name}.mjs`, String(port), ...args]);
  return started(name, port, place(name), process);
};
export const node_http2 = (): Promise<RealServer> => program('http2-server');
export const grpc = (): Promise<RealServer> => program('grpc-server');
export const grpc_web = (http: '1' | '2') => (): Promise<RealServer> => program('grpc-web-server', http);

export const etcd = async (): Promise<RealServer> => {
  const folder = place('etcd');
  const [port, peer_port] = [await free_port(), await free_port()];
  const url = `http://127.0.0.1:${port}`;
  const peers = `http://127.0.0.1:${peer_port}`;
  const args = [
    `--data-dir=${folder}/data`,
    `--listen-client-urls=${url}`,
    `--advertise-client-urls=${url}`,
    `--listen-peer-urls=${peers}`,
    `--initial-advertise-peer-urls=${peers}`,
    `--initial-cluster=default=${peers}`,
    '--unsafe-no-fsync',
    '--log-level=error',
  ];
  return started('etcd', port, folder, new Started('etcd', 'etcd', args));
};

/** A WebSocket server behind nginx, which hands the connection over. */
export const websocket = async (): Promise<RealServer> => {
  const back = await program('websocket-server');
  const folder = place('nginx');
  const port = await free_port();
  const server = `server { listen 127.0.0.1:${port}; location / {
    proxy_pass http://127.0.0.1:${back.port}; proxy_http_version 1.1;
    proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection "upgrade"; } }`;
  return pair(await nginx_with(folder, port, server), back);
};

/** What thrift made of e2e/clients/shop.thrift, for its servers and their clients. */
export const GENERATED = place('thrift-generated');

export const thrift = (protocol: string, transport: string) => async (): Promise<RealServer> => {
  await run('thrift', ['--gen', 'py', '-out', GENERATED, `${ROOT}/e2e/clients/shop.thrift`]);
  const port = await free_port();
  const args = [`${ROOT}/e2e/clients/thrift-server.py`, GENERATED, String(port), protocol, transport];
  return started('thrift', port, place('thrift'), new Started('thrift', '/usr/bin/python3', args));
};
