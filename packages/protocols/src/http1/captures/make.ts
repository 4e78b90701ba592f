// Makes the recordings anew: `npx tsx make.ts`, or with any runner of TypeScript. Servers: Node's and nginx; clients: Node's
// and curl.
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, createServer, type OutgoingHttpHeaders, request } from 'node:http';
import { type AddressInfo, createServer as listen } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { promisify } from 'node:util';
import { record, save } from '../../testing/record.ts';

const run = promisify(execFile);

function ask(
  agent: Agent,
  port: number,
  method: string,
  path: string,
  headers: OutgoingHttpHeaders = {},
  body?: string,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const asked = request({ host: '127.0.0.1', port, method, path, agent, headers }, (response) => {
      response.resume();
      response.on('end', resolve);
    });
    asked.on('error', reject).on('continue', () => asked.end(body));
    if (headers.expect === undefined) asked.end(body);
    else asked.flushHeaders();
  });
}

async function node(): Promise<void> {
  const server = createServer((incoming, outgoing) => {
    incoming.resume();
    incoming.on('end', () => {
      outgoing.setHeader('x-request-id', 'r-77');
      if (incoming.url === '/stream') {
        for (let i = 1; i < 6; i++) outgoing.write(`${'chunk '.repeat(i * 9)}\n`);
        outgoing.end();
      } else if (incoming.url === '/none') outgoing.writeHead(204).end();
      else if (incoming.url?.startsWith('/users')) {
        outgoing.setHeader('content-type', 'application/json');
        outgoing.end(JSON.stringify({ id: 7, name: 'Ada', tags: ['a', 'b'] }));
      } else outgoing.writeHead(incoming.url === '/fails' ? 500 : 404, { 'content-length': 5 }).end('sorry');
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const recorder = await record((server.address() as AddressInfo).port);
  const { port } = recorder;
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const trace = { traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01', tracestate: 'v=1' };
  const browser = {
    'user-agent': 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
    accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8',
    'accept-language': 'en-US,en;q=0.5',
    referer: 'http://shop.test/start',
    cookie: 'session=hidden-word; theme=dark',
    'x-forwarded-for': '203.0.113.7, 10.0.0.1',
  };
  for (let i = 0; i < 4; i++) {
    await ask(agent, port, 'GET', `/users/${i}?page=2&token=hidden-word`, { ...browser, ...trace });
    await ask(agent, port, 'POST', '/users', { 'content-type': 'application/json' }, '{"name":"Ada"}');
    await ask(agent, port, 'GET', '/stream', browser);
    await ask(agent, port, 'HEAD', '/users/1');
    await ask(agent, port, 'DELETE', '/none', trace);
    await ask(agent, port, 'PUT', '/users/7', {}, 'y'.repeat(6000));
    await ask(agent, port, 'GET', '/missing');
    await ask(agent, port, 'GET', '/fails', browser);
  }
  await ask(agent, port, 'POST', '/users', { expect: '100-continue', 'content-length': 4 }, 'late');
  agent.destroy();
  await wait(50);
  server.close();
  save(new URL('node.json', import.meta.url), await recorder.stop(`node ${process.version}, server and client`));
}

async function nginx_and_curl(): Promise<void> {
  const free = listen().listen(0, '127.0.0.1');
  await once(free, 'listening');
  const { port: target } = free.address() as AddressInfo;
  free.close();
  const folder = mkdtempSync(join(tmpdir(), 'sonde-nginx-'));
  mkdirSync(join(folder, 'www'));
  writeFileSync(join(folder, 'www', 'file'), 'z'.repeat(9000));
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((t) => `${t}_temp_path ${folder}/${t};`);
  const site = `root ${folder}/www; location /moved { return 301 /file; } location /busy { return 503; }`;
  writeFileSync(
    join(folder, 'conf'),
    `daemon off; master_process off; error_log ${folder}/log; pid ${folder}/pid; user root; events {}
     http { access_log off; ${temporary.join(' ')} server { listen 127.0.0.1:${target}; ${site} } }`,
  );
  const server = spawn('/usr/sbin/nginx', ['-c', join(folder, 'conf')], { stdio: 'ignore' });
  await wait(500);
  const recorder = await record(target);
  const at = `http://127.0.0.1:${recorder.port}`;
  const paths = ['/file', '/moved', '/busy', '/nothing', '/file?a=1', '/file'].map((path) => `${at}${path}`);
  await run('curl', ['-s', ...paths.flatMap((path) => ['-o', '/dev/null', path])]);
  await run('curl', ['-s', '-I', '-H', 'b3: 80f198ee56343ba864fe8b2a57d3eff7-e457b5a2e4d86bd1-1', `${at}/file`]);
  await run('curl', ['-s', '-o', '/dev/null', '-H', 'Range: bytes=0-99', '-u', 'name:hidden-word', `${at}/file`]);
  await run('curl', ['-s', '-0', '-o', '/dev/null', `${at}/file`]);
  const { stdout } = await run('curl', ['--version']);
  server.kill();
  rmSync(folder, { recursive: true, force: true });
  save(new URL('nginx.json', import.meta.url), await recorder.stop(`nginx 1.22.1, curl ${stdout.split(' ')[1]}`));
}

await node();
await nginx_and_curl();
process.exit(0);
