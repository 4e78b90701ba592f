// Makes the recordings anew: `npx tsx make.ts`, or with any runner of TypeScript. dnsmasq answers; c-ares (Node's resolver) and
// dig ask.
import { execFile, spawn } from 'node:child_process';
import { Resolver } from 'node:dns/promises';
import { setTimeout as wait } from 'node:timers/promises';
import { promisify } from 'node:util';
import { record, save } from '../../testing/record.ts';
import { bound, record_datagrams } from '../testing/datagrams.ts';

const run = promisify(execFile);

const free = await bound();
const { port } = free.address();
free.close();
const records = [
  '--address=/a.test/10.1.2.3',
  '--address=/six.test/fd00::1',
  '--txt-record=t.test,hello,world',
  '--cname=alias.test,real.test',
  '--host-record=real.test,10.9.8.7,fd00::2',
  '--mx-host=mail.test,mx.mail.test,10',
  '--srv-host=_http._tcp.test,real.test,80,1,2',
  '--caa-record=c.test,0,issue,ca.test',
  '--ptr-record=7.8.9.10.in-addr.arpa,real.test',
  '--local=/test/',
];
const settings = [
  '--keep-in-foreground',
  '--no-resolv',
  '--no-hosts',
  '--conf-file=/dev/null',
  '--pid-file=',
  '--user=',
];
const listen = [`--port=${port}`, '--listen-address=127.0.0.1', '--bind-interfaces'];
const server = spawn('/usr/sbin/dnsmasq', [...settings, ...records, ...listen], { stdio: 'ignore' });
await wait(500);

const datagrams = await record_datagrams(port);
const resolver = new Resolver({ timeout: 1000, tries: 2 });
resolver.setServers([`127.0.0.1:${datagrams.port}`]);
for (const name of ['a.test', 'alias.test', 'real.test', 'missing.test', 'else.example']) {
  await resolver.resolve4(name).catch(() => undefined);
  await resolver.resolve6(name).catch(() => undefined);
}
await resolver.resolveTxt('t.test');
await resolver.resolveMx('mail.test');
await resolver.resolveSrv('_http._tcp.test');
await resolver.resolveCaa('c.test');
await resolver.reverse('10.9.8.7');
const dig = ['@127.0.0.1', '+tries=1'];
await run('dig', [...dig, `-p${datagrams.port}`, 'six.test', 'AAAA']);
await run('dig', [...dig, `-p${datagrams.port}`, '+dnssec', 'real.test', 'A']);
datagrams.close();
const pieces = datagrams.pieces.map(({ direction, bytes }): [0 | 1, string] => [
  direction,
  Buffer.from(bytes).toString('base64'),
]);
save(new URL('udp.json', import.meta.url), {
  made_with: 'dnsmasq 2.90, c-ares of node 20 and dig 9.18',
  connections: [pieces],
});

const recorder = await record(port);
const questions = ['a.test', 'A', 'six.test', 'AAAA', 'alias.test', 'A', 't.test', 'TXT', 'missing.test', 'A'];
await run('dig', [...dig, `-p${recorder.port}`, '+tcp', '+keepopen', ...questions]);
await wait(100);
server.kill();
save(new URL('tcp.json', import.meta.url), await recorder.stop('dnsmasq 2.90, dig 9.18'));
process.exit(0);
