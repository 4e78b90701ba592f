// Real servers behind a recorder: Node's, and nginx where installed. The client library's own counts are the oracle.
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, createServer, request, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { MESSAGE_TYPE, type Message } from '../protocol.ts';
import { play } from '../testing/play.ts';
import { record } from '../testing/record.ts';
import { protocol } from './parse.ts';

interface Seen {
  method: string;
  path: string;
  status: number;
}

function ask(agent: Agent, port: number, method: string, path: string, body?: string): Promise<Seen> {
  return new Promise((resolve, reject) => {
    const asked = request({ host: '127.0.0.1', port, method, path, agent }, (response) => {
      response.resume();
      response.on('end', () => resolve({ method, path, status: response.statusCode ?? 0 }));
    });
    asked.on('error', reject);
    asked.end(body);
  });
}

/** Requests of several kinds over one keep-alive connection each; what the client saw, and what the parser says. */
async function exchange(port: number, paths: [string, string, string?][]): Promise<{ seen: Seen[]; parsed: Seen[] }> {
  const recorder = await record(port);
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const seen: Seen[] = [];
  for (const [method, path, body] of paths) seen.push(await ask(agent, recorder.port, method, path, body));
  agent.destroy();
  const { connections } = await recorder.stop('test');
  const parsed: Seen[] = [];
  for (const pieces of connections) {
    const decoded = pieces.map(([direction, base64]) => ({ direction, bytes: Buffer.from(base64, 'base64') }));
    const { messages, conversation } = play([protocol], decoded);
    expect(conversation.counters).toEqual({ boundary_lost: 0, not_mine: 0, overflow: 0 });
    parsed.push(...paired(messages));
  }
  return { seen, parsed };
}

function paired(messages: readonly Message[]): Seen[] {
  const requests = messages.filter((m) => m.type === MESSAGE_TYPE.request);
  const responses = messages.filter((m) => m.type === MESSAGE_TYPE.response && m.interim !== true);
  expect(responses).toHaveLength(requests.length);
  return requests.map((m, i) => ({
    method: m.request_type ?? '',
    path: m.request_resource ?? '',
    status: responses[i]?.response_code ?? 0,
  }));
}

it('agrees with the client of a Node server: chunks, bodies, HEAD, no content, errors', async () => {
  const server: Server = createServer((incoming, outgoing) => {
    incoming.resume();
    incoming.on('end', () => {
      if (incoming.url === '/chunks') {
        for (let i = 1; i < 20; i++) outgoing.write('x'.repeat(i * 97));
        outgoing.end();
      } else if (incoming.url === '/large') outgoing.end(Buffer.alloc(300_000, 'HTTP/1.1 200 OK\r\n\r\n'));
      else if (incoming.url === '/none') outgoing.writeHead(204).end();
      else outgoing.writeHead(incoming.url === '/error' ? 500 : 200, { 'content-length': 5 }).end('hello');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const kinds: [string, string, string?][] = [
    ['GET', '/a'],
    ['HEAD', '/a'],
    ['POST', '/error', 'y'.repeat(100_000)],
    ['GET', '/chunks'],
    ['DELETE', '/none'],
    ['GET', '/large'],
    ['HEAD', '/large'],
  ];
  const { seen, parsed } = await exchange((server.address() as AddressInfo).port, Array(10).fill(kinds).flat());
  server.close();
  expect(parsed).toEqual(seen);
});

const NGINX = '/usr/sbin/nginx';

async function free_port(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function answers(port: number): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    const up = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1', () => resolve(true)).on('error', () => resolve(false));
      socket.on('connect', () => socket.destroy());
    });
    if (up) return;
    await sleep(25);
  }
  throw new Error('nginx does not answer');
}

it.skipIf(!existsSync(NGINX))('agrees with the client of nginx: files, redirects, errors, not modified', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'sonde-nginx-'));
  const port = await free_port();
  mkdirSync(join(folder, 'www'));
  writeFileSync(join(folder, 'www', 'file'), 'z'.repeat(70_000));
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((t) => `${t}_temp_path ${folder}/${t};`);
  const site = `root ${folder}/www; location /moved { return 301 /file; } location /busy { return 503; }`;
  writeFileSync(
    join(folder, 'conf'),
    `daemon off; master_process off; error_log ${folder}/log; pid ${folder}/pid; events {}
     http { access_log off; ${temporary.join(' ')} server { listen 127.0.0.1:${port}; ${site} } }`,
  );
  const nginx = spawn(NGINX, ['-c', join(folder, 'conf'), '-p', folder], { stdio: 'ignore' });
  try {
    await answers(port);
    const paths = ['/file', '/moved', '/busy', '/no-such', '/file?a=b'];
    const kinds = paths.flatMap((path): [string, string][] => [
      ['GET', path],
      ['HEAD', path],
    ]);
    const { seen, parsed } = await exchange(port, Array(10).fill(kinds).flat());
    expect(parsed).toEqual(seen.map((s) => ({ ...s, path: s.path.replace('a=b', 'a=?') })));
  } finally {
    nginx.kill();
    rmSync(folder, { recursive: true, force: true });
  }
});
