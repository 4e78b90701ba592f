// Debian's ping on the live kernel, through datagram and through raw sockets, in network namespaces of the test's own: a host and
// a router that refuses. Each echo is one call, whatever else the host's sockets are given.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DEFAULT_SETTINGS } from '@sonde/records';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Counters, type Flow } from './call.ts';
import { EbpfCapture } from './capture/ebpf/ebpf.ts';
import { TRANSPORT } from './capture/event.ts';
import { Clock } from './clock.ts';
import { Parse } from './parse/parse.ts';
import { parse_settings } from './parse/settings.ts';
import { Sessions } from './session/sessions.ts';

const PING = '/usr/bin/ping';
const ready =
  process.getuid?.() === 0 && [PING, '/sys/kernel/btf/vmlinux', '/usr/bin/clang', '/usr/sbin/ip'].every(existsSync);
const HOST = `sonde-echo-${process.pid}-h`;
const ROUTER = `sonde-echo-${process.pid}-r`;
const [OK, TIMEOUT, SERVER_ERROR, UNKNOWN] = [0, 2, 3, 5];

interface Seen {
  to: string;
  transport: number;
  port: number;
  identifier: string | undefined;
  sequence: number | undefined;
  status: number;
  said: string | undefined;
  us: number;
}

function address(flow: Flow): string {
  if (flow.family === 4) return flow.remote.subarray(0, 4).join('.');
  return Buffer.from(flow.remote).toString('hex');
}

describe.skipIf(!ready)('echoes', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sonde-echo-'));
  const ip = (...args: string[]) => execFileSync('/usr/sbin/ip', args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const within = (name: string, ...args: string[]) => ip('netns', 'exec', name, ...args);
  const counters = new Counters();
  let seen: Seen[] = [];
  let pids = new Set<number>();
  let capture: EbpfCapture;
  let parse: Parse;
  let sessions: Sessions;

  beforeAll(() => {
    for (const name of [HOST, ROUTER]) {
      ip('netns', 'add', name);
      ip('-n', name, 'link', 'set', 'lo', 'up');
    }
    ip('link', 'add', 'v', 'netns', HOST, 'type', 'veth', 'peer', 'name', 'w', 'netns', ROUTER);
    for (const [name, link, host] of [
      [HOST, 'v', 1],
      [ROUTER, 'w', 2],
    ] as const) {
      ip('-n', name, 'address', 'add', `10.9.1.${host}/24`, 'dev', link);
      ip('-n', name, 'address', 'add', `fd00:9:1::${host}/64`, 'dev', link, 'nodad');
      ip('-n', name, 'link', 'set', link, 'up');
    }
    ip('-n', HOST, 'route', 'add', 'default', 'via', '10.9.1.2');
    ip('-n', HOST, 'route', 'add', 'default', 'via', 'fd00:9:1::2');
    for (const [kind, net] of [
      ['prohibit', 4],
      ['blackhole', 5],
    ] as const) {
      ip('-n', ROUTER, 'route', 'add', kind, `10.9.${net}.0/24`);
      ip('-n', ROUTER, 'route', 'add', kind, `fd00:9:${net}::/64`);
    }
    within(ROUTER, 'sysctl', '-qw', 'net.ipv4.ip_forward=1', 'net.ipv6.conf.all.forwarding=1');
    execFileSync('sh', [join(import.meta.dirname, '../bpf/build.sh'), folder]);
    capture = EbpfCapture.open({ object_path: join(folder, 'sonde.bpf.o'), default_bytes: 16_384 });
  });

  afterAll(() => {
    capture?.close();
    for (const name of [HOST, ROUTER]) ip('netns', 'delete', name);
    rmSync(folder, { recursive: true });
  });

  beforeEach(() => {
    seen = [];
    pids = new Set();
    sessions = new Sessions((flow, _card, request, response, status) => {
      seen.push({
        to: address(flow),
        transport: flow.transport,
        port: flow.is_client ? flow.local_port : -1,
        identifier: request?.request_resource,
        sequence: request?.request_id ?? response?.request_id,
        status,
        said: response?.response_exception,
        us: ((response?.begin_ns ?? 0) - (request?.begin_ns ?? 0)) / 1000,
      });
    }, counters);
    parse = new Parse(
      parse_settings(DEFAULT_SETTINGS, [], new Clock()),
      {
        message: (flow, message, card) => sessions.message(flow, message, card),
        disorder: (flow, now_ns) => sessions.disorder(flow, now_ns),
        begin: () => undefined,
        end: (flow, now_ns) => sessions.close(flow, now_ns),
        verdict: (socket_id, bytes) => capture.verdict(socket_id, bytes),
        skip: () => undefined,
        listening: () => false,
      },
      counters,
    );
  });

  /** Which kind of socket ping uses is what the namespace allows; it says so itself. */
  function sockets(kind: 'datagram' | 'raw'): void {
    within(HOST, 'sysctl', '-qw', `net.ipv4.ping_group_range=${kind === 'datagram' ? '0 0' : '1 0'}`);
    const said = within(HOST, 'sh', '-c', `${PING} -4 -v -c 1 127.0.0.1 2>&1`).toString();
    expect(said).toContain(kind === 'datagram' ? 'SOCK_DGRAM' : 'SOCK_RAW');
  }

  async function ping(...args: string[]): Promise<void> {
    const command = ['netns', 'exec', HOST, PING, '-n', '-i', '0.2', '-W', '1', ...args];
    const child = spawn('/usr/sbin/ip', command, { stdio: 'ignore' });
    pids.add(child.pid!);
    await once(child, 'exit');
  }

  function drain(): void {
    const take = (event: { kind: string; pid: number }): boolean => event.kind === 'data' && pids.has(event.pid);
    capture.drain((event) => {
      if (take(event) && event.kind === 'data' && event.socket.transport !== TRANSPORT.udp) parse.data(event);
    }, 1e6);
  }

  describe.each(['datagram', 'raw'] as const)('%s sockets', (kind) => {
    it.each([
      ['127.0.0.1', '127.0.0.1', TRANSPORT.icmp],
      ['10.9.1.2', '10.9.1.2', TRANSPORT.icmp],
      ['::1', '00000000000000000000000000000001', TRANSPORT.icmp6],
      ['fd00:9:1::2', 'fd000009000100000000000000000002', TRANSPORT.icmp6],
    ])('each echo to %s is one call', async (target, to, transport) => {
      sockets(kind);
      await ping('-c', '3', target);
      drain();
      expect(seen.map(({ to, transport, sequence, status }) => ({ to, transport, sequence, status }))).toEqual(
        [1, 2, 3].map((sequence) => ({ to, transport, sequence, status: OK })),
      );
      expect(new Set(seen.map(({ identifier }) => identifier)).size).toBe(1);
      // The identifier on the wire, also where the kernel chose it.
      expect(seen[0]!.port).toBe(Number(seen[0]!.identifier));
      expect(seen[0]!.port).toBeGreaterThan(0);
      for (const { us } of seen) expect(us).toBeGreaterThan(0);
      for (const { us } of seen) expect(us).toBeLessThan(100_000);
    });

    it('an echo without a reply is a timeout', async () => {
      sockets(kind);
      await ping('-c', '2', '10.9.5.1');
      drain();
      expect(seen).toEqual([]);
      const now_ns = Number(process.hrtime.bigint());
      sessions.tick(now_ns);
      sessions.tick(now_ns + 12e9);
      expect(seen.map(({ sequence, status }) => [sequence, status])).toEqual([
        [1, TIMEOUT],
        [2, TIMEOUT],
      ]);
    });

    it('several at once keep their own', async () => {
      sockets(kind);
      const targets = ['127.0.0.1', '127.0.0.2', '127.0.0.3', '10.9.1.2'];
      await Promise.all(targets.map((target) => ping('-c', '4', target)));
      drain();
      for (const target of targets) {
        const own = seen.filter(({ to }) => to === target);
        expect(own.map(({ sequence, status }) => [sequence, status])).toEqual([1, 2, 3, 4].map((n) => [n, OK]));
      }
      expect(seen).toHaveLength(16);
      expect(counters.get('events_lost')).toBe(0);
    });
  });

  it('a refusal that a raw socket reads is the answer of whom it was about', async () => {
    sockets('raw');
    // After one it leaves with what the error queue told, and reads no more.
    await ping('-c', '3', '10.9.4.1');
    drain();
    const said = 'destination unreachable: communication prohibited';
    expect(seen[0]).toMatchObject({ to: '10.9.4.1', sequence: 1, status: SERVER_ERROR, said });
  });

  // Datagram sockets get no other, and ping filters the others out where it is IPv6.
  it('a refusal that comes by the error queue is not seen: the echo waits', async () => {
    sockets('datagram');
    await ping('-c', '1', '10.9.4.1');
    drain();
    expect(seen).toEqual([]);
    parse.close(Number(process.hrtime.bigint()));
    expect(seen.map(({ status }) => status)).toEqual([UNKNOWN]);
  });

  it('counts what raw sockets were given of others', () => {
    expect(capture.counters().get('icmp_aside')![0]).toBeGreaterThan(0);
  });
});
