// Makes the recordings anew: `node make.mjs FOLDER`, with the public library zeromq (libzmq with its drafts) installed in
// FOLDER. Both ends are its sockets; a forwarder between them notes what passes.
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { createRequire } from 'node:module';
import { setTimeout as sleep } from 'node:timers/promises';

const require = createRequire(`${process.argv[2]}/`);
const zmq = require('zeromq');
const draft = require('zeromq/draft');
const VERSION = require('zeromq/package.json').version;

const connections = [];
async function forwarder(port) {
  const server = createServer((client) => {
    const pieces = [];
    connections.push(pieces);
    const far = connect(port, '127.0.0.1');
    for (const [from, to, direction] of [
      [client, far, 0],
      [far, client, 1],
    ]) {
      from.on('data', (data) => {
        pieces.push([direction, data.toString('base64')]);
        to.write(data);
      });
      from.on('end', () => to.end());
      from.on('error', () => to.destroy());
    }
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

/** Binds one socket, connects the other through a forwarder, lets `use` work with both. */
async function between(bound, connecting, use) {
  await bound.bind('tcp://127.0.0.1:*');
  const server = await forwarder(Number(bound.lastEndpoint.split(':').pop()));
  connecting.connect(`tcp://127.0.0.1:${server.address().port}`);
  await use(bound, connecting);
  await sleep(100);
  connecting.close();
  bound.close();
  server.close();
  await sleep(50);
}
async function calls(reply, request) {
  for (const question of ['hidden question', ['hidden', 'in', 'parts'], Buffer.alloc(3000, 'hidden ')]) {
    await request.send(question);
    const got = await reply.receive();
    await reply.send(got.length > 1 ? ['hidden', 'answer'] : 'hidden answer');
    await request.receive();
  }
}

// An answering domain of ZAP, which PLAIN needs: who has the right password is let in.
const zap = new zmq.Reply();
await zap.bind('inproc://zeromq.zap.01');
(async () => {
  for await (const [version, id, , , , , user, password] of zap) {
    const right = password === undefined || String(password) === 'hidden-word';
    await zap.send([version, id, right ? '200' : '400', right ? 'OK' : 'no', String(user ?? ''), '']);
  }
})();

await between(new zmq.Reply(), new zmq.Request({ routingId: 'me' }), calls);
// The asking socket is the one that others connect to.
await between(new zmq.Request(), new zmq.Reply(), (request, reply) => calls(reply, request));
await between(new zmq.Router(), new zmq.Request(), async (router, request) => {
  await request.send('hidden question');
  const [id, empty] = await router.receive();
  await router.send([id, empty, 'hidden answer']);
  await request.receive();
});
const plain = { plainUsername: 'seller', plainPassword: 'hidden-word' };
await between(new zmq.Reply({ plainServer: true, zapDomain: 'shop' }), new zmq.Request(plain), calls);
await between(
  new zmq.Reply({ plainServer: true, zapDomain: 'shop' }),
  new zmq.Request({ ...plain, plainPassword: 'hidden-other', reconnectInterval: 10_000 }),
  () => sleep(300),
);
const [server, client] = [zmq.curveKeyPair(), zmq.curveKeyPair()];
await between(
  new zmq.Reply({ curveServer: true, curveSecretKey: server.secretKey }),
  new zmq.Request({
    curveServerKey: server.publicKey,
    curvePublicKey: client.publicKey,
    curveSecretKey: client.secretKey,
  }),
  calls,
);
await between(new zmq.Publisher(), new zmq.Subscriber(), async (publisher, subscriber) => {
  subscriber.subscribe('sports.general', 'sports.football');
  await sleep(200);
  await publisher.send(['sports.general', 'hidden news']);
  await publisher.send(['weather', 'hidden rain']);
  await publisher.send(['sports.football', Buffer.alloc(400, 'hidden ')]);
  await subscriber.receive();
  await subscriber.receive();
  subscriber.unsubscribe('sports.general');
  subscriber.subscribe();
  await sleep(100);
});
const beats = { heartbeatInterval: 60, heartbeatTimeToLive: 1000 };
await between(new zmq.Pull(beats), new zmq.Push(beats), async (pull, push) => {
  for (let i = 0; i < 20; i++) await push.send([`hidden ${i}`]);
  for (let i = 0; i < 20; i++) await pull.receive();
  await sleep(250);
});
await between(new draft.Radio(), new draft.Dish(), async (radio, dish) => {
  dish.join('birds', 'bees');
  await sleep(200);
  await radio.send('hidden song', { group: 'birds' });
  await dish.receive();
  dish.leave('bees');
  await sleep(100);
});
await between(new draft.Server(), new draft.Client(), async (one, other) => {
  await other.send('hidden call');
  const [, { routingId }] = await one.receive();
  await one.send('hidden reply', { routingId });
  await other.receive();
});

const text = connections.map((pieces) => `[\n${pieces.map((piece) => JSON.stringify(piece)).join(',\n')}\n]`).join(',');
writeFileSync(
  new URL('libzmq.json', import.meta.url),
  `{"made_with":"libzmq ${zmq.version}, zeromq ${VERSION} for Node.js","connections":[${text}]}\n`,
);
process.exit(0);
