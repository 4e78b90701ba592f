// Makes the recording anew: `node make.mjs FOLDER`, with the public library ali-ons installed in FOLDER. Producer and consumer
// are that library's; name server and broker are a few answers by hand, encoded by its RemotingCommand. It reads the
// stored messages back, which proves their layout.
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { createRequire } from 'node:module';
import { setTimeout as sleep } from 'node:timers/promises';

const require = createRequire(`${process.argv[2]}/`);
const { Producer, Consumer, Message } = require('ali-ons');
const Command = require('ali-ons/lib/protocol/command/remoting_command.js');

const TRACEPARENT = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
const connections = [];
let port = 0;

const int = (n) => {
  const out = Buffer.alloc(4);
  out.writeInt32BE(n);
  return out;
};
const long = (n) => {
  const out = Buffer.alloc(8);
  out.writeBigInt64BE(BigInt(n));
  return out;
};

/** As org.apache.rocketmq.common.message.MessageDecoder.encode. */
function stored(topic, queue, offset, body, properties) {
  const text = Buffer.from(
    Object.entries(properties)
      .map(([key, value]) => `${key}\u0001${value}\u0002`)
      .join(''),
  );
  const host = Buffer.concat([Buffer.from([127, 0, 0, 1]), int(10911)]);
  const rest = Buffer.concat([
    ...[int(-626843481), int(7), int(queue), int(0), long(offset), long(offset * 200), int(0), long(1_700_000_000_000)],
    ...[host, long(1_700_000_000_001), host, int(0), long(0), int(body.length), body],
    ...[Buffer.from([topic.length]), Buffer.from(topic), Buffer.from([text.length >> 8, text.length & 255]), text],
  ]);
  return Buffer.concat([int(rest.length + 4), rest]);
}

const route = () =>
  JSON.stringify({
    brokerDatas: [{ brokerAddrs: { 0: `127.0.0.1:${port}` }, brokerName: 'broker-a', cluster: 'c' }],
    filterServerTable: {},
    queueDatas: [{ brokerName: 'broker-a', perm: 6, readQueueNums: 2, topicSynFlag: 0, writeQueueNums: 2 }],
  });

let clients = [];
function answer({ code, extFields = {}, body }) {
  if (code === 105) return extFields.topic === 'missing' ? [17, 'No topic route info'] : [0, null, {}, route()];
  if (code === 34) {
    clients = [JSON.parse(body).clientID];
    return [0];
  }
  if (code === 38) return [0, null, {}, JSON.stringify({ consumerIdList: clients })];
  if (code === 310) {
    if (extFields.b === 'refused') return [16, 'the topic[refused] sending message is forbidden'];
    return [0, null, { msgId: '7F00000100002A9F0000000000000001', queueId: extFields.e, queueOffset: 5 }];
  }
  if (code === 14) return [0, null, { offset: 3 }];
  if (code === 11) {
    const head = { nextBeginOffset: 4, minOffset: 0, maxOffset: 4, suggestWhichBrokerId: 0 };
    if (extFields.topic !== 'orders' || String(extFields.queueId) !== '1' || String(extFields.queueOffset) !== '3')
      return [19, 'NO_MATCHED_MESSAGE', head];
    const body = Buffer.alloc(300, 'hidden body ');
    const one = stored('orders', 1, 3, body, {
      traceparent: TRACEPARENT,
      UNIQ_KEY: 'AC11000100002A9F000000',
      TAGS: 'new',
    });
    return [0, 'FOUND', head, Buffer.concat([one, stored('orders', 1, 4, body, { UNIQ_KEY: 'second' })])];
  }
  return [0];
}

function serve(socket) {
  const pieces = [];
  connections.push(pieces);
  const send = (bytes) => {
    pieces.push([1, bytes.toString('base64')]);
    socket.write(bytes);
  };
  let buffer = Buffer.alloc(0);
  socket.on('error', () => {});
  socket.on('data', (data) => {
    pieces.push([0, data.toString('base64')]);
    buffer = Buffer.concat([buffer, data]);
    while (buffer.length >= 4 && buffer.length >= 4 + buffer.readInt32BE(0)) {
      const size = 4 + buffer.readInt32BE(0);
      const command = Command.decode(buffer.subarray(0, size));
      buffer = buffer.subarray(size);
      if (command.isOnewayRPC) continue;
      const [code, remark, fields, body] = answer(command);
      const reply = Command.createResponseCommand(code, command.opaque, remark ?? '');
      reply.remark = remark ?? undefined;
      reply.extFields = fields ?? {};
      if (body) reply.body = Buffer.from(body);
      setTimeout(() => send(reply.encode()), code === 19 ? 3000 : 0);
      if (command.code === 38) {
        const notice = Command.createRequestCommand(40, { consumerGroup: command.extFields.consumerGroup });
        notice.markOnewayRPC();
        send(notice.encode());
      }
    }
  });
}

const server = createServer(serve).listen(0, '127.0.0.1');
await once(server, 'listening');
port = server.address().port;
const logger = { info() {}, warn() {}, error() {}, debug() {} };
const options = {
  clientIP: '127.0.0.1',
  nameSrv: `127.0.0.1:${port}`,
  accessKeyId: 'key-id',
  accessKeySecret: 'hidden-word',
  httpclient: {},
  logger,
};

const producer = new Producer({ ...options, producerGroup: 'sellers', retryTimesWhenSendFailed: 0 });
producer.on('error', () => {});
await producer.ready();
const message = new Message('orders', 'new', 'hidden body of an order');
message.properties = { TAGS: 'new', KEYS: 'k-1', UNIQ_KEY: 'AC11000100002A9F000001', traceparent: TRACEPARENT };
await producer.send(message);
const plain = new Message('orders', 'old', Buffer.alloc(3000, 'hidden body '));
plain.properties = { TAGS: 'a "quoted" tag', UNIQ_KEY: 'AC11000100002A9F000002' };
await producer.send(plain);
await producer.send(new Message('refused', 'x', 'y')).catch(() => {});
await producer.send(new Message('missing', 'x', 'y')).catch(() => {});

const consumer = new Consumer({ ...options, consumerGroup: 'packers', persistConsumerOffsetInterval: 500 });
consumer.on('error', () => {});
const got = [];
consumer.subscribe('orders', '*', async (m) => {
  got.push(`${m.topic} ${m.properties.UNIQ_KEY}`);
});
await sleep(4000);
await consumer.close();
await producer.close();
if (got.join() !== 'orders AC11000100002A9F000000,orders second') throw new Error(`consumed: ${got}`);
const text = connections.map((pieces) => `[\n${pieces.map((piece) => JSON.stringify(piece)).join(',\n')}\n]`).join(',');
const made_with = 'ali-ons 3.12.0 (npm): its producer and consumer; answers by hand in its RemotingCommand';
writeFileSync(
  new URL('ali-ons.json', import.meta.url),
  `{"made_with":${JSON.stringify(made_with)},"connections":[${text}]}\n`,
);
process.exit(0);
