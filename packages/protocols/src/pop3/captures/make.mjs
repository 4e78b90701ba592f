// Makes the recording anew: bundle it with esbuild (node-pop3 being installed) and run it with the port of a Dovecot pop3d
// that has the accounts alice and bob, password hidden-word, alice with four messages. Clients: Python's poplib, node-pop3.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import Pop3Command from 'node-pop3';
import { record, save } from '../../testing/record.ts';

const server = Number(process.argv[2]);
const PYTHON = `
import poplib, sys, ssl, base64
port = int(sys.argv[1])
def quiet(f, *a):
    try: return f(*a)
    except poplib.error_proto: pass
p = poplib.POP3('127.0.0.1', port)
p.capa(); quiet(p.user, 'alice'); quiet(p.pass_, 'hidden-word')
p.stat(); p.list(); p.list(2); p.uidl(); p.uidl(1); p.retr(1); p.top(2, 1); quiet(p.retr, 99); p.noop()
p.dele(3); quiet(p.list, 3); p.rset(); quiet(p._shortcmd, 'XBOGUS secret'); p.noop()
p.sock.sendall(b'NOOP\\r\\nSTAT\\r\\nRETR 2\\r\\nLIST\\r\\nNOOP\\r\\n')
p._getresp(); p._getresp(); p._getlongresp(); p._getlongresp(); p._getresp(); p.noop()
p.quit()
p = poplib.POP3('127.0.0.1', port); quiet(p.user, 'alice'); quiet(p.pass_, 'wrong-word'); p.quit()
p = poplib.POP3('127.0.0.1', port); p._shortcmd('AUTH PLAIN ' + base64.b64encode(b'\\0alice\\0hidden-word').decode()); p.stat(); p.quit()
p = poplib.POP3('127.0.0.1', port); p._putcmd('AUTH LOGIN'); p._getline()
p._putline(base64.b64encode(b'alice')); p._getline(); p._shortcmd(base64.b64encode(b'hidden-word').decode()); p.noop(); p.retr(1); p.noop(); p.quit()
p = poplib.POP3('127.0.0.1', port); p._putcmd('AUTH CRAM-MD5'); p._getline(); quiet(p._shortcmd, '*'); p.quit()
c = ssl.create_default_context(); c.check_hostname = False; c.verify_mode = ssl.CERT_NONE
p = poplib.POP3('127.0.0.1', port); p.capa(); p.stls(c); p.user('alice'); p.pass_('hidden-word'); p.stat(); p.quit()
`;

{
  const recorder = await record(server);
  const child = spawn('python3', ['-', String(recorder.port)], { stdio: ['pipe', 'inherit', 'inherit'] });
  child.stdin.end(PYTHON);
  await once(child, 'close');
  save(new URL('poplib.json', import.meta.url), await recorder.stop('Dovecot 2.3.19 pop3d, Python poplib'));
}
{
  const recorder = await record(server);
  const client = new Pop3Command({ user: 'alice', password: 'hidden-word', host: '127.0.0.1', port: recorder.port });
  await client.UIDL();
  await client.RETR(1);
  await client.TOP(2, 3);
  await client.QUIT();
  save(new URL('node-pop3.json', import.meta.url), await recorder.stop('Dovecot 2.3.19 pop3d, node-pop3'));
}
process.exit(0);
