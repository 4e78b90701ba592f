// Makes the recordings anew: `node make.mjs FOLDER`, with the public libraries mongodb, bson and snappy installed in FOLDER.
// The client is the official driver. The server is a few answers whose documents and compression the libraries encode.
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { createRequire } from 'node:module';
import { deflateSync, inflateSync } from 'node:zlib';

const require = createRequire(`${process.argv[2]}/`);
const { MongoClient, ObjectId } = require('mongodb');
const bson = require('bson');
const snappy = require('snappy');

const failed = (code, codeName, errmsg) => ({ ok: 0, errmsg, code, codeName });

function answer(command, compression) {
  const name = Object.keys(command)[0];
  switch (name.toLowerCase()) {
    case 'hello':
    case 'ismaster': {
      const hello = { isWritablePrimary: true, ismaster: true, helloOk: true, maxBsonObjectSize: 16_777_216 };
      const limits = {
        maxMessageSizeBytes: 48_000_000,
        maxWriteBatchSize: 100_000,
        minWireVersion: 0,
        maxWireVersion: 21,
      };
      return { ...hello, ...limits, logicalSessionTimeoutMinutes: 30, localTime: new Date(0), compression, ok: 1 };
    }
    case 'insert':
      if (command.documents.some((doc) => doc._id === 'twice')) {
        return { n: 0, writeErrors: [{ index: 0, code: 11_000, errmsg: 'E11000 duplicate key error' }], ok: 1 };
      }
      return { n: command.documents.length, ok: 1 };
    case 'find': {
      const doc = {
        _id: new ObjectId('0123456789abcdef01234567'),
        name: 'hidden',
        tags: ['a', 'b'],
        filler: 'x'.repeat(450),
      };
      const firstBatch = Array.from({ length: command.filter.many ? 40 : 1 }, () => doc);
      return { cursor: { firstBatch, id: command.batchSize ? 7n : 0n, ns: `shop.${command.find}` }, ok: 1 };
    }
    case 'getmore':
      return { cursor: { nextBatch: [{ a: 1 }], id: 0n, ns: 'shop.users' }, ok: 1 };
    case 'update':
      return { n: 2, nModified: 1, ok: 1 };
    case 'delete':
      return { n: 3, ok: 1 };
    case 'aggregate':
      return failed(50, 'MaxTimeMSExpired', 'operation exceeded time limit');
    case 'nosuch':
      return failed(59, 'CommandNotFound', "no such command: 'nosuch'");
    default:
      return { ok: 1 };
  }
}

function decode(message) {
  let [op, body] = [message.readInt32LE(12), message.subarray(16)];
  const compressor = op === 2012 ? body[8] : -1;
  if (op === 2012) {
    op = body.readInt32LE(0);
    body = compressor === 2 ? inflateSync(body.subarray(9)) : snappy.uncompressSync(body.subarray(9));
  }
  if (op === 2004) {
    const at = body.indexOf(0, 4) + 9;
    return { op, command: bson.deserialize(body.subarray(at, at + body.readInt32LE(at))), compressor, flags: 0 };
  }
  const command = {};
  for (let at = 4; at < body.length; ) {
    const size = body.readInt32LE(at + 1);
    if (body[at] === 0) Object.assign(command, bson.deserialize(body.subarray(at + 1, at + 1 + size)));
    else {
      const end = body.indexOf(0, at + 5);
      const docs = [];
      command[body.toString('utf8', at + 5, end)] = docs;
      for (let doc = end + 1; doc < at + 1 + size; doc += body.readInt32LE(doc)) {
        docs.push(bson.deserialize(body.subarray(doc, doc + body.readInt32LE(doc))));
      }
    }
    at += 1 + size;
  }
  return { op, command, compressor, flags: body.readUInt32LE(0) };
}

let next_id = 1000;
function encode(op, document, answers, compressor) {
  const content =
    op === 2004
      ? Buffer.concat([Buffer.from([8, ...Array(15).fill(0), 1, 0, 0, 0]), bson.serialize(document)])
      : Buffer.concat([Buffer.alloc(5), bson.serialize(document)]);
  let [out_op, body] = [op === 2004 ? 1 : op, content];
  if (compressor > 0) {
    const head = Buffer.alloc(9);
    head.writeInt32LE(out_op, 0);
    head.writeInt32LE(content.length, 4);
    head[8] = compressor;
    body = Buffer.concat([head, compressor === 2 ? deflateSync(content) : snappy.compressSync(content)]);
    out_op = 2012;
  }
  const head = Buffer.alloc(16);
  for (const [i, value] of [16 + body.length, next_id++, answers, out_op].entries()) head.writeInt32LE(value, i * 4);
  return Buffer.concat([head, body]);
}

function serve(compression) {
  return createServer((socket) => {
    let waiting = Buffer.alloc(0);
    socket.on('error', () => undefined);
    socket.on('data', (piece) => {
      waiting = Buffer.concat([waiting, piece]);
      while (waiting.length >= 4 && waiting.length >= waiting.readInt32LE(0)) {
        const message = waiting.subarray(0, waiting.readInt32LE(0));
        waiting = waiting.subarray(message.length);
        const { op, command, compressor, flags } = decode(message);
        if ((flags & 2) === 0)
          socket.write(encode(op, answer(command, compression), message.readInt32LE(4), compressor));
      }
    });
  });
}

async function steps(port, compressors) {
  const client = new MongoClient(`mongodb://127.0.0.1:${port}`, {
    compressors,
    directConnection: true,
    maxPoolSize: 1,
    monitorCommands: false,
    heartbeatFrequencyMS: 60_000,
    serverMonitoringMode: 'poll',
  });
  await client.connect();
  const users = client.db('shop').collection('users');
  const comment = "traceparent='00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'";
  await users.insertMany([
    { name: 'secret value', age: 3 },
    { name: 'two', at: new Date(0), big: 5n, half: 1.5 },
  ]);
  await users.insertOne({ _id: 'twice' }).catch(() => undefined);
  await users.find({ name: 'secret value' }, { comment }).toArray();
  await users.find({ many: true }, { batchSize: 40 }).toArray();
  await users.updateMany({ age: { $gt: 1 } }, { $set: { age: 2 } });
  await users.deleteMany({ age: 2 });
  await users
    .aggregate([{ $match: { age: 2 } }])
    .toArray()
    .catch(() => undefined);
  await client
    .db('shop')
    .command({ nosuch: 1 })
    .catch(() => undefined);
  await client.db('admin').command({ saslStart: 1, mechanism: 'PLAIN', payload: Buffer.from('hidden-word') });
  await client.db('admin').command({ createUser: 'me', pwd: 'hidden-word', roles: [] });
  await users.insertOne({ note: 'y'.repeat(17_000) });
  await users.insertOne({ a: 1 }, { writeConcern: { w: 0 } });
  await users.countDocuments({}).catch(() => undefined);
  await client.db('shop').command({ count: 'users', query: {} });
  await client.close();
}

for (const [name, compressors] of [
  ['plain', []],
  ['zlib', ['zlib']],
  ['snappy', ['snappy']],
]) {
  const server = serve(compressors).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const connections = [];
  const middle = createServer((client) => {
    const pieces = [];
    connections.push(pieces);
    const upstream = connect(server.address().port, '127.0.0.1');
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
  await steps(middle.address().port, compressors);
  middle.close();
  server.close();
  const recording = { made_with: 'mongodb 7.9.0, bson 7.3.4, snappy 7.4.3 (npm)', connections };
  writeFileSync(new URL(`${name}.json`, import.meta.url), `${JSON.stringify(recording)}\n`);
}
process.exit(0);
