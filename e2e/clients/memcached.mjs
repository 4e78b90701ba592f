// Memcached in its three languages: node memcached.mjs PORT early|new. Text and meta commands by hand, many in one write,
// with their answers checked; the binary protocol by memjs.
import { connect } from 'node:net';
import memjs from 'memjs';
import { did, ready, tell } from './lib/account.mjs';

const [port, phase] = [Number(process.argv[2]), process.argv[3]];

/** A connection on which commands are sent in one write and all their answers awaited. */
const open = async () => {
  const socket = connect(port, '127.0.0.1');
  await new Promise((done) => socket.once('connect', done));
  let text = '';
  let look = () => undefined;
  socket.on('data', (chunk) => {
    text += chunk.toString('latin1');
    look();
  });
  return {
    /** `commands` and what the server must say to all of them. */
    say: (commands, answers) =>
      new Promise((done, fail) => {
        const wanted = answers.join('');
        look = () => {
          if (text.length < wanted.length) return;
          if (text === wanted) done();
          else fail(new Error(`${commands[0]}: ${text.slice(0, 200)}`));
          text = '';
        };
        socket.write(commands.join(''));
        if (wanted === '') done();
      }),
    end: () => socket.end(),
  };
};
const repeat = (count, make) => Array.from({ length: count }, (_, i) => make(i));
/** The same line `count` times over ten keys, told by its words. */
const many = (count, line) => {
  for (let i = 0; i < count; i++) did(line(i % 10).split(' ')[0], line(i % 10));
};

const text = async (prefix) => {
  const to = await open();
  const set = (i) => `set ${prefix}${i} 0 0 5`;
  const get = (i) => `get ${prefix}${i}`;
  await to.say(
    repeat(300, (i) => `${set(i % 10)}\r\nhello\r\n`),
    repeat(300, () => 'STORED\r\n'),
  );
  many(300, set);
  const value = (i) => `VALUE ${prefix}${i} 0 5\r\nhello\r\n`;
  await to.say(
    repeat(300, (i) => `${get(i % 10)}\r\n`),
    repeat(300, (i) => `${value(i % 10)}END\r\n`),
  );
  many(300, get);
  const all = `get ${repeat(10, (i) => `${prefix}${i}`).join(' ')}`;
  await to.say(
    repeat(50, () => `${all}\r\n`),
    repeat(50, () => `${repeat(10, value).join('')}END\r\n`),
  );
  many(50, () => all);
  await to.say(
    repeat(100, () => `get ${prefix}none\r\n`),
    repeat(100, () => 'END\r\n'),
  );
  many(100, () => `get ${prefix}none`);
  to.end();
};

const further = async () => {
  const to = await open();
  const one = async (line, answer, data = '', outcome = 'ok') => {
    await to.say([`${line}\r\n${data}`], [answer]);
    did(line.split(' ')[0], line, outcome);
  };
  for (let round = 0; round < 20; round++) {
    await one('set n 0 0 1', 'STORED\r\n', '7\r\n');
    await one('incr n 5', '12\r\n');
    await one('decr n 20', '0\r\n');
    await one('add n 0 0 1', 'NOT_STORED\r\n', '1\r\n');
    await one('append n 0 0 1', 'STORED\r\n', '1\r\n');
    await one('touch n 100', 'TOUCHED\r\n');
    await one('gat 100 n', 'VALUE n 0 3\r\n0 1\r\nEND\r\n');
    await one('delete n', 'DELETED\r\n');
    await one('delete n', 'NOT_FOUND\r\n');
    await one('set word 0 0 4', 'STORED\r\n', 'word\r\n');
    const complaint = 'CLIENT_ERROR cannot increment or decrement non-numeric value\r\n';
    await one('incr word 1', complaint, '', 'client_error');
    if (round % 5 > 0) continue;
    await one(
      'set large 0 0 2000000',
      'SERVER_ERROR object too large for cache\r\n',
      `${'x'.repeat(2e6)}\r\n`,
      'server_error',
    );
    await one('set large 0 0 200000', 'STORED\r\n', `${'x'.repeat(2e5)}\r\n`);
    await one('get large', `VALUE large 0 200000\r\n${'x'.repeat(2e5)}\r\nEND\r\n`);
    await one('verbosity 0', 'OK\r\n');
    // Nothing answers these.
    const silent = 'set silent 0 0 1 noreply';
    await to.say(
      repeat(10, () => `${silent}\r\nx\r\n`),
      [],
    );
    many(10, () => silent);
  }
  to.end();
};

/** Quiet commands answer only where there is something to tell; the one behind them shows that they are done. */
const meta = async () => {
  const to = await open();
  const set = (i) => `ms m${i} 5`;
  await to.say(
    repeat(100, (i) => `${set(i % 10)}\r\nhello\r\n`),
    repeat(100, () => 'HD\r\n'),
  );
  many(100, set);
  const key = (i) => `m${i % 20}`;
  const get = (i) => `mg ${key(i)} v q k`;
  const hits = repeat(100, (i) => (i % 20 < 10 ? `VA 5 k${key(i)}\r\nhello\r\n` : ''));
  await to.say([...repeat(100, (i) => `${get(i)}\r\n`), 'mn\r\n'], [...hits, 'MN\r\n']);
  for (let i = 0; i < 100; i++) did('mg', get(i));
  did('mn', 'mn');
  await to.say(
    repeat(50, () => 'mg none v\r\n'),
    repeat(50, () => 'EN\r\n'),
  );
  many(50, () => 'mg none v');
  await to.say(
    repeat(50, (i) => `md m${i % 10}\r\n`),
    repeat(50, (i) => (i < 10 ? 'HD\r\n' : 'NF\r\n')),
  );
  many(50, (i) => `md m${i}`);
  to.end();
};

const OK = 0;
const NOT_FOUND = 1;
const EXISTS = 2;
const TOO_LARGE = 3;
const NOT_A_NUMBER = 6;

const binary = async () => {
  const client = memjs.Client.create(`127.0.0.1:${port}`, {
    retries: 0,
    timeout: 20,
    logger: { log: () => undefined },
  });
  const key = (i) => `b${i % 10}`;
  await Promise.all(repeat(300, (i) => client.set(key(i), 'hidden', {})));
  for (let i = 0; i < 300; i++) did('set', `set ${key(i)}`, 'ok', OK);
  const values = await Promise.all(repeat(300, (i) => client.get(key(i))));
  if (values.some(({ value }) => value?.toString() !== 'hidden')) throw new Error('a value is missing');
  for (let i = 0; i < 300; i++) did('get', `get ${key(i)}`, 'ok', OK);
  await Promise.all(repeat(50, () => client.get('bnone')));
  did('get', 'get bnone', 'ok', NOT_FOUND, 50);
  await Promise.all(repeat(50, () => client.add('b1', 'x', {})));
  did('add', 'add b1', 'ok', EXISTS, 50);
  for (let i = 0; i < 20; i++) {
    await client.increment('b2', 1, { initial: 1 }).then(
      () => Promise.reject(new Error('a word was incremented')),
      () => undefined,
    );
    did('increment', 'increment b2', 'client_error', NOT_A_NUMBER);
    if (i % 5 > 0) continue;
    await client.set('blarge', 'x'.repeat(2e6), {}).then(
      () => Promise.reject(new Error('a large value was stored')),
      () => undefined,
    );
    did('set', 'set blarge', 'client_error', TOO_LARGE);
  }
  await client.set('blarge', 'x'.repeat(300_000), {});
  did('set', 'set blarge', 'ok', OK);
  await client.get('blarge');
  did('get', 'get blarge', 'ok', OK);
  for (let i = 0; i < 10; i++) {
    await client.delete(key(i));
    did('delete', `delete ${key(i)}`, 'ok', OK);
  }
  client.close();
};

if (phase === 'early') {
  const to = await open();
  await to.say(['set early 0 0 5\r\nhello\r\n'], ['STORED\r\n']);
  await ready();
  await to.say(
    repeat(300, () => 'get early\r\n'),
    repeat(300, () => 'VALUE early 0 5\r\nhello\r\nEND\r\n'),
  );
  did('get', 'get early', 'ok', null, 300);
  await to.say(
    repeat(300, () => 'set early 0 0 5\r\nhello\r\n'),
    repeat(300, () => 'STORED\r\n'),
  );
  did('set', 'set early 0 0 5', 'ok', null, 300);
  to.end();
} else {
  await Promise.all([text('k'), text('other'), further(), meta(), binary()]);
}
tell();
