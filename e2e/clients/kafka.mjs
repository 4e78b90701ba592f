// Kafka by kafkajs: node kafka.mjs PORT early|new. The library tells of every request that got its answer.
import { CompressionTypes, Kafka, logLevel } from 'kafkajs';
import { did, ready, tell } from './lib/account.mjs';

const [port, phase] = [Number(process.argv[2]), process.argv[3]];
const RUN = 150;
/** What a request says that it is about: its first partition, its topic, its group. */
const PARTITION = new Set(['Produce', 'ListOffsets', 'OffsetCommit', 'OffsetFetch']);
const TOPIC = new Set(['Fetch', 'Metadata']);
const GROUP = new Set(['FindCoordinator', 'JoinGroup', 'SyncGroup', 'Heartbeat', 'LeaveGroup']);
/** Those whose answer has one error code. */
const CODED = new Set(['Produce', 'Fetch', 'ApiVersions', ...GROUP]);
let counting = true;

/** The library tells of an offset that is not there in its log only. */
let out_of_range = 0;
const logCreator =
  () =>
  ({ log }) => {
    if (log.message.startsWith('Offset out of range')) out_of_range++;
  };
const kafka = () =>
  new Kafka({ clientId: 'shop', brokers: [`127.0.0.1:${port}`], logLevel: logLevel.ERROR, logCreator });
const watch = (client, kind, topic) =>
  client.on(`${kind}.network.request`, ({ payload }) => {
    if (!counting) return;
    const name = payload.apiName === 'GroupCoordinator' ? 'FindCoordinator' : payload.apiName;
    const about = PARTITION.has(name) ? `${topic}-0` : TOPIC.has(name) ? topic : GROUP.has(name) ? 'workers' : '';
    did(name, about, 'ok', CODED.has(name) ? 0 : null);
  });

const produce = async (topic, before = async () => undefined) => {
  const producer = kafka().producer({ idempotent: false });
  watch(producer, 'producer', topic);
  await producer.connect();
  await before();
  const send = (acks, size, count, compression = CompressionTypes.None) =>
    producer.send({
      topic,
      acks,
      compression,
      messages: Array.from({ length: count }, (_, i) => ({
        key: `k${i}`,
        partition: 0,
        value: 'hidden'.padEnd(size, 'x'),
      })),
    });
  for (let i = 0; i < RUN; i++) await send(-1, 20, 1);
  await Promise.all(Array.from({ length: RUN }, () => send(1, 100, 3)));
  for (let i = 0; i < 10; i++) await send(-1, 20_000, 20, CompressionTypes.GZIP);
  await producer.disconnect();
  return 4 * RUN + 200;
};

const consume = async (topic, messages) => {
  const consumer = kafka().consumer({ groupId: 'workers', heartbeatInterval: 300, maxWaitTimeInMs: 200 });
  watch(consumer, 'consumer', topic);
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  let got = 0;
  await new Promise((done) => {
    void consumer.run({
      eachMessage: async () => {
        if (++got === messages) done();
      },
    });
  });
  consumer.seek({ topic, partition: 0, offset: '9999999' });
  while (out_of_range === 0) await new Promise((done) => setTimeout(done, 50));
  await consumer.disconnect();
  did('Fetch', topic, 'ok', 0, -out_of_range);
  did('Fetch', topic, 'server_error', 1, out_of_range);
};

if (phase === 'early') {
  counting = false;
  await produce('early', async () => {
    await ready();
    counting = true;
  });
} else {
  await consume('shop', await produce('shop'));
}
tell();
