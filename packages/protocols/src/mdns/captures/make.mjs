// Makes the recordings anew: bundle it with esbuild (multicast-dns being installed) and run it by `make.sh` beside it, which
// makes two network namespaces with a cable between them: in one avahi-daemon (10.77.0.1) announces, answers and says
// goodbye; in the other (10.77.0.2) multicast-dns and Node's resolver ask. `group.json` is what passed on the group, all in one
// direction; `by-port/direct.json` one resolver that asks the daemon itself:
// that is DNS but for the port.
import { spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { Resolver } from 'node:dns/promises';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import multicast_dns from 'multicast-dns';
import { save } from '../../testing/record.ts';

const [DAEMON, ADDRESS] = ['10.77.0.1', '10.77.0.2'];
/** A process of the daemon's namespace. */
const there = process.argv[2];
const configuration = '/tmp/sonde-avahi.conf';
writeFileSync(
  configuration,
  '[server]\nhost-name=printer\nuse-ipv6=no\nenable-dbus=no\nallow-interfaces=d0\n[publish]\npublish-hinfo=yes\n',
);
const start = () =>
  spawn(
    'nsenter',
    ['-t', there, '-n', '/usr/sbin/avahi-daemon', '-f', configuration, '--no-drop-root', '--no-chroot', '--no-rlimits'],
    { stdio: 'ignore' },
  );

const first = start();
await wait(5000);
const direct = [];
const [front, back] = [createSocket('udp4'), createSocket('udp4')];
front.bind(0, '127.0.0.1');
back.bind(0, ADDRESS);
await Promise.all([once(front, 'listening'), once(back, 'listening')]);
let client = 0;
front.on('message', (bytes, from) => {
  client = from.port;
  direct.push([0, bytes.toString('base64')]);
  back.send(bytes, 5353, DAEMON);
});
back.on('message', (bytes) => {
  direct.push([1, bytes.toString('base64')]);
  front.send(bytes, client, '127.0.0.1');
});
const resolver = new Resolver({ timeout: 1500, tries: 1 });
resolver.setServers([`127.0.0.1:${front.address().port}`]);
await resolver.resolve4('printer.local').catch(console.error);
await resolver.resolvePtr('_ipp._tcp.local').catch(console.error);
await resolver.resolveTxt('Printer._ipp._tcp.local').catch(console.error);
await resolver.resolve4('missing.local').catch(() => 0);
await resolver.resolvePtr('1.0.77.10.in-addr.arpa').catch(console.error);
front.close();
back.close();
first.kill();
if (first.exitCode === null) await once(first, 'exit');

const group = [];
const listener = createSocket({ type: 'udp4', reuseAddr: true });
listener.on('message', (bytes) => group.push([0, bytes.toString('base64')]));
listener.bind(5353);
await once(listener, 'listening');
listener.addMembership('224.0.0.251', ADDRESS);
const second = start();
await wait(6000);
const asker = multicast_dns({ interface: ADDRESS, loopback: true });
await once(asker, 'ready').catch(() => 0);
asker.query('_ipp._tcp.local', 'PTR');
await wait(700);
asker.query([
  { name: 'printer.local', type: 'A' },
  { name: 'Printer._ipp._tcp.local', type: 'SRV' },
  { name: 'Printer._ipp._tcp.local', type: 'TXT' },
]);
await wait(700);
const known = { name: '_ipp._tcp.local', type: 'PTR', ttl: 4500, data: 'Printer._ipp._tcp.local' };
asker.query({ questions: [{ name: '_ipp._tcp.local', type: 'PTR' }], answers: [known] });
await wait(700);
asker.query({ id: 77, questions: [{ name: 'missing.local', type: 'ANY' }] });
await wait(500);
second.kill();
if (second.exitCode === null) await once(second, 'exit');
await wait(500);
const made_with = 'avahi-daemon 0.8, multicast-dns 7 and c-ares of Node 20';
save(new URL('group.json', import.meta.url), { made_with, connections: [group] });
save(new URL('by-port/direct.json', import.meta.url), { made_with, connections: [direct] });
process.exit(0);
