// Bytes laid out after grpc/doc/PROTOCOL-WEB.md, sent and received by Node's own HTTP over both versions.
import { createServer as create1, request as request1 } from 'node:http';
import { connect, createServer as create2 } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import { protocol_list } from '../index.ts';
import { MESSAGE_TYPE, STATUS } from '../protocol.ts';
import { play } from '../testing/play.ts';
import { type Recorder, record } from '../testing/record.ts';

const frame = (flags: number, payload: Buffer): Buffer => {
  const head = Buffer.alloc(5);
  head[0] = flags;
  head.writeUInt32BE(payload.length, 1);
  return Buffer.concat([head, payload]);
};
const MESSAGE = frame(0, Buffer.alloc(20_000, 7));
const TRAILERS = frame(0x80, Buffer.from('grpc-status:5\r\ngrpc-message:no%20such%20thing\r\n'));
const PATH = '/sonde.test.Web/Find';

function answer(type: string): Buffer[] {
  if (!type.includes('text')) return [MESSAGE, TRAILERS];
  return [Buffer.from(MESSAGE.toString('base64')), Buffer.from(TRAILERS.toString('base64'))];
}

async function listen(server: { listen(port: number, host: string, done: () => void): unknown; address(): unknown }) {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return record((server.address() as AddressInfo).port);
}

async function by_http1(type: string): Promise<Recorder> {
  const server = create1((incoming, outgoing) => {
    incoming.resume();
    outgoing.writeHead(200, { 'content-type': type });
    for (const piece of answer(type)) outgoing.write(piece);
    outgoing.end();
  });
  const recorder = await listen(server);
  await new Promise<void>((resolve) => {
    const options = { port: recorder.port, method: 'POST', path: PATH, headers: { 'content-type': type } };
    request1(options, (response) => response.resume().on('end', resolve)).end(frame(0, Buffer.from('x')));
  });
  server.close();
  return recorder;
}

async function by_http2(type: string): Promise<Recorder> {
  const server = create2((_incoming, outgoing) => {
    outgoing.writeHead(200, { 'content-type': type });
    for (const piece of answer(type)) outgoing.write(piece);
    outgoing.end();
  });
  const recorder = await listen(server);
  const session = connect(`http://127.0.0.1:${recorder.port}`);
  await new Promise<void>((resolve) => {
    const stream = session.request({ ':method': 'POST', ':path': PATH, 'content-type': type });
    stream.resume().on('close', resolve);
    stream.end(frame(0, Buffer.from('x')));
  });
  await new Promise<void>((resolve) => session.close(resolve));
  server.close();
  return recorder;
}

it.each([
  ['HTTP/1', by_http1, 'application/grpc-web+proto'],
  ['HTTP/1', by_http1, 'application/grpc-web-text'],
  ['HTTP/2', by_http2, 'application/grpc-web'],
  ['HTTP/2', by_http2, 'application/grpc-web-text+proto'],
] as const)('%s, %#: the status in the body is the status of the call', async (_, run, type) => {
  const { connections } = await (await run(type)).stop('node');
  const pieces = connections[0]!.map(([direction, base64]) => ({ direction, bytes: Buffer.from(base64, 'base64') }));
  const { messages, conversation } = play(protocol_list, pieces);
  expect(conversation.counters).toEqual({ boundary_lost: 0, not_mine: 0, overflow: 0 });
  expect(messages.filter((m) => m.interim !== true)).toMatchObject([
    { type: MESSAGE_TYPE.request, l7_protocol: 41, endpoint: PATH, request_type: 'POST' },
    {
      type: MESSAGE_TYPE.response,
      l7_protocol: 41,
      response_code: 5,
      response_status: STATUS.client_error,
      response_exception: 'NOT_FOUND: no such thing',
    },
  ]);
});
