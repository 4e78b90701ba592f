// Trace headers of all kinds from a real client, in HTTP/1 and HTTP/2 (and so in the metadata of gRPC).
import { createServer, get } from 'node:http';
import { connect, createServer as create_http2 } from 'node:http2';
import type { AddressInfo, Server } from 'node:net';
import { expect, it } from 'vitest';
import { PROTOCOLS } from '../index.ts';
import { MESSAGE_TYPE } from '../protocol.ts';
import { play } from '../testing/play.ts';
import { record } from '../testing/record.ts';

const PARENT = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
const B3 = ['463ac35c9f6413ad48485a3953bb6124', 'a2fb4a1d1a96d312'] as const;
const NAMES = ['traceparent', 'sw8', 'sw6', 'b3', 'x-b3-traceid', 'x-b3-spanid', 'uber-trace-id', 'my-trace'];
const CASES: [Record<string, string>, (string | undefined)[]][] = [
  [{ traceparent: PARENT, tracestate: 'a=1' }, ['4bf92f3577b34da6a3ce929d0e0e4736', '00f067aa0ba902b7']],
  [{ sw8: `1-${btoa('t.1')}-${btoa('s.2')}-4-a-b-c-d` }, ['t.1', 's.2-4']],
  [{ sw6: `1-${btoa('t.1')}-${btoa('s.2')}-0-1-1-x` }, ['t.1', 's.2-0']],
  [{ b3: `${B3[0]}-${B3[1]}-1` }, [...B3]],
  [{ 'X-B3-TraceId': B3[0], 'X-B3-SpanId': B3[1], 'X-B3-Sampled': '1' }, [...B3]],
  [{ 'uber-trace-id': 'abc:def:0:1' }, ['abc', 'def']],
  [{ 'My-Trace': 'mine' }, ['mine', undefined]],
  [{ tracestate: 'a=1', 'x-b3-sampled': '1' }, [undefined, undefined]],
];

const listening = async (server: Server): Promise<number> => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
};

async function over_http1(port: number): Promise<void> {
  for (const [headers] of CASES) {
    await new Promise<void>((resolve) =>
      get({ host: '127.0.0.1', port, headers, agent: false }, (answer) => answer.resume().on('end', () => resolve())),
    );
  }
}

async function over_http2(port: number): Promise<void> {
  const session = connect(`http://127.0.0.1:${port}`);
  for (const [headers] of CASES) {
    await new Promise<void>((resolve) => session.request(headers).resume().on('close', resolve));
  }
  session.close();
}

it.each([
  ['http1', createServer((_, answer) => answer.end()), over_http1],
  ['http2', create_http2((_, answer) => answer.end()), over_http2],
] as const)('%s', async (name, server, ask) => {
  const recorder = await record(await listening(server));
  await ask(recorder.port);
  server.close();
  const { connections } = await recorder.stop('test');
  const found = connections.flatMap((pieces) => {
    const decoded = pieces.map(([direction, base64]) => ({ direction, bytes: Buffer.from(base64, 'base64') }));
    const { messages } = play([PROTOCOLS[name]], decoded, { trace_headers: NAMES });
    return messages.filter((m) => m.type === MESSAGE_TYPE.request).map((m) => [m.trace_id, m.span_id]);
  });
  expect(found).toEqual(CASES.map(([, ids]) => ids));
});
