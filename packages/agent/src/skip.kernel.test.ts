// A body of a gigabyte on the live kernel: nothing of it that matters passes through the ring, and nothing is missed.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { DEFAULT_SETTINGS } from '@sonde/records';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Clock } from './clock.ts';
import { Counters } from './call.ts';
import { EbpfCapture } from './capture/ebpf/ebpf.ts';
import { type CaptureEvent, EGRESS } from './capture/event.ts';
import { Parse } from './parse/parse.ts';
import { parse_settings } from './parse/settings.ts';

const GIGABYTE = 2 ** 30;
const ready = process.getuid?.() === 0 && existsSync('/sys/kernel/btf/vmlinux') && existsSync('/usr/bin/clang');

/** One keep-alive connection: a small answer, a large one that waits for a line on stdin after its head, a small one. */
const CLIENT = `
const { Agent, get } = require('node:http');
const agent = new Agent({ keepAlive: true, maxSockets: 1 });
const ask = (path, ready) => new Promise((done, fail) => get({ host: '127.0.0.1', port: PORT, path, agent }, async (res) => {
  await ready?.();
  let bytes = 0;
  res.on('data', (chunk) => { bytes += chunk.length; });
  res.on('end', () => done(bytes));
}).on('error', fail));
const line = () => { console.log('head'); return new Promise((go) => process.stdin.once('data', go)); };
(async () => {
  await ask('/before');
  console.log(await ask('/big', line));
  await ask('/after');
  process.exit(0);
})();`;

describe.skipIf(!ready || !existsSync('/usr/sbin/nginx'))('a large body', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sonde-skip-'));
  const counters = new Counters();
  const messages: string[] = [];
  /** By direction: bytes moved and bytes captured. */
  const moved = [0, 0];
  const captured = [0, 0];
  let port = 0;
  let capture: EbpfCapture;
  let nginx: ReturnType<typeof spawn>;
  let draining: NodeJS.Timeout;

  beforeAll(async () => {
    execFileSync('sh', [join(import.meta.dirname, '../bpf/build.sh'), folder]);
    const probe = createServer().listen(0, '127.0.0.1');
    await once(probe, 'listening');
    port = (probe.address() as { port: number }).port;
    probe.close();
    writeFileSync(join(folder, 'big'), '');
    truncateSync(join(folder, 'big'), GIGABYTE);
    writeFileSync(
      join(folder, 'nginx.conf'),
      `daemon off; user root; worker_processes 1; pid ${folder}/pid; error_log ${folder}/error.log;
events {} http { access_log off; sendfile off; server { listen 127.0.0.1:${port}; root ${folder};
location = /big { } location / { return 200 "fine"; } } }`,
    );
    capture = EbpfCapture.open({ object_path: join(folder, 'sonde.bpf.o'), default_bytes: 16_384 });
    watch();
    nginx = spawn('/usr/sbin/nginx', ['-c', join(folder, 'nginx.conf'), '-p', folder], { stdio: 'ignore' });
    await sleep(500);
  });

  afterAll(async () => {
    clearInterval(draining);
    capture?.close();
    nginx?.kill();
    if (nginx) await once(nginx, 'exit');
    rmSync(folder, { recursive: true });
  });

  function watch(): void {
    const parse = new Parse(
      parse_settings(DEFAULT_SETTINGS, [], new Clock()),
      {
        message: (flow, { request_resource, response_code }) => {
          messages.push(`${flow.is_client ? 'client' : 'server'} ${request_resource ?? response_code}`);
        },
        disorder: () => counters.add('disorder'),
        begin: () => undefined,
        end: () => undefined,
        verdict: (socket_id, bytes) => capture.verdict(socket_id, bytes),
        skip: (socket_id, direction, until_seq) => capture.skip(socket_id, direction, until_seq),
        listening: () => false,
      },
      counters,
    );
    const take = (event: CaptureEvent): void => {
      if (!('socket' in event) || (event.socket.local_port !== port && event.socket.remote_port !== port)) return;
      if (event.kind !== 'data') {
        parse.socket(event);
        return;
      }
      const side = event.direction === EGRESS ? 0 : 1;
      moved[side]! += event.length;
      captured[side]! += event.end - event.start;
      parse.data(event);
    };
    draining = setInterval(() => {
      while (capture.drain(take, 10_000) > 0);
      parse.tick(Number(process.hrtime.bigint()));
    }, 5);
  }

  const lost = (name: string): number => (capture.counters().get(name) ?? []).reduce((a, b) => a + b, 0);

  it('costs next to nothing, and its neighbours on the connection are whole', async () => {
    const client = spawn(process.execPath, ['-e', CLIENT.replace('PORT', String(port))], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const gone = once(client, 'exit');
    await once(client.stdout, 'data');
    // The sockets' buffers are full and the position has gone down: from here on the measure is exact.
    await sleep(300);
    const before = [...captured];
    const ring_full = lost('ring_full');
    client.stdin.write('go\n');
    const [bytes] = await once(client.stdout, 'data');
    expect(Number(bytes)).toBe(GIGABYTE);
    expect((await gone)[0]).toBe(0);
    await sleep(300);
    const own = (end: string): string[] => messages.filter((m) => m.startsWith(end)).map((m) => m.split(' ')[1]!);
    for (const end of ['client', 'server'])
      expect(own(end)).toEqual(['/before', '200', '/big', '200', '/after', '200']);
    for (const name of ['boundary_lost', 'gaps', 'events_lost']) expect(counters.get(name), name).toBe(0);
    expect(lost('ring_full') - ring_full).toBe(0);
    for (const side of [0, 1]) {
      expect(moved[side]).toBeGreaterThan(GIGABYTE);
      expect((captured[side]! - before[side]!) / GIGABYTE, `captured, direction ${side}`).toBeLessThan(0.005);
    }
  });
});
