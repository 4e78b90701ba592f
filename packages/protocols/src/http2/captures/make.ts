// Makes the recordings of this folder anew: `npx tsx make.ts`, or with any runner of TypeScript.
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:http2';
import { type AddressInfo, createServer as listen } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { promisify } from 'node:util';
import { record_calls } from '../../grpc/testing/calls.ts';
import { record, save } from '../../testing/record.ts';

const calls = await record_calls();
save(new URL('grpc.json', import.meta.url), calls.recording);

const server = createServer((request, response) => {
  request.resume();
  response.writeHead(request.url === '/no' ? 404 : 200, { 'x-request-id': 'abc' });
  response.end('x'.repeat(request.url?.length ?? 0));
});
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
const recorder = await record((server.address() as AddressInfo).port);
const session = connect(`http://127.0.0.1:${recorder.port}`);
for (const path of ['/a', '/no', '/items/7?page=2', '/a', '/b', '/no']) {
  const headers = {
    ':path': path,
    ':method': path === '/b' ? 'POST' : 'GET',
    'x-large': 'z'.repeat(path === '/b' ? 30_000 : 9),
  };
  await new Promise<void>((resolve) => {
    const stream = session.request(headers, { endStream: path !== '/b' });
    stream.resume().on('close', resolve);
    if (path === '/b') stream.end('body');
  });
}
session.close();
save(new URL('http2.json', import.meta.url), await recorder.stop(`node ${process.version}`));
server.close();

/** What a browser sends, by nghttp to nginx, again and again on one connection. */
async function nginx(): Promise<void> {
  const free = listen().listen(0, '127.0.0.1');
  await once(free, 'listening');
  const { port: target } = free.address() as AddressInfo;
  free.close();
  const folder = mkdtempSync(join(tmpdir(), 'sonde-nginx-'));
  mkdirSync(join(folder, 'www'));
  writeFileSync(join(folder, 'www', 'file'), 'z'.repeat(3000));
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((t) => `${t}_temp_path ${folder}/${t};`);
  const site = `root ${folder}/www; location /moved { return 301 /file; } location /busy { return 503; }`;
  writeFileSync(
    join(folder, 'conf'),
    `daemon off; master_process off; error_log ${folder}/log; pid ${folder}/pid; user root; events {}
     http { access_log off; ${temporary.join(' ')} server { listen 127.0.0.1:${target} http2; ${site} } }`,
  );
  const nginx = spawn('/usr/sbin/nginx', ['-c', join(folder, 'conf')], { stdio: 'ignore' });
  await wait(500);
  const recorder = await record(target);
  const headers = [
    'User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
    'Accept-Language: en-US,en;q=0.5',
    'Referer: http://shop.test/start',
    'Cookie: session=hidden-word; theme=dark',
    'traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
  ].flatMap((header) => ['-H', header]);
  const paths = ['/file', '/moved', '/busy', '/nothing', '/file?a=1', '/file', '/', '/file', '/items/7', '/file'];
  const urls = paths.map((path) => `http://127.0.0.1:${recorder.port}${path}`);
  await promisify(execFile)('nghttp', ['-n', '-m', '4', ...headers, ...urls]);
  nginx.kill();
  rmSync(folder, { recursive: true, force: true });
  save(new URL('nginx.json', import.meta.url), await recorder.stop('nginx 1.22.1, nghttp of nghttp2 1.52'));
}
await nginx();
process.exit(0);
