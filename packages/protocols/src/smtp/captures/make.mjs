// Makes the recordings anew: bundle it with esbuild (nodemailer being installed) and run it with the ports of an Exim (account
// alice, password hidden-word; local domain shop.test; refuses nobody@, defers grey@ and refuses spam in the subject), of a
// Dovecot lmtpd with the accounts alice and bob, and with the path of a configuration of Exim that sends everything to
// 127.0.0.1 port $PORT. Clients: Python's smtplib, nodemailer, Exim.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import nodemailer from 'nodemailer';
import { record, save } from '../../testing/record.ts';

const [exim, lmtp] = process.argv.slice(2).map(Number);
const sender_configuration = process.argv[4];

async function run(command, args, input) {
  const child = spawn(command, args, { stdio: ['pipe', 'inherit', 'inherit'] });
  child.stdin.end(input);
  await once(child, 'close');
}

const PYTHON = `
import smtplib, sys
port = int(sys.argv[1])
def quiet(f, *a, **k):
    try: return f(*a, **k)
    except (smtplib.SMTPException, OSError): pass
head = 'Message-ID: <%s@shop.test>\\nFrom: carol@shop.test\\nSubject: %s\\n\\n'
dots = 'a line\\n.\\n..two\\n.hidden dot\\n' + 'x' * 200 + '\\n' + 'y' * 500 + '\\n'
for user, word in (('alice', 'hidden-word'), ('alice', 'wrong-word')):
    for how in ('auth_plain', 'auth_login', 'auth_cram_md5'):
        s = smtplib.SMTP('127.0.0.1', port); s.ehlo('client.test')
        s.user, s.password = user, word
        name = how[5:].upper().replace('_', '-')
        quiet(s.auth, name, getattr(s, how), initial_response_ok = how != 'auth_plain')
        s.noop()
        s.quit()
s = smtplib.SMTP('127.0.0.1', port); s.helo('client.test')
quiet(s.sendmail, 'carol@shop.test', ['dave@shop.test', 'erin@shop.test'], head % ('one', 'hello') + dots)
quiet(s.sendmail, 'carol@shop.test', ['nobody@shop.test'], head % ('two', 'hello') + dots)
quiet(s.sendmail, 'carol@shop.test', ['grey@shop.test', 'dave@shop.test'], head % ('three', 'hello') + dots)
quiet(s.sendmail, 'carol@shop.test', ['dave@elsewhere.test'], head % ('four', 'hello') + dots)
quiet(s.sendmail, 'carol@shop.test', ['dave@shop.test'], head % ('five', 'spam') + dots)
s.verify('dave@shop.test'); s.expn('everyone'); s.help(); s.docmd('BOGUS', 'words'); s.docmd('DATA'); s.noop(); s.rset()
quiet(s.sendmail, '', ['dave@shop.test'], head % ('six', 'bounce') + dots)
s.quit()
s = smtplib.SMTP('127.0.0.1', port); s.ehlo('client.test')
quiet(s.sendmail, 'carol@shop.test', ['dave@shop.test'], head % ('seven', 'eight bits') + dots, ['BODY=8BITMIME'])
quiet(s.sendmail, 'carol@shop.test', ['dave@shop.test'], head % ('eight', 'long') + dots * 20)
s.send('RSET\\r\\nRSET\\r\\nNOOP\\r\\n'); s.getreply(); s.getreply(); s.getreply()
s.send('NOOP\\r\\nRSET\\r\\n'); s.getreply()
`;

{
  const recorder = await record(exim);
  await run('python3', ['-', String(recorder.port)], PYTHON);
  save(new URL('smtplib.json', import.meta.url), await recorder.stop('Exim 4.96, Python smtplib'));
}
{
  const recorder = await record(exim);
  const mail = { from: 'carol@shop.test', to: ['dave@shop.test', 'nobody@shop.test'], subject: 'a', text: '.\nb\n' };
  const auth = { user: 'alice', pass: 'hidden-word' };
  for (const more of [
    { ignoreTLS: true, auth },
    { requireTLS: true, auth },
  ]) {
    const sender = nodemailer.createTransport({
      host: '127.0.0.1',
      port: recorder.port,
      tls: { rejectUnauthorized: false },
      pool: true,
      maxConnections: 1,
      ...more,
    });
    for (let i = 0; i < 2; i++) await sender.sendMail({ ...mail, messageId: `<n${i}@shop.test>` });
    sender.close();
  }
  save(new URL('nodemailer.json', import.meta.url), await recorder.stop('Exim 4.96, nodemailer 10'));
}
{
  const recorder = await record(exim);
  const send = async (to, subject, lines) => {
    const text = `From: carol@shop.test\nSubject: ${subject}\n\n${'.\nsome words\n'.repeat(lines)}`;
    const args = ['-C', sender_configuration, `-DPORT=${recorder.port}`, '-odi', '-oi', '-f', 'carol@shop.test', ...to];
    await run('/usr/sbin/exim4', args, text);
  };
  await send(['dave@shop.test', 'erin@shop.test', 'frank@shop.test'], 'chunks', 5);
  await send(['dave@shop.test', 'nobody@shop.test'], 'chunks', 1500);
  await send(['nobody@shop.test'], 'refused', 1);
  save(new URL('chunking.json', import.meta.url), await recorder.stop('Exim 4.96 on both sides'));
}
{
  const recorder = await record(lmtp);
  const sender = nodemailer.createTransport({
    host: '127.0.0.1',
    port: recorder.port,
    ignoreTLS: true,
    lmtp: true,
    pool: true,
    maxConnections: 1,
  });
  for (const to of [['alice', 'bob'], ['alice', 'nobody', 'bob'], ['nobody'], ['bob']])
    await sender
      .sendMail({ from: 'carol@shop.test', to: to.map((who) => `${who}@shop.test`), text: 'a\n' })
      .catch(() => 0);
  sender.close();
  save(new URL('lmtp.json', import.meta.url), await recorder.stop('Dovecot 2.3.19 lmtpd, nodemailer 10'));
}
process.exit(0);
