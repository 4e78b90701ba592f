// AMQP 1.0 by rhea: node amqp1.mjs PORT early|new. What the broker tells of deliveries and links is counted where rhea tells of it.
import { once } from 'node:events';
import rhea from 'rhea';
import { did, forget, ready, tell } from './lib/account.mjs';

const [port, phase] = [Number(process.argv[2]), process.argv[3]];
const MESSAGES = 300;

const options = { host: '127.0.0.1', port, username: 'guest', password: 'guest', reconnect: false };

/** A connection with its session. */
const opened = async () => {
  const container = rhea.create_container();
  const connection = container.connect(options);
  connection.on('session_error', () => undefined);
  connection.on('connection_error', () => undefined);
  await once(connection, 'connection_open');
  did('sasl-init', 'PLAIN', 'ok', 0);
  did('open');
  did('begin');
  return connection;
};
const closed = async (connection) => {
  connection.close();
  await once(connection, 'connection_close');
  did('close');
};
const sender_of = async (connection, target, more = {}) => {
  const sender = connection.open_sender({ target, ...more });
  await once(sender, 'sendable');
  did('attach', target);
  return sender;
};
const detached = async (link, address) => {
  link.close();
  await once(link, link.is_sender() ? 'sender_close' : 'receiver_close');
  did('detach', address);
};

/** Messages that the broker accepts one by one. */
const sent = async (connection, address, count) => {
  const sender = await sender_of(connection, address);
  let accepted = 0;
  let begun = 0;
  const all = new Promise((done) => {
    const more = () => {
      while (begun < count && sender.sendable()) {
        // Some take several frames.
        sender.send({ body: 'hidden '.repeat(begun % 100 === 7 ? 30_000 : begun % 50), subject: 'order' });
        begun++;
      }
    };
    sender.on('sendable', more);
    sender.on('accepted', () => {
      did('transfer', address);
      if (++accepted === count) done();
    });
    more();
  });
  await all;
  await detached(sender, address);
};

/** Messages that the client takes, or refuses: each alike, for rhea tells neighbours' outcomes in one, as that of the first. */
const taken = async (connection, address, count, refuse = false) => {
  const receiver = connection.open_receiver({ source: address, autoaccept: false, credit_window: 0 });
  let got = 0;
  const all = new Promise((done) => {
    receiver.on('message', ({ delivery }) => {
      if (refuse) delivery.reject({ condition: 'amqp:not-allowed', description: 'not for us' });
      else delivery.accept();
      did('transfer', address, refuse ? 'client_error' : 'ok');
      if (++got === count) done();
    });
  });
  receiver.add_credit(count);
  await all;
  did('attach', address);
  await detached(receiver, address);
};

/** Settled before they are sent: nobody answers. */
const settled = async (connection, address, count) => {
  const sender = await sender_of(connection, address, { snd_settle_mode: 1 });
  for (let i = 0; i < count; i++) {
    sender.send({ body: 'x' });
    did('transfer', address);
  }
  await detached(sender, address);
};

/** The broker ends the session of a link to what there is not. */
const refused = async () => {
  const connection = await opened();
  const ended = once(connection, 'session_error');
  const sender = connection.open_sender({ target: '/exchange/none/key' });
  sender.on('sender_error', () => undefined);
  await ended;
  did('attach', '/exchange/none/key', 'client_error');
  await closed(connection);
};

const wrong_password = async () => {
  const connection = rhea.create_container().connect({ ...options, password: 'wrong' });
  connection.on('connection_error', () => undefined);
  await once(connection, 'disconnected');
  did('sasl-init', 'PLAIN', 'client_error', 1);
};

if (phase === 'early') {
  const connection = await opened();
  // rhea begins its session with the first link.
  await detached(await sender_of(connection, '/queue/before'), '/queue/before');
  forget();
  await ready();
  await sent(connection, '/queue/early', 100);
  await taken(connection, '/queue/early', 100);
  await closed(connection);
} else {
  const connections = await Promise.all([opened(), opened(), opened()]);
  await Promise.all(
    connections.map(async (connection, i) => {
      await sent(connection, `/queue/q${i}`, MESSAGES);
      await taken(connection, `/queue/q${i}`, MESSAGES - 30);
      await taken(connection, `/queue/q${i}`, 30, true);
      await settled(connection, `/queue/q${i}`, 50);
    }),
  );
  for (const connection of connections) await closed(connection);
  for (let i = 0; i < 3; i++) await wrong_password();
  for (let i = 0; i < 3; i++) await refused();
}
tell();
