// A real name server behind a datagram recorder; the system's resolver library is the oracle.
import { spawn } from 'node:child_process';
import { Resolver } from 'node:dns/promises';
import { existsSync } from 'node:fs';
import { expect, it } from 'vitest';
import { play } from '../testing/play.ts';
import { protocol } from './parse.ts';
import { bound, record_datagrams } from './testing/datagrams.ts';

const DNSMASQ = '/usr/sbin/dnsmasq';

it.skipIf(!existsSync(DNSMASQ))('agrees with a resolver that asks dnsmasq', async () => {
  const free = await bound();
  const { port } = free.address();
  free.close();
  const settings = ['--keep-in-foreground', '--no-resolv', '--no-hosts', '--conf-file=/dev/null', '--pid-file='];
  const records = ['--address=/a.test/10.1.2.3', '--address=/six.test/fd00::1', '--txt-record=t.test,hello'];
  const more = ['--cname=alias.test,real.test', '--host-record=real.test,10.9.8.7', '--local=/test/'];
  const listen = [`--port=${port}`, '--listen-address=127.0.0.1', '--bind-interfaces', '--user='];
  const server = spawn(DNSMASQ, [...settings, ...records, ...more, ...listen], { stdio: 'ignore' });
  const { port: front, pieces, close } = await record_datagrams(port);
  try {
    const resolver = new Resolver({ timeout: 300, tries: 20 });
    resolver.setServers([`127.0.0.1:${front}`]);
    expect(await resolver.resolve4('a.test')).toEqual(['10.1.2.3']);
    pieces.length = 0;
    await resolver.resolve4('a.test');
    await resolver.resolve6('six.test');
    await resolver.resolveTxt('t.test');
    await resolver.resolve4('alias.test');
    await expect(resolver.resolve4('missing.test')).rejects.toThrow('ENOTFOUND');
  } finally {
    server.kill();
    close();
  }
  const { messages } = play([protocol], pieces, {}, { transport: 'udp' });
  const rows = messages.filter((m) => m.type === 1).map((m) => [m.request_type, m.request_resource, m.response_code]);
  expect(rows).toEqual([
    ['A', 'a.test', 0],
    ['AAAA', 'six.test', 0],
    ['TXT', 't.test', 0],
    ['A', 'alias.test', 0],
    ['A', 'missing.test', 3],
  ]);
  const names = messages.flatMap((m) => m.names ?? []).map((n) => `${n.name} ${n.address}`);
  expect(names).toEqual(['a.test 10.1.2.3', 'six.test fd00::1', 'alias.test 10.9.8.7']);
});
