// Mail by hand: node mail.mjs PORT early|new smtp|pop3|imap. Commands are sent together where the protocol allows it, and their
// answers are checked.
import { connect } from 'node:net';
import { did, ready, tell } from './lib/account.mjs';

const [port, phase, protocol] = [Number(process.argv[2]), process.argv[3], process.argv[4]];
const repeat = (count, make) => Array.from({ length: count }, (_, i) => make(i));

/** A connection that sends texts and waits for answers: each is matched by its pattern, in order, with nothing between them. */
const open = async () => {
  const socket = connect(port, '127.0.0.1');
  await new Promise((done, fail) => socket.once('connect', done).once('error', fail));
  let text = '';
  let look = () => undefined;
  socket.on('data', (chunk) => {
    text += chunk.toString('latin1');
    look();
  });
  const say = (sent, patterns) =>
    new Promise((done, fail) => {
      const left = [...patterns];
      const late = setTimeout(
        () => fail(new Error(`${sent.slice(0, 60)}: ${left[0]} in ${text.slice(0, 300)}`)),
        20_000,
      );
      look = () => {
        for (;;) {
          const found = left.length > 0 ? new RegExp(`^(?:${left[0].source})`, 's').exec(text) : null;
          if (found === null) break;
          text = text.slice(found[0].length);
          left.shift();
        }
        if (left.length > 0) return;
        clearTimeout(late);
        look = () => undefined;
        done();
      };
      if (sent !== '') socket.write(sent);
      look();
    });
  return { say, end: () => socket.end(), gone: () => new Promise((done) => socket.once('close', done)) };
};

const reply = (code) => new RegExp(`(?:${code}-[^\\n]*\\n)*${code} [^\\n]*\\n`);
const outcome_of = (code) => (code < 400 ? 'ok' : code < 500 ? 'server_error' : 'client_error');

const smtp = async () => {
  const begin = async () => {
    const to = await open();
    await to.say('', [reply(220)]);
    did('greeting', '', 'ok', 220);
    const one = async (verb, argument, code, resource = argument) => {
      await to.say(`${verb}${argument === '' ? '' : ' '}${argument}\r\n`, [reply(code)]);
      did(verb, resource, outcome_of(code), code);
    };
    await one('EHLO', 'client.test', 250);
    return { ...to, one };
  };
  const message = (size) =>
    `Subject: hello\r\n\r\nMAIL FROM:<is@no.command>\r\n${'x'
      .repeat(70)
      .concat('\r\n')
      .repeat(size / 72)}.\r\n`;
  const finish = async (to) => {
    await to.one('QUIT', '', 221);
    to.end();
  };
  const from = 'FROM:<alice@shop.test>';
  const rcpt = 'TO:<bob@shop.test>';
  /** Envelope in one write (RFC 2920), then the message. */
  const mail = async (to, size = 720) => {
    await to.say(`MAIL ${from}\r\nRCPT ${rcpt}\r\nRCPT ${rcpt}\r\nDATA\r\n`, [250, 250, 250, 354].map(reply));
    did('MAIL', from, 'ok', 250);
    did('RCPT', rcpt, 'ok', 250, 2);
    await to.say(message(size), [reply(250)]);
    did('DATA', '', 'ok', 250);
  };
  const many = async () => {
    const to = await begin();
    for (let i = 0; i < 60; i++) await mail(to, i % 20 === 7 ? 720_000 : 720);
    await finish(to);
  };
  const refusals = async () => {
    const to = await begin();
    for (let i = 0; i < 20; i++) {
      await to.one('MAIL', from, 250);
      await to.one('RCPT', 'TO:<nobody@shop.test>', 550);
      await to.one('RCPT', 'TO:<grey@shop.test>', 451);
      await to.one('RSET', '', 250);
      await to.one('NOOP', '', 250);
    }
    await to.one('MAIL', from, 250);
    await to.one('RCPT', rcpt, 250);
    await to.say('DATA\r\n', [reply(354)]);
    await to.say('Subject: spam\r\n\r\n.\r\n', [reply(550)]);
    did('DATA', '', 'client_error', 550);
    await to.say('FROB\r\n', [reply(500)]);
    did('UNKNOWN', '', 'client_error', 500);
    await finish(to);
  };
  const logins = async () => {
    const to = await begin();
    for (const [word, code] of [
      ['wrong', 535],
      ['hidden-word', 235],
    ]) {
      await to.say('AUTH LOGIN\r\n', [reply(334)]);
      await to.say(`${btoa('alice')}\r\n`, [reply(334)]);
      await to.say(`${btoa(word)}\r\n`, [reply(code)]);
      did('AUTH', 'LOGIN', outcome_of(code), code);
    }
    await finish(to);
  };
  if (phase === 'early') {
    const to = await open();
    await to.say('', [reply(220)]);
    await to.say('EHLO client.test\r\n', [reply(250)]);
    await ready();
    for (let i = 0; i < 100; i++) await mail(to);
    await to.say('QUIT\r\n', [reply(221)]);
    did('QUIT', '', 'ok', 221);
    to.end();
  } else await Promise.all([many(), many(), many(), refusals(), logins()]);
};

const LINE = /[+]OK[^\n]*\n/;
const REFUSED = /-ERR[^\n]*\n/;
const TEXT = /[+]OK[^\n]*\n.*?\r\n\.\r\n/;

const pop3 = async () => {
  const begin = async () => {
    const to = await open();
    await to.say('', [LINE]);
    await to.say('USER alice\r\n', [LINE]);
    await to.say('PASS hidden-word\r\n', [LINE]);
    return to;
  };
  const begun = () => {
    did('greeting');
    did('USER', 'alice');
    did('PASS');
  };
  const all = async (to) => {
    await to.say(
      repeat(100, (i) => `RETR ${i + 1}\r\n`).join(''),
      repeat(100, () => TEXT),
    );
    for (let i = 1; i <= 100; i++) did('RETR', String(i));
    await to.say('STAT\r\nLIST\r\nUIDL\r\nLIST 3\r\nTOP 3 1\r\nNOOP\r\nCAPA\r\n', [
      LINE,
      TEXT,
      TEXT,
      LINE,
      TEXT,
      LINE,
      TEXT,
    ]);
    for (const verb of ['STAT', 'LIST', 'UIDL', 'NOOP', 'CAPA']) did(verb);
    did('LIST', '3');
    did('TOP', '3 1');
    await to.say(
      repeat(20, () => 'RETR 9999\r\n').join(''),
      repeat(20, () => REFUSED),
    );
    did('RETR', '9999', 'client_error', null, 20);
    await to.say('DELE 5\r\nRSET\r\nQUIT\r\n', [LINE, LINE, LINE]);
    did('DELE', '5');
    did('RSET');
    did('QUIT');
    to.end();
  };
  if (phase === 'early') {
    const to = await begin();
    await ready();
    await all(to);
    return;
  }
  for (let i = 0; i < 3; i++) {
    const to = await begin();
    begun();
    await all(to);
  }
  for (let i = 0; i < 5; i++) {
    const to = await open();
    await to.say('', [LINE]);
    await to.say('USER alice\r\n', [LINE]);
    await to.say('PASS wrong\r\n', [REFUSED]);
    await to.say('QUIT\r\n', [LINE]);
    did('greeting');
    did('USER', 'alice');
    did('PASS', '', 'client_error');
    did('QUIT');
    to.end();
  }
};

const imap = async () => {
  const begin = async () => {
    const to = await open();
    await to.say('', [/[*] OK[^\n]*\n/]);
    let number = 0;
    /** Commands in one write; `words`: how each must end. */
    const all = (commands, word = 'OK') => {
      const first = number + 1;
      number += commands.length;
      const lines = commands.map((command, i) => `a${first + i} ${command}\r\n`);
      return to.say(
        lines.join(''),
        commands.map((_, i) => new RegExp(`.*?\\ba${first + i} ${word}[^\\n]*\\n`)),
      );
    };
    await all(['LOGIN alice hidden-word']);
    return { ...to, all };
  };
  const work = async (to) => {
    await to.all(['SELECT INBOX']);
    did('SELECT', 'INBOX');
    await to.all(repeat(100, (i) => `FETCH ${i + 1} (FLAGS BODY[])`));
    for (let i = 1; i <= 100; i++) did('FETCH', `${i} (FLAGS BODY[])`);
    await to.all(repeat(50, () => 'UID FETCH 1:10 (FLAGS)'));
    did('UID FETCH', '1:10 (FLAGS)', 'ok', null, 50);
    // The server may answer these in another order.
    for (const command of ['FETCH 1:* (BODY[])', 'SEARCH ALL', 'NOOP', 'CAPABILITY', 'STORE 1 +FLAGS (\\Seen)'])
      await to.all([command]);
    did('FETCH', '1:* (BODY[])');
    did('SEARCH', 'ALL');
    did('NOOP');
    did('CAPABILITY');
    did('STORE', '1 +FLAGS (\\Seen)');
    // A text whose lines look like commands.
    const letter = `Subject: x\r\n\r\n${'a1 NOOP\r\n'.repeat(200)}`;
    for (let i = 0; i < 10; i++) {
      const literal = `APPEND Other {${letter.length}+}`;
      await to.all([`${literal}\r\n${letter}`]);
      did('APPEND', `Other {${letter.length}+}`);
    }
    await to.all(
      repeat(10, () => 'SELECT Nowhere'),
      'NO',
    );
    did('SELECT', 'Nowhere', 'client_error', null, 10);
    await to.all(['FROB'], 'BAD');
    did('UNKNOWN', '', 'client_error');
    await to.all(['LOGOUT']);
    did('LOGOUT');
    to.end();
  };
  if (phase === 'early') {
    const to = await begin();
    await to.all(['CREATE Other']);
    await ready();
    await work(to);
    return;
  }
  const setup = await begin();
  await setup.all(['CREATE More', 'LOGOUT']);
  did('greeting');
  did('LOGIN');
  did('CREATE', 'More');
  did('LOGOUT');
  setup.end();
  const connections = await Promise.all(repeat(3, begin));
  for (const _ of connections) {
    did('greeting');
    did('LOGIN');
  }
  await Promise.all(connections.map(work));
  for (let i = 0; i < 5; i++) {
    const to = await open();
    await to.say('', [/[*] OK[^\n]*\n/]);
    await to.say('a1 LOGIN alice wrong\r\n', [/a1 NO[^\n]*\n/]);
    await to.say('a2 LOGOUT\r\n', [/[*] BYE[^\n]*\na2 OK[^\n]*\n/]);
    did('greeting');
    did('LOGIN', '', 'client_error');
    did('LOGOUT');
    to.end();
  }
};

await { smtp, pop3, imap }[protocol]();
tell();
