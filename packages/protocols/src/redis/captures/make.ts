// Makes commands.json anew: `node --experimental-strip-types make.ts PORT` or with any runner of TypeScript; PORT is that of
// an empty redis-server on loopback without a password.
import { connect } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { createClient } from 'redis';
import { record, save } from '../../testing/record.ts';

const target = Number(process.argv[2]);

async function library(port: number, RESP: 2 | 3): Promise<void> {
  const client = createClient({ socket: { port, host: '127.0.0.1' }, RESP });
  client.on('error', () => undefined);
  await client.connect();
  await client.set('user:1', 'secret value', { EX: 60 });
  await client.get('user:1');
  await client.get('nothing');
  await client.hSet('cart:7', { apples: '3', pears: '4' });
  await client.hGetAll('cart:7');
  await client.lPush('list', ['a', 'b', 'c']);
  await client.lRange('list', 0, -1);
  await client.incr('list').catch(() => undefined);
  await client.set('big', 'x'.repeat(40_000));
  await client.get('big');
  await client.multi().set('m1', '1').incr('m1').get('m1').exec();
  await Promise.all(Array.from({ length: 100 }, (_, i) => client.set(`pipeline:${i}`, `value ${i}`)));
  await client.eval('return {1, {2, "three"}, false}', { keys: ['k'], arguments: ['a'] });
  await client.zAdd('z', [{ score: 1.5, value: 'one' }]);
  await client.zRangeWithScores('z', 0, -1);
  await client.close();
}

async function subscriber(port: number, RESP: 2 | 3): Promise<void> {
  const options = { socket: { port, host: '127.0.0.1' }, RESP };
  const publisher = createClient(options);
  const listener = createClient(options);
  await Promise.all([publisher.connect(), listener.connect()]);
  await listener.subscribe(['news', 'sport'], () => undefined);
  await listener.pSubscribe('w*', () => undefined);
  for (let i = 0; i < 3; i++) await publisher.publish('news', `item ${i}`);
  await publisher.publish('weather', 'rain');
  await listener.unsubscribe('sport');
  await listener.ping();
  await wait(50);
  await Promise.all([publisher.close(), listener.close()]);
}

/** Pieces as they are, each sent after the answer to the one before has had time to come. */
async function raw(port: number, pieces: readonly string[]): Promise<void> {
  const socket = connect(port, '127.0.0.1');
  socket.on('data', () => undefined);
  for (const piece of pieces) {
    socket.write(piece);
    await wait(40);
  }
  socket.end();
  await wait(40);
}

const steps: Record<string, (port: number) => Promise<void>> = {
  resp2: (port) => library(port, 2),
  resp3: (port) => library(port, 3),
  subscribe2: (port) => subscriber(port, 2),
  subscribe3: (port) => subscriber(port, 3),
  raw: (port) =>
    raw(port, [
      'PING\r\n',
      'set inline "two words"\r\n\r\nget inline\r\n',
      '*3\r\n$6\r\nCLIENT\r\n$5\r\nREPLY\r\n$4\r\nSKIP\r\n*3\r\n$3\r\nSET\r\n$1\r\na\r\n$1\r\nb\r\n*2\r\n$3\r\nGET\r\n$1\r\na\r\n',
      'client reply off\r\nset quiet 1\r\nget quiet\r\n',
      'client reply on\r\nget quiet\r\n',
      'NOSUCH abc def\r\n',
      'AUTH name hidden-word\r\n',
      'HELLO 3 AUTH default hidden-word\r\n',
      'config set requirepass ""\r\n',
      'MONITOR\r\n',
      'get inline\r\n',
    ]),
};

for (const [name, step] of Object.entries(steps)) {
  const recorder = await record(target);
  await step(recorder.port);
  save(new URL(`${name}.json`, import.meta.url), await recorder.stop('redis-server 7.0.15, redis 6.3.1 for Node.js'));
}
process.exit(0);
