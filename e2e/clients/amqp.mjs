// AMQP 0-9-1 by amqplib: node amqp.mjs PORT early|new. What RabbitMQ sends unasked is counted where amqplib tells of it.
import amqp from 'amqplib';
import { did, ready, tell } from './lib/account.mjs';

const [port, phase] = [Number(process.argv[2]), process.argv[3]];
const MESSAGES = 300;
/** Class and method of Basic.Recover and its answer, as amqplib numbers them. */
const [RECOVER, RECOVER_OK] = [(60 << 16) | 110, (60 << 16) | 111];

const connect = async (password = 'guest') => {
  const options = { hostname: '127.0.0.1', port, username: 'guest', password, heartbeat: 1 };
  const connection = await amqp.connect(options);
  connection.on('error', () => undefined);
  return connection;
};
const connected = () => {
  did('ProtocolHeader');
  for (const step of ['Start', 'Tune', 'Open']) did(`Connection.${step}`);
};
const closed = async (connection) => {
  await connection.close();
  did('Connection.Close', '', 'ok', 200);
};
const channel_of = async (connection, confirm = false) => {
  const channel = confirm ? await connection.createConfirmChannel() : await connection.createChannel();
  channel.on('error', () => undefined);
  did('Channel.Open');
  if (confirm) did('Confirm.Select');
  return channel;
};
const closed_channel = async (channel) => {
  await channel.close();
  did('Channel.Close', '', 'ok', 200);
};
const queue = async (channel, name) => {
  await channel.assertQueue(name, { durable: false });
  did('Queue.Declare', name);
};

/** Publications of several channels at once, each confirmed, then read back by asking. */
const confirmed = async (connection, name) => {
  const channel = await channel_of(connection, true);
  await queue(channel, name);
  channel.on('ack', () => did('Basic.Ack'));
  for (let i = 0; i < MESSAGES; i++) {
    // Every hundredth takes several body frames.
    channel.sendToQueue(name, Buffer.alloc(i % 100 === 7 ? 300_000 : 20, 'x'));
    did('Basic.Publish', `.${name}`);
  }
  await channel.waitForConfirms();
  for (let i = 0; i < 100; i++) {
    const message = await channel.get(name, { noAck: true });
    if (message === false) throw new Error('a message is missing');
    did('Basic.Get', name);
  }
  await channel.purgeQueue(name);
  did('Queue.Purge', name);
  for (let i = 0; i < 20; i++) {
    if ((await channel.get(name, { noAck: true })) !== false) throw new Error('the queue is not empty');
    did('Basic.Get', name);
  }
  await closed_channel(channel);
};

/** A subscriber with acknowledgements, through an exchange. */
const subscribed = async (connection) => {
  const [sender, receiver] = [await channel_of(connection), await channel_of(connection)];
  await sender.assertExchange('shop', 'topic', { durable: false });
  did('Exchange.Declare', 'shop.');
  await queue(receiver, 'orders');
  await receiver.bindQueue('orders', 'shop', 'orders.#');
  did('Queue.Bind', 'shop.orders.#');
  await receiver.prefetch(50);
  did('Basic.Qos');
  let got = 0;
  const all = new Promise((done) => {
    const receive = (message) => {
      did('Basic.Deliver', `shop.${message.fields.routingKey}`);
      const refused = ++got % 10 === 0;
      if (refused) receiver.nack(message, false, false);
      else receiver.ack(message);
      did(refused ? 'Basic.Nack' : 'Basic.Ack');
      if (got === MESSAGES) done();
    };
    void receiver.consume('orders', receive, { consumerTag: 'tag' });
    did('Basic.Consume', 'orders');
  });
  for (let i = 0; i < MESSAGES; i++) {
    sender.publish('shop', `orders.${i % 2}`, Buffer.from('hidden'), { headers: { secret: 'hidden' } });
    did('Basic.Publish', `shop.orders.${i % 2}`);
  }
  await all;
  await receiver.cancel('tag');
  did('Basic.Cancel');
  for (const channel of [sender, receiver]) await closed_channel(channel);
};

const returned = async (connection) => {
  const channel = await channel_of(connection);
  let back = 0;
  const all = new Promise((done) => {
    channel.on('return', () => {
      did('Basic.Return', '.nobody', 'client_error', 312);
      if (++back === 50) done();
    });
  });
  for (let i = 0; i < 50; i++) {
    channel.sendToQueue('nobody', Buffer.from('x'), { mandatory: true });
    did('Basic.Publish', '.nobody');
  }
  await all;
  await closed_channel(channel);
};

/** The server closes the channel: as the answer, or unasked. */
const refused = async (connection) => {
  for (let i = 0; i < 20; i++) {
    const channel = await channel_of(connection);
    await channel.checkQueue(`none${i}`).then(
      () => Promise.reject(new Error('there is such a queue')),
      () => did('Queue.Declare', `none${i}`, 'client_error', 404),
    );
    did('Channel.CloseOk');
  }
  const channel = await channel_of(connection);
  const gone = new Promise((done) => channel.once('close', done));
  channel.publish('nowhere', 'key', Buffer.from('x'));
  did('Basic.Publish', 'nowhere.key');
  await gone;
  did('Channel.Close', '', 'client_error', 404);
  did('Channel.CloseOk');
};

/** What the server calls its own failure ends the whole connection. */
const not_implemented = async () => {
  const connection = await connect();
  connected();
  const channel = await channel_of(connection);
  const gone = new Promise((done) => connection.once('close', done));
  channel._rpc(RECOVER, { requeue: false }, RECOVER_OK, () => undefined);
  await gone;
  did('Connection.CloseOk');
  did('Basic.Recover', '', 'server_error', 540);
};

const wrong_password = async () => {
  await connect('wrong').then(
    () => Promise.reject(new Error('a wrong password was accepted')),
    () => undefined,
  );
  did('ProtocolHeader');
  did('Connection.Start');
  did('Connection.Close', '', 'client_error', 403);
};

if (phase === 'early') {
  const connection = await connect();
  const channel = await connection.createChannel();
  await channel.assertQueue('early', { durable: false });
  await ready();
  for (let i = 0; i < 100; i++) {
    channel.sendToQueue('early', Buffer.from('x'));
    did('Basic.Publish', '.early');
  }
  for (let i = 0; i < 100; i++) {
    if ((await channel.get('early', { noAck: true })) === false) throw new Error('a message is missing');
    did('Basic.Get', 'early');
  }
  await closed_channel(channel);
  await closed(connection);
} else {
  const connections = await Promise.all([connect(), connect(), connect()]);
  for (const _ of connections) connected();
  const names = ['a', 'b', 'c', 'd'];
  await Promise.all([
    ...names.map((name, i) => confirmed(connections[i % 2], name)),
    subscribed(connections[2]),
    returned(connections[0]),
    refused(connections[1]),
    not_implemented(),
    wrong_password(),
  ]);
  for (const connection of connections) await closed(connection);
}
tell();
