// Makes the recordings anew: `node make.mjs FOLDER`, with the public library pulsar-flex installed in FOLDER. clients.json: its
// producer and consumer against a few answers by hand; commands.json: every command that it knows, one behind the other.
// All commands and metadata are encoded by its code from PulsarApi.proto.
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { createRequire } from 'node:module';
import { setTimeout as sleep } from 'node:timers/promises';
import { deflateSync } from 'node:zlib';

const require = createRequire(`${process.argv[2]}/`);
const { Producer, Consumer, logLevel } = require('pulsar-flex');
const pb = require('pulsar-flex/src/commands/protocol/pulsar/pulsar_pb.js');

const TRACEPARENT = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
const TOPIC = 'persistent://public/default/orders';
const u32 = (n) => {
  const out = Buffer.alloc(4);
  out.writeUInt32BE(n);
  return out;
};

/** A message of the definition with the given fields; lists as such. */
function make(name, fields = {}) {
  const message = new pb[name]();
  for (const [key, value] of Object.entries(fields)) {
    const wanted = `set${key}${Array.isArray(value) ? 'list' : ''}`.toLowerCase();
    message[Object.keys(pb[name].prototype).find((m) => m.toLowerCase() === wanted)](value);
  }
  return message;
}
const NAMES = Object.fromEntries(Object.entries(pb.BaseCommand.Type).map(([name, type]) => [type, name]));
const setter = (type) => {
  // The methods of BaseCommand that set field `type`, whatever the definition calls it.
  const wanted = NAMES[type].replaceAll('_', '').toLowerCase();
  const others = {
    lookup: 'lookuptopic',
    lookupresponse: 'lookuptopicresponse',
    partitionedmetadata: 'partitionmetadata',
  };
  others.partitionedmetadataresponse = 'partitionmetadataresponse';
  return Object.keys(pb.BaseCommand.prototype).find((m) => m.toLowerCase() === `set${others[wanted] ?? wanted}`);
};
function frame(type, body, payload = Buffer.alloc(0)) {
  const base = new pb.BaseCommand();
  base.setType(type);
  base[setter(type)](body);
  const command = Buffer.from(base.serializeBinary());
  return Buffer.concat([u32(4 + command.length + payload.length), u32(command.length), command, payload]);
}
const pair = (key, value) => make('KeyValue', { key, value });
function payload(metadata, messages, entry = undefined) {
  const meta = Buffer.from(metadata.serializeBinary());
  const head = entry === undefined ? [] : [Buffer.from([0x0e, 0x02]), u32(entry.length), entry];
  return Buffer.concat([...head, Buffer.from([0x0e, 0x01]), u32(0x1234_5678), u32(meta.length), meta, messages]);
}
function single(properties, text) {
  const meta = Buffer.from(make('SingleMessageMetadata', { properties, payloadSize: text.length }).serializeBinary());
  return Buffer.concat([u32(meta.length), meta, Buffer.from(text)]);
}
const metadata = (fields = {}) =>
  make('MessageMetadata', { producerName: 'p', sequenceId: 1, publishTime: 1_700_000_000_000, ...fields });
const id = (ledgerid, entryid, more = {}) => make('MessageIdData', { ledgerid, entryid, ...more });

const connections = [];
let port = 0;
function answers(command) {
  const type = command.getType();
  const say = (kind, body) => [frame(kind, body)];
  if (type === 2) return say(3, make('CommandConnected', { serverVersion: 'Pulsar 2.8', protocolVersion: 15 }));
  if (type === 23) {
    const c = command.getLookuptopic();
    const found = { brokerserviceurl: `pulsar://127.0.0.1:${port}`, response: 1, requestId: c.getRequestId() };
    if (c.getTopic() === TOPIC) return say(24, make('CommandLookupTopicResponse', found));
    const failed = { response: 2, requestId: c.getRequestId(), error: 11, message: 'no such topic' };
    return say(24, make('CommandLookupTopicResponse', failed));
  }
  if (type === 5) {
    const done = { requestId: command.getProducer().getRequestId(), producerName: 'p-1', lastSequenceId: -1 };
    return say(17, make('CommandProducerSuccess', done));
  }
  if (type === 6) {
    const c = command.getSend();
    const which = { producerId: c.getProducerId(), sequenceId: c.getSequenceId() };
    if (c.getSequenceId() === 3)
      return say(8, make('CommandSendError', { ...which, error: 9, message: 'checksum failed' }));
    return say(7, make('CommandSendReceipt', { ...which, messageId: id(7, c.getSequenceId()) }));
  }
  if (type === 15) return say(13, make('CommandSuccess', { requestId: command.getCloseProducer().getRequestId() }));
  if (type === 16) return say(13, make('CommandSuccess', { requestId: command.getCloseConsumer().getRequestId() }));
  if (type === 4) return say(13, make('CommandSuccess', { requestId: command.getSubscribe().getRequestId() }));
  if (type === 10) {
    const c = command.getAck();
    return say(38, make('CommandAckResponse', { consumerId: c.getConsumerId(), requestId: c.getRequestId() }));
  }
  if (type === 11) {
    const to = (entry) => make('CommandMessage', { consumerId: 0, messageId: id(7, entry, { partition: -1 }) });
    const one = payload(metadata({ properties: [pair('traceparent', TRACEPARENT)] }), Buffer.from('hidden 1'));
    const two = [single([pair('traceparent', TRACEPARENT)], 'hidden 2'), single([], 'hidden 3')];
    const batch = payload(metadata({ numMessagesInBatch: 2 }), Buffer.concat(two));
    return [frame(18, make('CommandPing')), frame(9, to(1), one), frame(9, to(2), batch)];
  }
  return [];
}
function serve(socket) {
  const pieces = [];
  connections.push(pieces);
  let buffer = Buffer.alloc(0);
  socket.on('error', () => {});
  socket.on('data', (data) => {
    pieces.push([0, data.toString('base64')]);
    buffer = Buffer.concat([buffer, data]);
    while (buffer.length >= 4 && buffer.length >= 4 + buffer.readUInt32BE(0)) {
      const size = 4 + buffer.readUInt32BE(0);
      const command = pb.BaseCommand.deserializeBinary(buffer.subarray(8, 8 + buffer.readUInt32BE(4)));
      buffer = buffer.subarray(size);
      for (const reply of answers(command)) {
        pieces.push([1, reply.toString('base64')]);
        socket.write(reply);
      }
    }
  });
}

async function clients() {
  const server = createServer(serve).listen(0, '127.0.0.1');
  await once(server, 'listening');
  port = server.address().port;
  const settings = { discoveryServers: [`127.0.0.1:${port}`], jwt: 'hidden-word', logLevel: logLevel.NONE ?? 0 };
  settings.logCreator = () => () => {};
  const producer = new Producer({ ...settings, topic: TOPIC, producerAccessMode: Producer.ACCESS_MODES.SHARED });
  await producer.create();
  await producer.sendMessage({ payload: 'hidden order', properties: { traceparent: TRACEPARENT, shop: 'a' } });
  await producer.sendBatch({
    messages: [
      { payload: 'hidden a', properties: { traceparent: TRACEPARENT } },
      { payload: 'hidden b', properties: {} },
    ],
  });
  await producer.sendMessage({ payload: 'hidden refused', properties: {} }).catch(() => {});
  await producer.close();
  const missing = new Producer({ ...settings, topic: 'persistent://public/default/missing' });
  await missing.create().catch(() => {});
  const subType = Consumer.SUB_TYPES.EXCLUSIVE;
  const consumer = new Consumer({ ...settings, topic: TOPIC, subscription: 'packers', subType, consumerName: 'c' });
  await consumer.subscribe();
  const got = [];
  await consumer.run({ autoAck: true, onMessage: async ({ message }) => got.push(message.toString()) });
  await sleep(2500);
  await consumer.unsubscribe();
  server.close();
  if (got.join() !== 'hidden 1,hidden 2,hidden 3') throw new Error(`consumed: ${got}`);
}

/** Every command, requests behind each other and then their answers as the broker might order them. */
function commands() {
  const pieces = [];
  const say = (direction, ...rest) => pieces.push([direction, frame(...rest).toString('base64')]);
  const ok = (n, name, requestId, more = {}) => say(1, n, make(name, { requestId, ...more }));
  const auth = (text) => make('AuthData', { authMethodName: 'token', authData: Buffer.from(text).toString('base64') });
  const connect = {
    clientVersion: 'c',
    protocolVersion: 19,
    authMethodName: 'token',
    proxyToBrokerUrl: 'broker-1:6650',
  };
  say(0, 2, make('CommandConnect', { ...connect, authData: Buffer.from('hidden-word').toString('base64') }));
  say(1, 36, make('CommandAuthChallenge', { serverVersion: 's', challenge: auth('hidden-challenge') }));
  say(0, 37, make('CommandAuthResponse', { clientVersion: 'c', response: auth('hidden-word') }));
  say(1, 3, make('CommandConnected', { serverVersion: 's', protocolVersion: 18 }));
  say(0, 18, make('CommandPing'));
  say(1, 18, make('CommandPing'));
  say(0, 19, make('CommandPong'));
  say(1, 19, make('CommandPong'));
  say(0, 21, make('CommandPartitionedTopicMetadata', { topic: TOPIC, requestId: 1 }));
  ok(22, 'CommandPartitionedTopicMetadataResponse', 1, { response: 1, error: 4, message: 'not allowed' });
  say(0, 32, make('CommandGetTopicsOfNamespace', { requestId: 2, namespace: 'public/default' }));
  ok(33, 'CommandGetTopicsOfNamespaceResponse', 2, { topics: [TOPIC, `${TOPIC}-2`] });
  const schema = make('Schema', { name: 's', schemaData: '', type: 2 });
  say(0, 34, make('CommandGetSchema', { requestId: 3, topic: TOPIC }));
  say(0, 39, make('CommandGetOrCreateSchema', { requestId: 4, topic: TOPIC, schema }));
  ok(40, 'CommandGetOrCreateSchemaResponse', 4, { errorCode: 18, errorMessage: '' });
  ok(35, 'CommandGetSchemaResponse', 3, { schema });
  say(0, 5, make('CommandProducer', { topic: TOPIC, producerId: 70_000, requestId: 5 }));
  ok(17, 'CommandProducerSuccess', 5, { producerName: 'p', producerReady: false });
  ok(17, 'CommandProducerSuccess', 5, { producerName: 'p', producerReady: true });
  const packed = deflateSync(single([pair('sw8', '1-dHJhY2U=-c2Vn-4-a-b-c-d')], 'hidden'));
  const batch = payload(metadata({ numMessagesInBatch: 1, compression: 2, uncompressedSize: 99 }), packed);
  say(0, 6, make('CommandSend', { producerId: 70_000, sequenceId: 65_538 }), batch);
  say(
    1,
    7,
    make('CommandSendReceipt', { producerId: 70_000, sequenceId: 65_538, messageId: id(9, 8, { partition: 3 }) }),
  );
  say(0, 4, make('CommandSubscribe', { topic: TOPIC, subscription: 's', subType: 1, consumerId: 2, requestId: 6 }));
  ok(13, 'CommandSuccess', 6);
  say(0, 11, make('CommandFlow', { consumerId: 2, messagepermits: 10 }));
  say(1, 31, make('CommandActiveConsumerChange', { consumerId: 2, isActive: true }));
  const entry = Buffer.from(make('BrokerEntryMetadata', { brokerTimestamp: 1_700_000_000_000 }).serializeBinary());
  const traced = metadata({ properties: [pair('traceparent', TRACEPARENT)] });
  const delivered = { consumerId: 2, messageId: id(9, 8, { partition: 3, batchIndex: 1 }) };
  say(1, 9, make('CommandMessage', delivered), payload(traced, Buffer.alloc(9000, 'hidden '), entry));
  say(0, 10, make('CommandAck', { consumerId: 2, ackType: 0, messageId: [id(9, 8)], requestId: 7 }));
  say(1, 38, make('CommandAckResponse', { consumerId: 2, error: 23, message: 'conflict', requestId: 7 }));
  say(0, 20, make('CommandRedeliverUnacknowledgedMessages', { consumerId: 2 }));
  say(0, 25, make('CommandConsumerStats', { requestId: 8, consumerId: 2 }));
  ok(26, 'CommandConsumerStatsResponse', 8);
  say(0, 29, make('CommandGetLastMessageId', { consumerId: 2, requestId: 9 }));
  ok(30, 'CommandGetLastMessageIdResponse', 9, { lastMessageId: id(9, 8) });
  say(0, 28, make('CommandSeek', { consumerId: 2, requestId: 10 }));
  ok(14, 'CommandError', 10, { error: 13, message: 'no consumer' });
  say(1, 27, make('CommandReachedEndOfTopic', { consumerId: 2 }));
  const transactions = ['NewTxn', 'AddPartitionToTxn', 'AddSubscriptionToTxn', 'EndTxn', 'EndTxnOnPartition'];
  for (const [i, name] of [...transactions, 'EndTxnOnSubscription'].entries()) {
    const more = i === 1 ? { partitions: [TOPIC] } : i === 4 ? { topic: TOPIC } : {};
    const subscription = make('Subscription', { topic: TOPIC, subscription: 's' });
    if (i === 2) more.subscription = [subscription];
    if (i === 5) more.subscription = subscription;
    say(0, 50 + 2 * i, make(`Command${name}`, { requestId: 20 + i, ...more }));
    ok(51 + 2 * i, `Command${name}Response`, 20 + i, i === 3 ? { error: 21, message: 'ended before' } : {});
  }
  say(0, 12, make('CommandUnsubscribe', { consumerId: 2, requestId: 11 }));
  ok(13, 'CommandSuccess', 11);
  say(1, 16, make('CommandCloseConsumer', { consumerId: 2, requestId: 0 }));
  say(0, 15, make('CommandCloseProducer', { producerId: 70_000, requestId: 12 }));
  ok(13, 'CommandSuccess', 12);
  return [pieces];
}

function save(file, made_with, list) {
  const text = list.map((pieces) => `[\n${pieces.map((piece) => JSON.stringify(piece)).join(',\n')}\n]`).join(',');
  writeFileSync(new URL(file, import.meta.url), `{"made_with":${JSON.stringify(made_with)},"connections":[${text}]}\n`);
}
await clients();
save(
  'clients.json',
  'pulsar-flex 1.1.1 (npm): its producer and consumer; answers by hand in its encoding',
  connections,
);
save('commands.json', 'commands and metadata by pulsar-flex 1.1.1 (npm) from PulsarApi.proto', commands());
process.exit(0);
