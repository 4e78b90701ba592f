// Makes the recording anew: `node make.mjs FOLDER`, with the public library cassandra-driver installed in FOLDER. The client is
// that driver (protocol version 4); the server is a few answers by hand, which the driver accepts.
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { createRequire } from 'node:module';

const { Client, auth, types } = createRequire(`${process.argv[2]}/`)('cassandra-driver');

const short = (n) => Buffer.from([(n >> 8) & 255, n & 255]);
const int = (n) => {
  const out = Buffer.alloc(4);
  out.writeInt32BE(n);
  return out;
};
const string = (text) => Buffer.concat([short(Buffer.byteLength(text)), Buffer.from(text)]);
const value = (buffer) => (buffer === null ? int(-1) : Buffer.concat([int(buffer.length), buffer]));
const TEXT = Buffer.from([0, 0x0d]);
const UUID = Buffer.from([0, 0x0c]);
const INET = Buffer.from([0, 0x10]);
const SET_OF_TEXT = Buffer.from([0, 0x22, 0, 0x0d]);

function rows(table, columns, list) {
  const names = columns.map(([name, type]) => Buffer.concat([string(name), type]));
  const head = [int(2), int(1), int(columns.length), string('system'), string(table), ...names, int(list.length)];
  return Buffer.concat([...head, ...list.flat().map(value)]);
}

const ID = Buffer.from('00112233445566778899aabbccddeeff', 'hex');
const error = (code, text) => [0, Buffer.concat([int(code), string(text)])];

function answer(opcode, body) {
  const text = body.toString('latin1');
  if (opcode === 1) return [3, string('org.apache.cassandra.auth.PasswordAuthenticator')];
  if (opcode === 0x0f) return [0x10, int(-1)];
  if (opcode === 5) return [6, Buffer.concat([short(1), string('CQL_VERSION'), short(1), string('3.4.5')])];
  if (opcode === 0x0b) return [2, Buffer.alloc(0)];
  if (opcode === 9) {
    const one = Buffer.concat([string('shop'), string('users'), string('id'), TEXT]);
    const parameters = Buffer.concat([int(0), int(1), int(0), one]);
    return [8, Buffer.concat([int(4), short(ID.length), ID, parameters, int(4), int(0)])];
  }
  if (opcode === 0x0d)
    return error(0x1100, 'Operation timed out')
      .concat()
      .map((x, i) => (i === 0 ? x : Buffer.concat([x, short(1), int(0), int(1), string('BATCH')])));
  if (text.includes('FROM system.local')) {
    const local = [
      ['key', TEXT],
      ['cluster_name', TEXT],
      ['data_center', TEXT],
      ['rack', TEXT],
      ['release_version', TEXT],
      ['host_id', UUID],
      ['rpc_address', INET],
      ['partitioner', TEXT],
      ['tokens', SET_OF_TEXT],
    ];
    const token = Buffer.concat([int(1), value(Buffer.from('1'))]);
    const row = [
      'local',
      'test',
      'dc1',
      'r1',
      '3.11.4',
      ID,
      Buffer.from([127, 0, 0, 1]),
      'org.apache.cassandra.dht.Murmur3Partitioner',
      token,
    ];
    return [8, rows('local', local, [row.map((v) => (typeof v === 'string' ? Buffer.from(v) : v))])];
  }
  if (text.includes('FROM system')) return [8, rows('peers', [['peer', INET]], [])];
  if (text.includes('nowhere')) return error(0x2200, 'unconfigured table nowhere');
  if (text.includes('overload')) return error(0x1001, 'too many requests');
  if (text.includes('INSERT')) return [8, int(1)];
  if (text.includes('USE ')) return [8, Buffer.concat([int(3), string('shop')])];
  return [
    8,
    rows(
      'users',
      [
        ['id', TEXT],
        ['name', TEXT],
      ],
      [[Buffer.from('1'), Buffer.from('secret value')]],
    ),
  ];
}

const connections = [];
const server = createServer((socket) => {
  const pieces = [];
  connections.push(pieces);
  let waiting = Buffer.alloc(0);
  socket.on('error', () => undefined);
  socket.on('data', (piece) => {
    pieces.push([0, piece.toString('base64')]);
    waiting = Buffer.concat([waiting, piece]);
    while (waiting.length >= 9 && waiting.length >= 9 + waiting.readUInt32BE(5)) {
      const size = 9 + waiting.readUInt32BE(5);
      const [opcode, body] = answer(waiting[4], waiting.subarray(9, size));
      const out = Buffer.concat([Buffer.from([0x84, 0, waiting[2], waiting[3], opcode]), int(body.length), body]);
      waiting = waiting.subarray(size);
      pieces.push([1, out.toString('base64')]);
      socket.write(out);
    }
  });
}).listen(0, '127.0.0.1');
await once(server, 'listening');

const client = new Client({
  contactPoints: [`127.0.0.1:${server.address().port}`],
  localDataCenter: 'dc1',
  protocolOptions: { maxVersion: types.protocolVersion.v4 },
  authProvider: new auth.PlainTextAuthProvider('user', 'hidden-word'),
  isMetadataSyncEnabled: false,
  pooling: { warmup: false },
});
await client.connect();
const comment = '/* traceparent=00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01 */';
await client.execute(`SELECT id, name FROM users WHERE name = 'secret value' ${comment}`);
await client.execute("INSERT INTO users (id, name) VALUES ('2', 'secret value')");
await client.execute('SELECT * FROM nowhere').catch(() => undefined);
await client.execute('SELECT * FROM overload', [], { retry: null, isIdempotent: false }).catch(() => undefined);
await client.execute('SELECT name FROM users WHERE id = ?', ['secret value'], { prepare: true });
await client.execute('SELECT name FROM users WHERE id = ?', ['secret value'], { prepare: true });
await client
  .batch(["INSERT INTO users (id) VALUES ('secret value')", 'DELETE FROM carts WHERE id = 7'])
  .catch(() => undefined);
await client.execute('SELECT id FROM users LIMIT 1');
await client.shutdown();
server.close();
const recording = { made_with: 'cassandra-driver 4.10.0 (npm)', connections };
writeFileSync(new URL('driver.json', import.meta.url), `${JSON.stringify(recording)}\n`);
process.exit(0);
