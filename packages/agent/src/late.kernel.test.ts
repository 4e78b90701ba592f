// An agent that looks only when all is over: no verdict ever reached the kernel in time, and nothing is missing.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MESSAGE_TYPE, type Message } from '@sonde/protocols';
import { DEFAULT_SETTINGS } from '@sonde/records';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Clock } from './clock.ts';
import { Counters } from './call.ts';
import type { Capture, CaptureEvent } from './capture/event.ts';
import { open_capture } from './capture/open.ts';
import { Parse } from './parse/parse.ts';
import { parse_settings } from './parse/settings.ts';

const ready = process.getuid?.() === 0 && existsSync('/sys/kernel/btf/vmlinux') && existsSync('/usr/bin/clang');

/** Eight uploads side by side, which Node writes in calls of up to 700,000 bytes; then many small requests, and the port. */
const UPLOADS = `
const { connect, createServer } = require('node:http2');
const windows = { settings: { initialWindowSize: 1 << 20 } };
const server = createServer(windows, (req, res) => req.resume().on('end', () => res.end('fine')));
server.on('session', (session) => session.setLocalWindowSize(1 << 24));
server.listen(0, '127.0.0.1', async () => {
  const { port } = server.address();
  const session = connect('http://127.0.0.1:' + port);
  await new Promise((done) => session.once('remoteSettings', () => setImmediate(done)));
  const ask = (path, body) => new Promise((done, fail) => {
    const req = session.request({ ':path': path, ':method': body ? 'POST' : 'GET' });
    req.resume().on('end', done).on('error', fail).end(body);
  });
  await Promise.all(Array.from({ length: 8 }, (_, i) => ask('/up/' + i, 'x'.repeat(90_000))));
  await Promise.all(Array.from({ length: 50 }, (_, i) => ask('/small/' + i)));
  session.close();
  server.close(() => console.log(port));
});`;

/** A client that gets forty values of 300,000 bytes, 12 MB, in Redis' protocol. */
const VALUES = `
const { connect, createServer } = require('node:net');
const VALUE = '$300000\\r\\n' + 'v'.repeat(300000) + '\\r\\n';
const server = createServer((socket) => {
  let text = '';
  socket.on('data', (chunk) => {
    text += chunk.toString('latin1');
    const asked = text.split('\\r\\n$1\\r\\nk\\r\\n').length - 1;
    for (let i = 0; i < asked; i++) socket.write(VALUE);
    if (asked > 0) text = '';
  });
});
server.listen(0, '127.0.0.1', () => {
  const { port } = server.address();
  const socket = connect(port, '127.0.0.1');
  let [bytes, n] = [0, 0];
  const ask = () => socket.write('*2\\r\\n$3\\r\\nGET\\r\\n$1\\r\\nk\\r\\n');
  socket.on('data', (chunk) => {
    bytes += chunk.length;
    if (bytes < VALUE.length) return;
    bytes = 0;
    if (++n < 40) ask();
    else { socket.end(); server.close(() => console.log(port)); }
  });
  ask();
});`;

describe.skipIf(!ready)('a late agent', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sonde-late-'));
  let capture: Capture;

  beforeAll(() => {
    execFileSync('sh', [join(import.meta.dirname, '../bpf/build.sh'), folder]);
    capture = open_capture(join(folder, 'sonde.bpf.o'), 64 << 20).capture;
  });
  afterAll(() => {
    capture.close();
    rmSync(folder, { recursive: true });
  });

  /** What both ends said, once it is over. */
  async function observed(program: string): Promise<{ messages: string[]; counters: Counters }> {
    const child = spawn(process.execPath, ['-e', program], { stdio: ['ignore', 'pipe', 'inherit'] });
    const [[port]] = await Promise.all([
      once(child.stdout, 'data').then(([line]) => [Number(line)]),
      once(child, 'exit'),
    ]);
    const messages: string[] = [];
    const counters = new Counters();
    const out = {
      message: (flow: { is_client: boolean }, message: Message) => {
        // A part of an answer that is under way.
        if (message.interim === true) return;
        const text = message.type === MESSAGE_TYPE.request ? `asks ${message.request_resource}` : 'answers';
        messages.push(`${flow.is_client ? 'client' : 'server'} ${text}`);
      },
      disorder: () => counters.add('disorder'),
      begin: () => undefined,
      end: () => undefined,
      verdict: () => undefined,
      skip: () => undefined,
      listening: () => false,
    };
    const parse = new Parse(parse_settings(DEFAULT_SETTINGS, [], new Clock()), out, counters);
    capture.drain((event: CaptureEvent) => {
      if (!('socket' in event) || (event.socket.local_port !== port && event.socket.remote_port !== port)) return;
      if (event.kind === 'data') parse.data(event);
      else parse.socket(event);
    }, Number.POSITIVE_INFINITY);
    parse.close(Number(process.hrtime.bigint()));
    return { messages, counters };
  }

  const both = (texts: readonly string[]): string[] =>
    ['client', 'server'].flatMap((end) => texts.map((text) => `${end} ${text}`));
  const count = (n: number, text: (i: number) => string): string[] => Array.from({ length: n }, (_, i) => text(i));

  it('has every stream of uploads that were written in one call', async () => {
    const { messages, counters } = await observed(UPLOADS);
    const asked = [...count(8, (i) => `asks /up/${i}`), ...count(50, (i) => `asks /small/${i}`)];
    expect(messages.toSorted()).toEqual(both([...asked, ...count(58, () => 'answers')]).toSorted());
    expect([counters.get('boundary_lost'), counters.get('gaps')]).toEqual([0, 0]);
  });

  it('has every answer of a connection that moved more than is captured before a verdict', async () => {
    const { messages, counters } = await observed(VALUES);
    expect(messages.toSorted()).toEqual(
      both([...count(40, () => 'asks GET k'), ...count(40, () => 'answers')]).toSorted(),
    );
    expect([counters.get('boundary_lost'), counters.get('gaps')]).toEqual([0, 0]);
  });
});
