// Makes the recordings anew: `node make.mjs PORT FOLDER`; PORT is that of an empty memcached on loopback, FOLDER has the public
// client library memjs installed (binary protocol). The text protocol is spoken by hand to the real server.
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { createRequire } from 'node:module';
import { setTimeout as wait } from 'node:timers/promises';

const target = Number(process.argv[2]);
const memjs = createRequire(`${process.argv[3]}/`)('memjs');

async function text(port, pieces) {
  const socket = connect(port, '127.0.0.1');
  socket.on('data', () => undefined);
  for (const piece of pieces) {
    socket.write(Buffer.from(piece, 'latin1'));
    await wait(30);
  }
  socket.end();
  await wait(30);
}

const CLASSIC = [
  'set foo 0 0 12\r\nsecret value\r\n',
  'get foo\r\n',
  'get foo nothing foo\r\n',
  'gets foo\r\n',
  'get nothing\r\n',
  'add foo 0 0 1\r\nx\r\n',
  'set n 0 0 1\r\n7\r\n',
  'incr n 5\r\n',
  'decr n 9\r\n',
  'incr foo 1\r\n',
  'append foo 0 0 2 noreply\r\n!!\r\n',
  'cas foo 0 0 1 1\r\ny\r\n',
  'touch foo 100\r\n',
  'gat 100 foo\r\n',
  'delete foo\r\nget foo\r\nget n\r\nversion\r\n',
  'delete noreply\r\n',
  'stats settings\r\n',
  `set big 0 0 9000\r\n${'b'.repeat(9000)}\r\n`,
  'get big\r\n',
];
const META = [
  'ms foo 12 T0\r\nsecret value\r\n',
  'mg foo v t\r\n',
  'mg nothing v\r\n',
  'mg nothing v q O1\r\nmg foo v q O2\r\nmg nothing v q O3\r\nmn\r\n',
  'ms a 1 q\r\n1\r\nms b 1 q\r\n2\r\nmn\r\n',
  'ma n N0 J5 v\r\n',
  'md foo q\r\nmn\r\n',
  'md foo\r\n',
  'me a\r\n',
  'verbosity 1\r\n',
  'flush_all noreply\r\n',
  'flush_all\r\n',
  'get n\r\n',
  'quit\r\n',
];

/** A binary request of the given opcode, by hand: what client libraries do not send. */
function request(opcode, opaque, key = '', extras = [], value = '') {
  const head = Buffer.alloc(24);
  head.writeUInt8(0x80, 0);
  head.writeUInt8(opcode, 1);
  head.writeUInt16BE(key.length, 2);
  head.writeUInt8(extras.length, 4);
  head.writeUInt32BE(key.length + extras.length + value.length, 8);
  head.writeUInt32BE(opaque, 12);
  return Buffer.concat([head, Buffer.from(extras), Buffer.from(key + value)]).toString('latin1');
}
const EIGHT = [0, 0, 0, 0, 0, 0, 0, 0];
const QUIET = [
  request(0x11, 1, 'q', EIGHT, 'secret value') + request(0x11, 2, 'r', EIGHT, 'x') + request(0x0a, 3),
  request(0x0d, 4, 'none') + request(0x0d, 5, 'q') + request(0x0d, 6, 'none') + request(0x0a, 7),
  request(0x10, 8, 'settings'),
  request(0x0b, 9),
  request(0x12, 10, 'q', EIGHT, 'x') + request(0x0a, 11),
  request(0x00, 12, 'q'),
  request(0x17, 13),
];

async function binary(port) {
  const client = memjs.Client.create(`127.0.0.1:${port}`, { retries: 0, username: 'user', password: 'hidden-word' });
  await client.set('foo', 'secret value', { expires: 60 }).catch(() => undefined);
  await client.get('foo').catch(() => undefined);
  await client.close();
  const plain = memjs.Client.create(`127.0.0.1:${port}`, { retries: 0 });
  await plain.set('foo', 'secret value', { expires: 60 });
  await plain.get('foo');
  await plain.get('nothing');
  await plain.add('foo', 'x', {}).catch(() => undefined);
  await plain.increment('n', 2, { initial: 5 });
  await plain.increment('foo', 2, {}).catch(() => undefined);
  await plain.append('foo', '!').catch(() => undefined);
  await plain.touch('foo', 30).catch(() => undefined);
  await plain.set('big', 'b'.repeat(9000), {});
  await plain.get('big');
  await plain.delete('foo');
  await plain.get('n');
  plain.close();
  await wait(50);
}

for (const [name, steps] of [
  ['text', (port) => text(port, CLASSIC)],
  ['meta', (port) => text(port, META)],
  ['binary', binary],
  ['quiet', (port) => text(port, QUIET)],
]) {
  const connections = [];
  const middle = createServer((client) => {
    const pieces = [];
    connections.push(pieces);
    const upstream = connect(target, '127.0.0.1');
    for (const [from, to, direction] of [
      [client, upstream, 0],
      [upstream, client, 1],
    ]) {
      from.on('data', (piece) => {
        pieces.push([direction, piece.toString('base64')]);
        to.write(piece);
      });
      from.on('end', () => to.end());
      from.on('error', () => to.destroy());
    }
  }).listen(0, '127.0.0.1');
  await once(middle, 'listening');
  await steps(middle.address().port);
  middle.close();
  const recording = { made_with: 'memcached 1.6.18; memjs 1.3.2 (npm) for the binary protocol', connections };
  writeFileSync(new URL(`${name}.json`, import.meta.url), `${JSON.stringify(recording)}\n`);
}
process.exit(0);
