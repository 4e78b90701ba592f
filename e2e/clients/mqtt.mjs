// MQTT by mqtt.js: node mqtt.mjs PORT early|new. The library tells of each packet that it sends and receives.
import mqtt from 'mqtt';
import { did, ready, tell } from './lib/account.mjs';

const [port, phase] = [Number(process.argv[2]), process.argv[3]];
const MESSAGES = 200;
/** Codes that blame the server (MQTT 5.0 section 2.4). */
const SERVERS_FAULT = new Set([128, 131, 136, 137, 139, 151, 152, 156, 157, 159, 160]);
const outcome_of = (code) => (SERVERS_FAULT.has(code) ? 'server_error' : 'client_error');

/** Tells each exchange when its second half has passed. */
const counted = (client) => {
  const aliases = new Map();
  const waiting = new Map();
  const { protocolVersion } = client.options;
  const ask = (key, type, resource = '') => waiting.set(key, { type, resource });
  const answer = (key, code = null, refused = code !== null && code >= 128) => {
    const { type, resource } = waiting.get(key);
    waiting.delete(key);
    did(type, resource, refused ? outcome_of(code) : 'ok', code);
  };
  const topic_of = (packet, side) => {
    const alias = packet.properties?.topicAlias;
    if (packet.topic === '') return aliases.get(`${side} ${alias}`);
    if (alias !== undefined) aliases.set(`${side} ${alias}`, packet.topic);
    return packet.topic;
  };
  const publish = (packet, side) => {
    const topic = topic_of(packet, side);
    if (packet.qos === 0) did('Publish', topic);
    else ask(`publish ${side} ${packet.messageId}`, 'Publish', topic);
  };
  /** Version 5 may leave the reason out when there is none to tell; the library does where it says 0. */
  const written = ({ reasonCode }) => (protocolVersion === 5 && reasonCode !== 0 ? (reasonCode ?? 0) : null);
  const reason = ({ length, reasonCode }) => (length === 2 ? null : (reasonCode ?? null));
  // The library says nothing of the packet that opens a connection.
  if (!client.connected) ask('connect', 'Connect');
  client.on('packetsend', (packet) => {
    const { cmd, messageId } = packet;
    if (cmd === 'publish') publish(packet, 'ours');
    else if (cmd === 'subscribe' || cmd === 'unsubscribe') {
      const topics = cmd === 'subscribe' ? packet.subscriptions.map(({ topic }) => topic) : packet.unsubscriptions;
      ask(`${cmd} ${messageId}`, cmd === 'subscribe' ? 'Subscribe' : 'Unsubscribe', topics.join());
    } else if (cmd === 'pingreq') ask('ping', 'Pingreq');
    else if (cmd === 'puback' || cmd === 'pubrec') answer(`publish theirs ${messageId}`, written(packet));
    else if (cmd === 'pubcomp') answer(`release theirs ${messageId}`, written(packet));
    else if (cmd === 'pubrel') ask(`release ours ${messageId}`, 'Pubrel');
    else if (cmd === 'disconnect') did('Disconnect', '', 'ok', protocolVersion === 5 ? (packet.reasonCode ?? 0) : null);
  });
  client.on('packetreceive', (packet) => {
    const { cmd, messageId } = packet;
    const code = packet.reasonCode ?? packet.returnCode;
    if (cmd === 'connack') answer('connect', code, code > 0);
    else if (cmd === 'publish') publish(packet, 'theirs');
    else if (cmd === 'suback')
      answer(`subscribe ${messageId}`, packet.granted.find((c) => c >= 128) ?? packet.granted[0]);
    else if (cmd === 'unsuback') answer(`unsubscribe ${messageId}`, packet.granted?.[0] ?? null);
    else if (cmd === 'pingresp') answer('ping');
    else if (cmd === 'puback' || cmd === 'pubrec') answer(`publish ours ${messageId}`, reason(packet));
    else if (cmd === 'pubcomp') answer(`release ours ${messageId}`, reason(packet));
    else if (cmd === 'pubrel') ask(`release theirs ${messageId}`, 'Pubrel');
    else if (cmd === 'disconnect') did('Disconnect', '', outcome_of(code), code);
  });
  return client;
};

const begin = (options = {}) => {
  const login = { username: 'alice', password: 'hidden words', reconnectPeriod: 0, keepalive: 60 };
  const client = mqtt.connect({ host: '127.0.0.1', port, ...login, ...options });
  client.on('error', () => undefined);
  return client;
};
const open = async (options, count = true) => {
  const client = begin(options);
  if (count) counted(client);
  await new Promise((done, fail) => {
    client.once('connect', done);
    client.once('close', () => fail(new Error('the connection was closed')));
  });
  return client;
};
const told = (client, event) => new Promise((done) => client.once(event, done));
/** A client that has seen `count` publications. */
const receives = (client, count) =>
  new Promise((done) => {
    let seen = 0;
    client.on('message', () => {
      if (++seen === count) done();
    });
  });
const publish_all = (client, topic, qos, count, bytes = 12) =>
  Promise.all(
    Array.from({ length: count }, (_, i) => client.publishAsync(`${topic}/${i % 3}`, 'x'.repeat(bytes), { qos })),
  );

const fan_out = async () => {
  const subscribers = [
    await open({ protocolVersion: 5, clientId: 'sub-5' }),
    await open({ protocolVersion: 4, clientId: 'sub-4' }),
    await open({ protocolVersion: 3, protocolId: 'MQIsdp', clientId: 'sub-3' }),
  ];
  await subscribers[0].subscribeAsync(['shop/#', 'news'], { qos: 2 });
  await subscribers[1].subscribeAsync('shop/+/0', { qos: 1 });
  await subscribers[2].subscribeAsync('shop/#', { qos: 0 });
  const senders = [
    await open({ protocolVersion: 5, clientId: 'pub-5', autoAssignTopicAlias: true }),
    await open({ protocolVersion: 4, clientId: 'pub-4' }),
  ];
  const sent = 2 * (MESSAGES * 2 + 100) + 3;
  const all = [receives(subscribers[0], sent), receives(subscribers[2], sent)];
  for (const sender of senders) {
    for (const qos of [0, 1]) await publish_all(sender, `shop/${qos}`, qos, MESSAGES);
    await publish_all(sender, 'shop/2', 2, 100);
  }
  await publish_all(senders[1], 'shop/large', 1, 3, 200_000);
  await Promise.all(all);
  await subscribers[0].unsubscribeAsync(['news', 'shop/#']);
  await subscribers[1].unsubscribeAsync('shop/+/0');
  for (const client of [...subscribers, ...senders]) await client.endAsync();
};

const refusals = async () => {
  for (const protocolVersion of [4, 5]) {
    for (let i = 0; i < 10; i++) await told(counted(begin({ protocolVersion, password: 'wrong' })), 'error');
  }
  const refused = (attempt) =>
    attempt.then(
      () => Promise.reject(new Error('what is forbidden was accepted')),
      () => undefined,
    );
  // Mosquitto 2.0 reads nothing more from a connection with a forbidden publication.
  for (let i = 0; i < 10; i++) {
    const client = await open({ protocolVersion: 5 });
    await refused(client.publishAsync(`private/${i}`, 'x', { qos: 1 }));
    await client.endAsync(true);
  }
  for (const protocolVersion of [4, 5]) {
    const client = await open({ protocolVersion });
    await client.subscribeAsync(['$private/#', 'shop/x'], { qos: 1 }).catch(() => undefined);
    await client.endAsync();
  }
  const client = await open({ protocolVersion: 5, clientId: 'curious' });
  // Another connection with its name ends it.
  const gone = told(client, 'close');
  const other = await open({ protocolVersion: 5, clientId: 'curious' });
  await gone;
  await other.endAsync();
};

const pings = async () => {
  const client = await open({ protocolVersion: 4, clientId: 'idle', keepalive: 1 });
  await new Promise((done) => setTimeout(done, 2500));
  await client.endAsync();
};

if (phase === 'early') {
  const clients = [
    await open({ protocolVersion: 4, clientId: 'early-4' }, false),
    await open({ protocolVersion: 5, clientId: 'early-5' }, false),
  ];
  await ready();
  for (const client of clients) {
    counted(client);
    await client.subscribeAsync(`early/${client.options.clientId}/#`, { qos: 1 });
    const all = receives(client, 200);
    for (const qos of [1, 0]) await publish_all(client, `early/${client.options.clientId}`, qos, 100);
    await all;
    await client.endAsync();
  }
} else {
  await Promise.all([fan_out(), refusals(), pings()]);
}
tell();
