// Web servers that hand requests on, each with the one behind it, on loopback and free ports.
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { free_port, Started } from './process.ts';
import { NGINX_PATHS, nginx_with, pair } from './rpc.ts';
import { place, type RealServer, started } from './servers.ts';

/** An nginx that answers: /ok 200, /missing 404, /fail 500. */
const answering = async (folder: string, port: number): Promise<RealServer> => {
  mkdirSync(folder);
  const server = `keepalive_timeout 300s; server { listen 127.0.0.1:${port}; ${NGINX_PATHS(folder)} }`;
  return nginx_with(folder, port, server);
};

/** Behind /gone is nobody. */
export const nginx_proxy = async (): Promise<RealServer> => {
  const folder = place('nginx-proxy');
  const [port, back_port, dead_port] = [await free_port(), await free_port(), await free_port()];
  const back = await answering(`${folder}/back`, back_port);
  const server = `upstream back { server 127.0.0.1:${back_port}; keepalive 4; }
    server {
      listen 127.0.0.1:${port}; client_max_body_size 10m;
      location / { proxy_pass http://back; proxy_http_version 1.1; proxy_set_header Connection ""; }
      location /ok/once { proxy_pass http://127.0.0.1:${back_port}; }
      location /gone { proxy_pass http://127.0.0.1:${dead_port}; }
    }`;
  return { ...pair(await nginx_with(folder, port, server), back), back_port };
};

/** Behind /gone is nobody. */
export const haproxy_http1 = async (): Promise<RealServer> => {
  const folder = place('haproxy');
  const [port, back_port, dead_port] = [await free_port(), await free_port(), await free_port()];
  const back = await answering(`${folder}/back`, back_port);
  writeFileSync(
    join(folder, 'conf'),
    `global
  maxconn 200
defaults
  mode http
  retries 0
  timeout connect 5s
  timeout client 60s
  timeout server 60s
  http-reuse always
frontend front
  bind 127.0.0.1:${port}
  use_backend gone if { path_beg /gone }
  default_backend back
backend back
  server one 127.0.0.1:${back_port}
backend gone
  server none 127.0.0.1:${dead_port}
`,
  );
  const process = new Started('haproxy', '/usr/sbin/haproxy', ['-db', '-f', join(folder, 'conf')]);
  return { ...pair(await started('haproxy', port, folder, process), back), back_port };
};

/** Answers the paths of the other servers. */
const APPLICATION = `<?php
$path = explode('/', $_SERVER['REQUEST_URI'])[1];
if ($path === 'missing') http_response_code(404);
if ($path === 'fail') { http_response_code(500); }
file_get_contents('php://input');
$answer = str_repeat("fine\\n", $path === 'big' ? 100000 : 1);
header('Content-Length: ' . strlen($answer));
echo $answer;
`;

/** nginx, which asks PHP's FastCGI server. */
export const php = async (): Promise<RealServer> => {
  const folder = place('php');
  const [port, back_port] = [await free_port(), await free_port()];
  writeFileSync(join(folder, 'index.php'), APPLICATION);
  writeFileSync(
    join(folder, 'fpm.conf'),
    `[global]
error_log = ${folder}/fpm.log
daemonize = no
[www]
user = root
group = root
listen = 127.0.0.1:${back_port}
pm = static
pm.max_children = 12
`,
  );
  const program = readdirSync('/usr/sbin').find((name) => /^php-fpm[\d.]+$/.test(name)) ?? 'php-fpm';
  const fpm = new Started('php-fpm', join('/usr/sbin', program), ['-n', '-R', '-F', '-y', join(folder, 'fpm.conf')]);
  const back = await started('php-fpm', back_port, folder, fpm);
  const server = `upstream back { server 127.0.0.1:${back_port}; keepalive 4; }
    server {
      listen 127.0.0.1:${port}; client_max_body_size 10m;
      location / {
        include /etc/nginx/fastcgi_params; fastcgi_param SCRIPT_FILENAME ${folder}/index.php;
        fastcgi_pass back; fastcgi_keep_conn on;
      }
      location /ok/once {
        include /etc/nginx/fastcgi_params; fastcgi_param SCRIPT_FILENAME ${folder}/index.php;
        fastcgi_pass 127.0.0.1:${back_port};
      }
    }`;
  mkdirSync(`${folder}/front`);
  return { ...pair(await nginx_with(`${folder}/front`, port, server), back), back_port };
};
