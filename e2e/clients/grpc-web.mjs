// gRPC-Web by connect: node grpc-web.mjs PORT early|new 1|2 (version of HTTP).
import { Agent } from 'node:http';
import { createClient } from '@connectrpc/connect';
import { createGrpcWebTransport } from '@connectrpc/connect-node';
import { ready, tell } from './lib/account.mjs';
import { many, note } from './lib/grpc.mjs';
import { Web } from './lib/web-service.mjs';

const [port, phase, version] = [Number(process.argv[2]), process.argv[3], process.argv[4]];
const HTTP1 = { httpVersion: '1.1', nodeOptions: { agent: new Agent({ keepAlive: true, maxSockets: 4 }) } };
const transport = createGrpcWebTransport({
  baseUrl: `http://127.0.0.1:${port}`,
  ...(version === '1' ? HTTP1 : { httpVersion: '2' }),
});
const client = createClient(Web, transport);

const ask = async (text, code = 0) => {
  const seen = await client.ask({ text }).then(
    () => 0,
    (error) => error.code,
  );
  if (seen !== code) throw new Error(`ended with ${seen} instead of ${code}`);
  note('/shop.Web/Ask', seen);
};
const hear = async (text, code = 0) => {
  let seen = 0;
  try {
    for await (const _ of client.tell({ text }));
  } catch (error) {
    seen = error.code;
  }
  if (seen !== code) throw new Error(`ended with ${seen} instead of ${code}`);
  note('/shop.Web/Tell', seen);
};

if (phase === 'early') {
  // A connection of HTTP/2 that was used before hides what it repeats; one of HTTP/1 hides nothing.
  if (version === '1') {
    await ask('ok');
    note('/shop.Web/Ask', 0, '', -1);
  }
  await ready();
  await many(100, () => ask('ok'));
} else {
  await many(300, () => ask('ok'));
  await many(50, () => hear('ok'));
  for (let code = 1; code <= 16; code++) await many(5, () => ask(String(code), code));
  await many(20, () => hear('15', 15));
}
tell();
