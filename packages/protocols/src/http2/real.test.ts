// Node's HTTP/2 (nghttp2) as client and server behind a recorder; what the client saw is the oracle.
import { type ClientHttp2Session, type ClientHttp2Stream, connect, constants, createServer } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import { MESSAGE_TYPE, type Message, STATUS } from '../protocol.ts';
import { protocol_list } from '../index.ts';
import { play } from '../testing/play.ts';
import { type Piece, record } from '../testing/record.ts';
import { protocol } from './parse.ts';

interface Seen {
  id: number;
  path: string;
  status: number;
}

type Headers = Record<string, string>;

function ask(
  session: ClientHttp2Session,
  headers: Headers,
  body?: string,
): Promise<Seen & { stream: ClientHttp2Stream }> {
  return new Promise((resolve, reject) => {
    const stream = session.request(headers, { endStream: body === undefined });
    let status = 0;
    stream.on('response', (got) => {
      status = got[':status'] ?? 0;
    });
    stream.on('error', reject);
    stream.on('close', () => resolve({ id: stream.id ?? 0, path: headers[':path'] ?? '', status, stream }));
    stream.resume();
    if (body !== undefined) stream.end(body);
  });
}

async function recorded(run: (session: ClientHttp2Session) => Promise<void>): Promise<Piece[]> {
  const server = createServer({ settings: { maxConcurrentStreams: 200 } });
  server.on('session', (session) => session.on('error', () => {}));
  server.on('stream', (stream, headers) => {
    stream.on('error', () => {});
    const path = headers[':path'] ?? '';
    const status = Number(/\/status\/(\d+)/.exec(path)?.[1] ?? 200);
    if (path === '/early') stream.additionalHeaders({ ':status': 103, link: '</x>' });
    if (path === '/reset') stream.close(constants.NGHTTP2_REFUSED_STREAM);
    else if (path === '/wait') stream.resume();
    else if (path === '/push') {
      stream.pushStream({ ':path': '/pushed' }, (_, pushed) => {
        pushed.respond({ ':status': 200, 'x-pushed': 'yes' });
        pushed.end('pushed');
        stream.respond({ ':status': 200 });
        stream.end();
      });
    } else {
      stream.respond({ ':status': status, 'x-large': headers['x-large'] ?? '', 'x-request-id': `r-${stream.id}` });
      stream.end(path === '/large' ? Buffer.alloc(200_000, 7) : 'hello');
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const recorder = await record((server.address() as AddressInfo).port);
  const session = connect(`http://127.0.0.1:${recorder.port}`);
  await run(session);
  await new Promise<void>((resolve) => session.close(resolve));
  const { connections } = await recorder.stop('node');
  server.close();
  return connections[0]!.map(([direction, base64]) => ({ direction, bytes: Buffer.from(base64, 'base64') }));
}

function paired(messages: readonly Message[]): Seen[] {
  const answers = new Map<number, Message>();
  for (const m of messages) if (m.type === MESSAGE_TYPE.response && m.interim !== true) answers.set(m.request_id!, m);
  return messages
    .filter((m) => m.type === MESSAGE_TYPE.request)
    .map((m) => ({
      id: m.request_id ?? 0,
      path: m.request_resource ?? '',
      status: answers.get(m.request_id ?? 0)?.response_code ?? 0,
    }));
}

it('agrees with the client over many streams at a time', async () => {
  const seen: Seen[] = [];
  const pieces = await recorded(async (session) => {
    for (let round = 0; round < 10; round++) {
      const paths = ['/a', '/large', '/status/404', '/status/503', '/status/201', `/items/${round}`, '/early'];
      const asks = paths.map((path, i) =>
        ask(session, { ':path': path, 'x-n': String(round) }, i % 2 ? 'y'.repeat(30_000) : undefined),
      );
      for (const { id, path, status } of await Promise.all(asks)) seen.push({ id, path, status });
      const head = await ask(session, { ':path': '/a', ':method': 'HEAD' });
      seen.push({ id: head.id, path: '/a', status: head.status });
    }
  });
  const { messages, conversation } = play(protocol_list, pieces);
  expect(conversation.counters).toEqual({ boundary_lost: 0, not_mine: 0, overflow: 0 });
  expect(paired(messages)).toEqual(seen.sort((a, b) => a.id - b.id));
  expect(messages.filter((m) => m.interim === true)).toHaveLength(10);
  const first = messages.find((m) => m.type === MESSAGE_TYPE.response && m.request_id === 1);
  expect(first).toMatchObject({ x_request_id: 'r-1', version: '2' });
  expect(messages.find((m) => m.response_code === 404)?.response_exception).toBe('Not Found');
  // Joined in the middle: all that is given is right, and what the table hides is left out.
  const late = play([protocol], pieces.slice(Math.floor(pieces.length / 2)), {}, { from_start: false });
  expect(late.messages.length).toBeGreaterThan(20);
  for (const m of late.messages.filter((one) => one.type === MESSAGE_TYPE.request)) {
    const whole = messages.find((one) => one.type === m.type && one.request_id === m.request_id);
    for (const key of ['request_resource', 'request_domain', 'request_type'] as const) {
      if (m[key] !== undefined) expect(m[key]).toBe(whole?.[key]);
    }
  }
});

it('reads header blocks of many frames and every octet', async () => {
  const large = Array.from({ length: 50_000 }, (_, i) => String.fromCharCode(33 + (i % 94))).join('');
  const octets = Array.from({ length: 128 }, (_, i) => String.fromCharCode(128 + i)).join('');
  const pieces = await recorded(async (session) => {
    await ask(session, { ':path': '/a', 'x-large': large, 'x-request-id': `${large.slice(0, 94)}${octets}` });
    await ask(session, { ':path': '/b' });
  });
  const { messages } = play([protocol], pieces);
  expect(paired(messages)).toEqual([
    { id: 1, path: '/a', status: 200 },
    { id: 3, path: '/b', status: 200 },
  ]);
  expect(messages[0]?.x_request_id?.slice(0, 94)).toBe(large.slice(0, 94));
});

it('says who reset a stream, and passes over what is pushed', async () => {
  const pieces = await recorded(async (session) => {
    await ask(session, { ':path': '/reset' }).catch(() => {});
    const waiting = session.request({ ':path': '/wait' });
    waiting.on('error', () => {});
    await new Promise((resolve) => setTimeout(resolve, 50));
    waiting.close(constants.NGHTTP2_CANCEL);
    session.on('stream', (pushed) => pushed.resume());
    await ask(session, { ':path': '/push' });
    await ask(session, { ':path': '/after' });
  });
  const { messages } = play([protocol], pieces);
  const answers = messages.filter((m) => m.type === MESSAGE_TYPE.response);
  expect(answers).toMatchObject([
    { request_id: 1, response_status: STATUS.server_error, response_exception: 'RST_STREAM REFUSED_STREAM' },
    { request_id: 3, response_status: STATUS.client_error, response_exception: 'RST_STREAM CANCEL' },
    { request_id: 5, response_code: 200 },
    { request_id: 7, response_code: 200 },
  ]);
  expect(messages.filter((m) => m.type === MESSAGE_TYPE.request).map((m) => m.request_resource)).toEqual([
    ...['/reset', '/wait', '/push', '/after'],
  ]);
});
