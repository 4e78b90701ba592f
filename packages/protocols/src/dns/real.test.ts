// A real name server behind a datagram recorder; the system's resolver library is the oracle.
import { spawn } from 'node:child_process';
import { createSocket, type Socket } from 'node:dgram';
import { Resolver } from 'node:dns/promises';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { expect, it } from 'vitest';
import { TO_CLIENT, TO_SERVER } from '../protocol.ts';
import { type PlayedPiece, play } from '../testing/play.ts';
import { protocol } from './parse.ts';

const DNSMASQ = '/usr/sbin/dnsmasq';

async function bound(): Promise<Socket> {
  const socket = createSocket('udp4');
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return socket;
}

/** Forwards datagrams to `port` and notes them. */
async function recorder(port: number): Promise<{ front: Socket; pieces: PlayedPiece[]; close(): void }> {
  const pieces: PlayedPiece[] = [];
  const [front, back] = [await bound(), await bound()];
  let client = 0;
  front.on('message', (bytes, from) => {
    client = from.port;
    pieces.push({ direction: TO_SERVER, bytes });
    back.send(bytes, port, '127.0.0.1');
  });
  back.on('message', (bytes) => {
    pieces.push({ direction: TO_CLIENT, bytes });
    front.send(bytes, client, '127.0.0.1');
  });
  return {
    front,
    pieces,
    close() {
      front.close();
      back.close();
    },
  };
}

it.skipIf(!existsSync(DNSMASQ))('agrees with a resolver that asks dnsmasq', async () => {
  const free = await bound();
  const { port } = free.address();
  free.close();
  const settings = ['--keep-in-foreground', '--no-resolv', '--no-hosts', '--conf-file=/dev/null', '--pid-file='];
  const records = ['--address=/a.test/10.1.2.3', '--address=/six.test/fd00::1', '--txt-record=t.test,hello'];
  const more = ['--cname=alias.test,real.test', '--host-record=real.test,10.9.8.7', '--local=/test/'];
  const listen = [`--port=${port}`, '--listen-address=127.0.0.1', '--bind-interfaces', '--user='];
  const server = spawn(DNSMASQ, [...settings, ...records, ...more, ...listen], { stdio: 'ignore' });
  const { front, pieces, close } = await recorder(port);
  try {
    const resolver = new Resolver({ timeout: 300, tries: 20 });
    resolver.setServers([`127.0.0.1:${front.address().port}`]);
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
