// NATS by nats.js: node nats.mjs PORT early|new. What the server asks of its own accord is counted in the library's trace.
import { connect as connect_to } from 'node:net';
import { connect, headers } from 'nats';
import { did, ready, tell } from './lib/account.mjs';

const [port, phase] = [Number(process.argv[2]), process.argv[3]];
const MESSAGES = 500;

let trace = '';
const say = console.info;
console.info = (line) => {
  if (/^[<>] /.test(line)) trace += line;
  else say(line);
};
const occurrences = (pattern) => trace.match(pattern)?.length ?? 0;

const open = async (options = {}) => {
  const login = { user: 'alice', pass: 'hidden' };
  return connect({ servers: `127.0.0.1:${port}`, reconnect: false, debug: true, ...login, ...options });
};
/** A subscription that has had `count` messages. */
const receives = (connection, subject, count, queue) => {
  const subscription = connection.subscribe(subject, { max: count, ...(queue ? { queue } : {}) });
  did('SUB', subject);
  return (async () => {
    for await (const message of subscription) did(message.headers ? 'HMSG' : 'MSG', message.subject);
  })();
};
const publish = (connection, subject, count, with_headers = false) => {
  const options = {};
  if (with_headers) {
    options.headers = headers();
    options.headers.set('secret', 'hidden');
  }
  for (let i = 0; i < count; i++) connection.publish(subject, i % 100 === 7 ? 'x'.repeat(50_000) : 'hidden', options);
  did(with_headers ? 'HPUB' : 'PUB', subject, 'ok', null, count);
};

const fan_out = async () => {
  const [sender, one, other] = [await open(), await open(), await open()];
  const all = [receives(one, 'shop.>', 2 * MESSAGES), receives(other, 'shop.orders', MESSAGES)];
  for (const connection of [one, other]) await connection.flush();
  publish(sender, 'shop.orders', MESSAGES);
  publish(sender, 'shop.items', MESSAGES, true);
  await Promise.all(all);
  for (const connection of [sender, one, other]) await connection.close();
};

const requests = async () => {
  const [asker, answerer] = [await open(), await open()];
  const subscription = answerer.subscribe('clock', { queue: 'workers' });
  did('SUB', 'clock');
  const answering = (async () => {
    for await (const message of subscription) {
      did('MSG', 'clock');
      message.respond('hidden');
      did('PUB', message.reply);
    }
  })();
  await answerer.flush();
  const ask = async (subject) => {
    did('PUB', subject);
    return asker.request(subject, 'now', { timeout: 5000 });
  };
  for (let round = 0; round < 10; round++) {
    const replies = await Promise.all(Array.from({ length: 30 }, () => ask('clock')));
    for (const reply of replies) did('MSG', reply.subject);
  }
  did('SUB', asker.protocol.muxSubscriptions.baseInbox.concat('*'));
  // Nobody answers this one, and the server says so.
  const nobody = await asker.request('nobody', '', { timeout: 5000 }).catch((error) => error);
  if (nobody.code !== '503') throw nobody;
  did('PUB', 'nobody');
  did('HMSG', /HMSG (\S+) [^␍]*␍␊NATS\/1\.0 503/.exec(trace)[1], 'server_error', 503);
  subscription.unsubscribe();
  await answering;
  for (const connection of [asker, answerer]) await connection.close();
};

/** By hand: the library would also ping, which the server reads only when it is slow. */
const wrong_password = () =>
  new Promise((done, fail) => {
    const socket = connect_to(port, '127.0.0.1');
    let text = '';
    socket.on('data', (chunk) => {
      if (text === '') socket.write('CONNECT {"verbose":false,"user":"alice","pass":"wrong"}\r\n');
      text += chunk;
    });
    socket.on('error', fail);
    socket.on('close', () => (text.includes('-ERR') ? done() : fail(new Error(text))));
  });

const refusals = async () => {
  for (let i = 0; i < 10; i++) {
    await wrong_password();
    did('INFO');
    did('ERR', '', 'client_error');
  }
  const connection = await open();
  for (let i = 0; i < 10; i++) {
    connection.publish(`private.${i}`, 'x');
    did('PUB', `private.${i}`);
    did('ERR', '', 'client_error');
  }
  await connection.flush();
  await connection.close();
};

if (phase === 'early') {
  const connection = await open();
  // The server's first ping comes after two seconds, the next after minutes.
  while (!trace.includes('> PING')) await new Promise((done) => setTimeout(done, 50));
  await ready();
  trace = '';
  const all = receives(connection, 'early', MESSAGES);
  publish(connection, 'early', MESSAGES);
  await all;
  await connection.close();
} else {
  await Promise.all([fan_out(), requests(), refusals()]);
}
// The library ends a subscription as often as it likes.
did('UNSUB', '', 'ok', null, occurrences(/UNSUB \d/g));
did('INFO', '', 'ok', null, occurrences(/INFO \{/g));
did('PING', '', 'ok', null, occurrences(/PING␍␊/g));
tell();
