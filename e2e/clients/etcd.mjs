// etcd's own API over gRPC: node etcd.mjs PORT early|new. Messages are written as its definitions print them
// (etcdserverpb/rpc.proto).
import { ready, tell } from './lib/account.mjs';
import { many, note, open, unary } from './lib/grpc.mjs';

const [port, phase] = [Number(process.argv[2]), process.argv[3]];
const KV = '/etcdserverpb.KV/';
const LEASE = '/etcdserverpb.Lease/';
const [INVALID_ARGUMENT, NOT_FOUND, UNIMPLEMENTED] = [3, 5, 12];
const WATCHES = 50;

const varint = (value) => (value < 128 ? [value] : [(value & 127) | 128, ...varint(value >> 7)]);
const text = (field, value) =>
  Buffer.concat([Buffer.from([(field << 3) | 2, ...varint(value.length)]), Buffer.from(value)]);
const number = (field, value) => Buffer.from([field << 3, ...varint(value)]);
const put = (key, value, ...more) => Buffer.concat([text(1, key), text(2, value), ...more]);

/** Changes of one key, seen over a stream of both directions that stays open until the client cancels it. */
const watched = async (client, other) => {
  const same = (bytes) => bytes;
  const call = client.makeBidiStreamRequest('/etcdserverpb.Watch/Watch', same, same);
  let told = 0;
  let changed;
  const change = async () => {
    for (let i = 0; i < WATCHES; i++) await unary(other, `${KV}Put`, put('watched', String(i)));
  };
  const seen = new Promise((done) => {
    call.on('data', () => {
      // The first tells that the watch has begun.
      if (++told === 1) changed = change();
      if (told === WATCHES + 1) done();
    });
  });
  const ended = new Promise((done) => call.on('error', done));
  call.write(text(1, text(1, 'watched')));
  await seen;
  await changed;
  call.cancel();
  await ended;
  // Its end is told to the server after it is told here.
  await new Promise((done) => setTimeout(done, 100));
  note('/etcdserverpb.Watch/Watch', 1);
};

if (phase === 'early') {
  const client = await open(port);
  await ready();
  await many(200, () => unary(client, `${KV}Put`, put('early', 'hidden')));
  await many(200, () => unary(client, `${KV}Range`, text(1, 'early')));
  client.close();
} else {
  const clients = await Promise.all([open(port), open(port)]);
  const [one, other] = clients;
  await Promise.all(
    clients.map((client) => many(150, (i) => unary(client, `${KV}Put`, put(`k${i}`, 'x'.repeat(i * 40))))),
  );
  await Promise.all(clients.map((client) => many(150, (i) => unary(client, `${KV}Range`, text(1, `k${i}`)))));
  // All keys in one answer.
  await many(5, () => unary(one, `${KV}Range`, Buffer.concat([text(1, 'k'), text(2, 'l')])));
  await many(20, (i) => unary(one, `${KV}DeleteRange`, text(1, `k${i}`)));
  await many(20, () => unary(one, `${KV}Put`, put('', 'x'), INVALID_ARGUMENT));
  await many(20, () => unary(other, `${KV}Put`, put('x', 'x', number(3, 12_345)), NOT_FOUND));
  await many(20, () => unary(other, `${LEASE}LeaseRevoke`, number(1, 12_345), NOT_FOUND));
  await many(20, () => unary(other, `${KV}Nothing`, '', UNIMPLEMENTED));
  await watched(one, other);
  for (const client of clients) client.close();
}
tell();
