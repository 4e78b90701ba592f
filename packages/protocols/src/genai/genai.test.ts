// A server that speaks as OpenAI's API reference shows, behind Node's own HTTP; no prompt or answer may be kept.
import { createServer as create1, type IncomingMessage, request as request1, type ServerResponse } from 'node:http';
import { connect, createServer as create2, type Http2ServerRequest, type Http2ServerResponse } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { protocol_list } from '../index.ts';
import { MESSAGE_TYPE, type Message } from '../protocol.ts';
import { type PlayedPiece, play } from '../testing/play.ts';
import { record } from '../testing/record.ts';
import { JsonScan } from '../http/json.ts';

const SECRET = 'hunter2 "quoted" \\ {"model":"wrong"}';
const USAGE = { prompt_tokens: 12, completion_tokens: 34, total_tokens: 46 };
const sse = (events: unknown[]): string =>
  events.map((event) => `data: ${typeof event === 'string' ? event : JSON.stringify(event)}\n\n`).join('');
const chunk = (delta: object, more: object = {}) => ({
  id: 'x',
  model: 'gpt-4o-2024',
  choices: [{ index: 0, delta, finish_reason: null, ...more }],
});

const ANSWERS: Record<string, { type: string; body: string; gzip?: boolean }> = {
  '/v1/chat/completions': {
    type: 'application/json',
    body: JSON.stringify({
      model: 'gpt-4o-2024',
      choices: [{ message: { content: SECRET }, finish_reason: 'stop' }],
      usage: USAGE,
    }),
  },
  '/proxy/v1/chat/completions?stream=1': {
    type: 'text/event-stream; charset=utf-8',
    body: sse([
      ...Array.from({ length: 200 }, () => chunk({ content: SECRET })),
      chunk({}, { finish_reason: 'length' }),
      { model: 'gpt-4o-2024', choices: [], usage: USAGE },
      '[DONE]',
    ]),
  },
  '/v1/embeddings': {
    type: 'application/json',
    gzip: true,
    body: JSON.stringify({
      data: [{ embedding: Array.from({ length: 500 }, () => 0.25) }],
      model: 'text-embedding-3',
      usage: { prompt_tokens: 8, total_tokens: 8 },
    }),
  },
  '/v1/responses': {
    type: 'text/event-stream',
    body: `event: response.completed\n${sse([
      {
        type: 'response.completed',
        response: { model: 'o3-mini', status: 'completed', usage: { input_tokens: 5, output_tokens: 6 } },
      },
    ])}`,
  },
};

function serve(
  incoming: IncomingMessage | Http2ServerRequest,
  outgoing: (ServerResponse | Http2ServerResponse) & { write(piece: Buffer): boolean },
): void {
  incoming.resume();
  incoming.on('end', () => {
    const { type, body, gzip } = ANSWERS[incoming.url ?? '']!;
    outgoing.writeHead(200, { 'content-type': type, ...(gzip ? { 'content-encoding': 'gzip' } : {}) });
    const bytes = gzip ? gzipSync(body) : Buffer.from(body);
    for (let at = 0; at < bytes.length; at += 777) outgoing.write(bytes.subarray(at, at + 777));
    outgoing.end();
  });
}

const asked = (model: string) => JSON.stringify({ messages: [{ role: 'user', content: SECRET.repeat(500) }], model });

async function by_http1(paths: string[]): Promise<PlayedPiece[]> {
  const server = create1(serve);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const recorder = await record((server.address() as AddressInfo).port);
  const { Agent } = await import('node:http');
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  for (const path of paths) {
    await new Promise<void>((resolve) => {
      const headers = { 'content-type': 'application/json', authorization: 'Bearer hunter2' };
      const options = { port: recorder.port, method: 'POST', path, headers, agent };
      request1(options, (response) => response.resume().on('end', resolve)).end(asked('gpt-4o'));
    });
  }
  agent.destroy();
  server.close();
  return pieces_of((await recorder.stop('node')).connections[0]!);
}

async function by_http2(paths: string[]): Promise<PlayedPiece[]> {
  const server = create2(serve);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const recorder = await record((server.address() as AddressInfo).port);
  const session = connect(`http://127.0.0.1:${recorder.port}`);
  for (const path of paths) {
    await new Promise<void>((resolve) => {
      const stream = session.request({ ':method': 'POST', ':path': path, 'content-type': 'application/json' });
      stream.resume().on('close', resolve);
      stream.end(asked('gpt-4o'));
    });
  }
  await new Promise<void>((resolve) => session.close(resolve));
  server.close();
  return pieces_of((await recorder.stop('node')).connections[0]!);
}

const pieces_of = (pieces: [0 | 1, string][]): PlayedPiece[] =>
  pieces.map(([direction, base64]) => ({ direction, bytes: Buffer.from(base64, 'base64') }));

const attributes = (m: Message): Record<string, string> =>
  Object.fromEntries((m.attribute_names ?? []).map((name, i) => [name, m.attribute_values?.[i] ?? '']));

const counts = (input: string, output: string | undefined, more: Record<string, string>) => ({
  'gen_ai.operation.name': 'chat',
  'gen_ai.request.model': 'gpt-4o',
  'gen_ai.usage.input_tokens': input,
  ...(output === undefined ? {} : { 'gen_ai.usage.output_tokens': output }),
  ...more,
});
const EXPECTED = [
  counts('12', '34', { 'gen_ai.response.model': 'gpt-4o-2024', 'gen_ai.response.finish_reason': 'stop' }),
  counts('12', '34', { 'gen_ai.response.model': 'gpt-4o-2024', 'gen_ai.response.finish_reason': 'length' }),
  counts('8', undefined, { 'gen_ai.operation.name': 'embeddings', 'gen_ai.response.model': 'text-embedding-3' }),
  counts('5', '6', { 'gen_ai.response.model': 'o3-mini', 'gen_ai.response.finish_reason': 'completed' }),
];

it.each([
  ['HTTP/1', by_http1],
  ['HTTP/2', by_http2],
] as const)('%s: models, token counts and the reason of the end', async (_, run) => {
  const pieces = await run(Object.keys(ANSWERS));
  const { messages, conversation } = play(protocol_list, pieces, { redact: false });
  expect(conversation.counters).toEqual({ boundary_lost: 0, not_mine: 0, overflow: 0 });
  const responses = messages.filter((m) => m.type === MESSAGE_TYPE.response && m.interim !== true);
  expect(responses.map(attributes)).toEqual(EXPECTED);
  expect(responses.map((m) => m.response_code)).toEqual([200, 200, 200, 200]);
  expect(JSON.stringify(messages)).not.toContain('hunter2');
});

it('keeps what came before a hole, and finds the next exchange', async () => {
  const paths = Object.keys(ANSWERS);
  const pieces = await by_http1([paths[1]!, paths[0]!]);
  const largest = pieces.reduce((best, one, i) => (one.bytes.length > pieces[best]!.bytes.length ? i : best), 0);
  const cut = pieces.map((one, i) =>
    i === largest ? { ...one, bytes: one.bytes.subarray(0, 600), true_length: one.bytes.length } : one,
  );
  const { messages } = play(protocol_list, cut);
  expect(attributes(messages.findLast((m) => m.type === MESSAGE_TYPE.response)!)).toEqual(EXPECTED[0]);
});

it('finds the same values however the text is cut', () => {
  const text = Buffer.from(JSON.stringify({ a: [{ b: 'x\\"' }, 3], c: { d: { e: true, f: { g: 1 } } }, h: 'é' }));
  const read = (step: number): string[] => {
    const found: string[] = [];
    const scan = new JsonScan((path, value) => found.push(`${path}=${value}`));
    for (let at = 0; at < text.length; at += step) scan.write(text, at, Math.min(text.length, at + step));
    return found;
  };
  expect(read(1)).toEqual(read(1000));
  expect(read(7)).toEqual(expect.arrayContaining(['a.[]=3', 'c.d.e=true']));
  expect(read(7).join()).not.toContain('g=1');
});
