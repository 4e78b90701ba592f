// Makes the recordings anew: bundle it with esbuild (imapflow being installed) and run it with the port of a Dovecot imapd that
// has the accounts alice and bob, password hidden-word, alice with some messages, and offers COMPRESS. Clients: Python's
// imaplib, imapflow.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { ImapFlow } from 'imapflow';
import { record, save } from '../../testing/record.ts';

const server = Number(process.argv[2]);
const PYTHON = `
import imaplib, sys, ssl, socket, time
imaplib._MAXLINE = 10000000
port = int(sys.argv[1])
def quiet(f, *a):
    try: return f(*a)
    except (imaplib.IMAP4.error, OSError): pass
m = imaplib.IMAP4('127.0.0.1', port)
m.login('alice', 'hidden-word')
m.list(); m.lsub(); m.create('Private'); m.subscribe('Private'); m.status('INBOX', '(MESSAGES UNSEEN)')
m.select('INBOX'); m.search(None, 'FROM', '"carol@shop.test"', 'UNSEEN'); m.fetch('1:3', '(FLAGS BODY.PEEK[])')
m.fetch('1', '(ENVELOPE BODYSTRUCTURE BODY[HEADER.FIELDS (SUBJECT X-SECRET)])'); m.uid('FETCH', '1:*', '(UID RFC822.SIZE)')
m.store('1', '+FLAGS', '(\\\\Seen $secret)'); m.copy('1:2', 'Private'); m.uid('SEARCH', 'SUBJECT', '"two words"')
quiet(m.select, 'Nowhere'); m.select('Private'); m.expunge()
m.append('Private', '\\\\Draft', None, b'Subject: hidden\\r\\n\\r\\na1 LOGIN x y\\r\\n* OK no\\r\\nRRRR OK done\\r\\n' + b'z' * 3000)
m.literal = b'two words'; m._simple_command('SEARCH', 'CHARSET', 'UTF-8', 'SUBJECT')
quiet(m.xatom, 'BOGUS', 'secret'); m.sort('REVERSE DATE', 'UTF-8', 'ALL'); m.thread('REFERENCES', 'UTF-8', 'ALL')
m.namespace(); m.capability(); m.noop(); m.check(); m.unselect(); m.delete('Private'); m.logout()
m = imaplib.IMAP4('127.0.0.1', port); quiet(m.login, 'alice', 'wrong-word'); m.logout()
m = imaplib.IMAP4('127.0.0.1', port); m.authenticate('PLAIN', lambda x: b'\\0alice\\0hidden-word'); m.noop(); m.logout()
m = imaplib.IMAP4('127.0.0.1', port); m.login_cram_md5('alice', 'hidden-word'); m.noop(); m.logout()
m = imaplib.IMAP4('127.0.0.1', port)
c = ssl.create_default_context(); c.check_hostname = False; c.verify_mode = ssl.CERT_NONE
m.starttls(c); m.login('alice', 'hidden-word'); m.logout()
# By hand: literals of a login in both forms, several commands at once, IDLE, a login given up.
s = socket.create_connection(('127.0.0.1', port)); s.settimeout(5)
def say(text, until):
    s.sendall(text)
    got = b''
    while until not in got: got += s.recv(65536)
s.recv(4096)
say(b'a1 LOGIN {5}\\r\\n', b'+ '); say(b'alice {11}\\r\\n', b'+ '); say(b'hidden-word\\r\\n', b'a1 OK')
say(b'a2 SELECT "INBOX"\\r\\na3 FETCH 1 BODY[]\\r\\na4 NOOP\\r\\n', b'a4 OK')
say(b'a5 APPEND {5+}\\r\\nINBOX {26+}\\r\\nSubject: x\\r\\n\\r\\nb1 NOOP\\r\\n\\r\\n\\r\\n', b'a5 OK')
say(b'a6 IDLE\\r\\n', b'+ '); time.sleep(0.3); say(b'DONE\\r\\n', b'a6 OK')
say(b'a7 NOOP\\r\\n', b'a7 OK'); say(b'a8 LOGOUT\\r\\n', b'a8 OK')
`;

{
  const recorder = await record(server);
  const child = spawn('python3', ['-', String(recorder.port)], { stdio: ['pipe', 'inherit', 'inherit'] });
  child.stdin.end(PYTHON);
  await once(child, 'close');
  save(
    new URL('imaplib.json', import.meta.url),
    await recorder.stop('Dovecot 2.3.19 imapd, Python imaplib and socket'),
  );
}
for (const [name, disableCompression] of [
  ['imapflow', true],
  ['compressed', false],
]) {
  const recorder = await record(server);
  const client = new ImapFlow({
    host: '127.0.0.1',
    port: recorder.port,
    secure: false,
    doSTARTTLS: false,
    disableCompression,
    auth: { user: 'alice', pass: 'hidden-word' },
    logger: false,
  });
  await client.connect();
  const lock = await client.getMailboxLock('INBOX');
  for await (const _ of client.fetch('1:*', { envelope: true, source: true })) void _;
  await client.search({ subject: 'two words' });
  await client.append('INBOX', 'Subject: y\r\n\r\nbody\r\n');
  client.idle();
  await new Promise((resolve) => setTimeout(resolve, 300));
  await client.noop();
  lock.release();
  await client.logout();
  save(new URL(`${name}.json`, import.meta.url), await recorder.stop('Dovecot 2.3.19 imapd, imapflow'));
}
process.exit(0);
