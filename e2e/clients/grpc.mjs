// gRPC by grpc-js: node grpc.mjs PORT early|new.
import { did, ready, tell } from './lib/account.mjs';
import { given_up, many, open, stream, unary } from './lib/grpc.mjs';

const [port, phase] = [Number(process.argv[2]), process.argv[3]];
const PATH = '/shop.Kinds/';
const pieces = Array.from({ length: 5 }, (_, i) => Buffer.alloc(3000, i));

if (phase === 'early') {
  const [fresh, used] = [await open(port), await open(port)];
  await unary(used, `${PATH}Nothing`, 'ok', 12);
  did('POST', `${PATH}Nothing`, 'server_error', 12, -1);
  await ready();
  await many(100, () => unary(fresh, `${PATH}Unary`, 'ok'));
  // Where the headers' table was filled before, nothing says that it is gRPC: content types are numbers in the table.
  const as_http2 = (path) => did('POST', path, 'ok', 200, 1, 'protocol 21');
  await many(100, () => unary(used, `${PATH}Unary`, 'ok', 0, as_http2));
  for (const client of [fresh, used]) client.close();
} else {
  const clients = await Promise.all([open(port), open(port), open(port)]);
  await Promise.all(clients.map((client) => many(100, () => unary(client, `${PATH}Unary`, 'ok'))));
  await Promise.all([
    many(30, () => stream(clients[0], 'down', `${PATH}Down`, [Buffer.from('ok')])),
    many(30, () => stream(clients[1], 'up', `${PATH}Up`, pieces)),
    many(30, () => stream(clients[2], 'both', `${PATH}Both`, pieces)),
  ]);
  for (let code = 1; code <= 16; code++) await many(5, () => unary(clients[0], `${PATH}Unary`, String(code), code));
  await many(10, () => stream(clients[0], 'down', `${PATH}Down`, [Buffer.from('half')], 15));
  await many(10, () => unary(clients[1], `${PATH}Nothing`, 'ok', 12));
  await many(10, () => given_up(clients[2], `${PATH}Unary`, 'open'));
  for (const client of clients) client.close();
}
tell();
