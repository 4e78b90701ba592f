// The whole agent on the live kernel, with real servers and clients, against a server that keeps what it gets.
// Whoever makes traffic is started before the agent: the agent does not observe this process (it is the server) nor what
// it starts later.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Row, Sink, sum } from './testing/sink.ts';

const ROOT = new URL('../../../', import.meta.url).pathname;
const has = (file: string): boolean => ['/usr/sbin', '/usr/bin'].some((folder) => existsSync(join(folder, file)));
const ready = process.getuid?.() === 0 && existsSync('/sys/kernel/btf/vmlinux') && existsSync('/usr/bin/clang');

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
async function until(what: string, done: () => boolean, ms = 20_000): Promise<void> {
  for (const end = Date.now() + ms; !done(); await sleep(250))
    if (Date.now() > end) throw new Error(`not yet: ${what}`);
}
async function free_port(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}
async function gone(child: ChildProcess | undefined, signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
  if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const closed = new Promise((resolve) => child.once('exit', resolve));
  child.kill(signal);
  await closed;
}

/** A shell that runs what it is told, one command at a time, under its own name. */
class Hand {
  private readonly shell = spawn('bash', [], { stdio: ['pipe', 'pipe', 'inherit'] });
  private out = '';

  constructor() {
    this.shell.stdout.on('data', (part: Buffer) => {
      this.out += part.toString();
    });
  }

  async run(command: string): Promise<string> {
    this.out = '';
    this.shell.stdin.write(`${command}\necho "done $?"\n`);
    await until(command, () => /done \d+\n$/.test(this.out), 60_000);
    return this.out;
  }

  stop(): Promise<void> {
    return gone(this.shell);
  }
}

describe.skipIf(!ready || !has('nginx') || !has('ab') || !has('redis-server'))('agent on the live kernel', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sonde-agent-'));
  const sink = new Sink();
  const hand = new Hand();
  let nginx: ChildProcess;
  let redis: ChildProcess;
  let agent: ChildProcess | undefined;
  let [http, resp, door] = [0, 0, 0];

  async function start_agent(): Promise<void> {
    const before = sink.syncs.length;
    const args = ['--server', `http://127.0.0.1:${door}`, '--data', join(folder, 'agent')];
    const object = join(folder, 'bpf/sonde.bpf.o');
    agent = spawn(process.execPath, [join(folder, 'agent.mjs'), ...args, '--object', object], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    await until('the agent reports', () => sink.syncs.length > before);
    expect(sink.syncs.at(-1)?.problems).toEqual([]);
    expect(sink.syncs.at(-1)?.state).toBe('running');
  }

  beforeAll(async () => {
    execFileSync('sh', [join(ROOT, 'packages/agent/bpf/build.sh'), join(folder, 'bpf')]);
    const { build } = await import('esbuild');
    await build({
      entryPoints: [join(ROOT, 'packages/agent/src/main.ts')],
      outfile: join(folder, 'agent.mjs'),
      bundle: true,
      platform: 'node',
      format: 'esm',
      external: ['koffi'],
      banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
      plugins: [
        {
          name: 'koffi-of-the-repository',
          setup: (b) => {
            const path = join(ROOT, 'node_modules/koffi/index.js');
            b.onResolve({ filter: /^koffi$/ }, () => ({ path, external: true }));
          },
        },
      ],
    });
    [http, resp] = [await free_port(), await free_port()];
    door = await sink.start();
    writeFileSync(
      join(folder, 'nginx.conf'),
      `daemon off; pid ${folder}/nginx.pid; error_log ${folder}/error.log; worker_processes 2;
      events { worker_connections 512; }
      http { access_log off; keepalive_requests 1000000;
        server { listen 127.0.0.1:${http}; location / { return 200 "hello"; } location /missing { return 404; }
          location /broken { return 503; } } }`,
    );
    nginx = spawn('nginx', ['-c', join(folder, 'nginx.conf'), '-p', folder], { stdio: 'ignore' });
    redis = spawn('redis-server', ['--port', String(resp), '--save', '', '--bind', '127.0.0.1', '--dir', folder], {
      stdio: 'ignore',
    });
    await sleep(500);
    await start_agent();
  });

  afterAll(async () => {
    await gone(agent);
    await Promise.all([gone(nginx), gone(redis), hand.stop()]);
    await sink.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const log = (port: number, point: string): Row[] =>
    sink.rows('l7_flow_log').filter((r) => r.server_port === port && r.observation_point === point);
  const requests = (table: string, interval: number, port: number, where: (row: Row) => boolean): number =>
    sum(sink.rows(table, interval), 'request', (row) => row.server_port === port && where(row));

  it('gives exactly one row a request at each end, and exact metrics at 1s and 1m', async () => {
    await hand.run(`ab -q -k -c 50 -n 20000 http://127.0.0.1:${http}/users/17 >/dev/null`);
    await hand.run(`ab -q -k -c 10 -n 300 http://127.0.0.1:${http}/missing >/dev/null`);
    await hand.run(`ab -q -c 10 -n 200 http://127.0.0.1:${http}/broken >/dev/null`);
    const total = 20_500;
    const all_in = (table: string, interval: number) => requests(table, interval, http, () => true) >= 2 * total;
    await until('all metrics are there', () =>
      [1, 60].every((interval) => all_in('application_map', interval) && all_in('application', interval)),
    );
    for (const point of ['c-p', 's-p']) {
      const rows = log(http, point);
      expect(rows).toHaveLength(total);
      const of_code = (code: number) => rows.filter((r) => r.response_code === code).length;
      expect([200, 404, 503].map(of_code)).toEqual([20_000, 300, 200]);
      expect(rows.every((r) => Number(r.response_duration) > 0 && r.type === 2)).toBe(true);
      // One call a message here, shorter than what is captured of it.
      expect(rows.every((r) => r.captured_request_byte === Number(r.request_length))).toBe(true);
      expect(rows.every((r) => Number(r.captured_response_byte) > 0)).toBe(true);
      const entities = new Set(
        rows.map((r) => `${(r.entity_0 as { name: string }).name} ${(r.entity_1 as { name: string }).name}`),
      );
      expect([...entities]).toEqual(['ab nginx']);
    }
    for (const interval of [1, 60]) {
      for (const point of ['c-p', 's-p']) {
        expect(requests('application_map', interval, http, (r) => r.observation_point === point)).toBe(total);
      }
      for (const role of [0, 1]) expect(requests('application', interval, http, (r) => r.role === role)).toBe(total);
      const map = sink.rows('application_map', interval).filter((r) => r.server_port === http);
      expect(sum(map, 'client_error')).toBe(600);
      expect(sum(map, 'server_error')).toBe(400);
      // At least 50 + 10 keep-alive connections and one for each of the rest; the same number at both ends.
      const made = (point: string) => sum(map, 'new_flow', (r) => r.observation_point === point);
      expect(made('c-p')).toBeGreaterThanOrEqual(260);
      expect(made('s-p')).toBe(made('c-p'));
      const endpoints = new Set(map.filter((r) => Number(r.request) > 0).map((r) => r.endpoint));
      expect(endpoints).toEqual(new Set(['/users/*', '/missing', '/broken']));
    }
    // The same bytes at both ends carry the same position.
    const positions = new Set(log(http, 's-p').map((r) => r.req_tcp_seq));
    expect(log(http, 'c-p').every((r) => positions.has(r.req_tcp_seq))).toBe(true);
  });

  it('counts pipelines of Redis exactly', async () => {
    await hand.run(`redis-benchmark -p ${resp} -t set -n 20000 -P 100 -c 5 -q >/dev/null`);
    const sets = (point: string) => log(resp, point).filter((r) => r.request_type === 'SET');
    await until('all rows', () => sets('c-p').length >= 20_000 && sets('s-p').length >= 20_000);
    for (const point of ['c-p', 's-p']) {
      expect(sets(point)).toHaveLength(20_000);
      expect(sets(point).every((r) => r.type === 2 && r.response_status === 0)).toBe(true);
    }
  });

  it('shows a request in all tables within 5 s', async () => {
    const begin = Date.now();
    await hand.run(`curl -s http://127.0.0.1:${http}/visible >/dev/null`);
    const seen = (table: string, interval: number): boolean =>
      sink.rows(table, interval).some((r) => r.endpoint === '/visible');
    await until('row', () => seen('l7_flow_log', 0) && seen('application', 1) && seen('application_map', 60), 10_000);
    expect(Date.now() - begin).toBeLessThan(5000);
    const row = log(http, 'c-p').find((r) => r.endpoint === '/visible');
    expect(row?.entity_0).toMatchObject({ name: 'curl' });
  });

  it('takes settings without a restart', async () => {
    sink.settings = { ...sink.settings, ignore_ports: [http] };
    sink.settings_version = '2';
    await until('the agent has them', () => sink.syncs.at(-1)?.settings_version === '2', 15_000);
    const before = log(http, 's-p').length;
    await hand.run(`curl -s http://127.0.0.1:${http}/unseen >/dev/null; sleep 2`);
    expect(log(http, 's-p')).toHaveLength(before);
    sink.settings = { ...sink.settings, ignore_ports: [] };
    sink.settings_version = '3';
    await until('the agent has them', () => sink.syncs.at(-1)?.settings_version === '3', 15_000);
  });

  it('keeps every request exactly once while the server is away', async () => {
    await sink.stop();
    await hand.run(`ab -q -k -c 20 -n 5000 http://127.0.0.1:${http}/while/away >/dev/null`);
    await sleep(1500);
    await sink.start(door);
    const away = (point: string) => log(http, point).filter((r) => r.endpoint === '/while/away').length;
    await until('all rows', () => away('c-p') >= 5000 && away('s-p') >= 5000);
    await sleep(500);
    expect([away('c-p'), away('s-p')]).toEqual([5000, 5000]);
  });

  it('keeps what it has for the next start when it is stopped without a server, and tells when nobody watched', async () => {
    await sink.stop();
    await hand.run(`ab -q -k -c 20 -n 2000 http://127.0.0.1:${http}/before/stop >/dev/null`);
    await gone(agent);
    await sink.start(door);
    await start_agent();
    const kept = () => log(http, 's-p').filter((r) => r.endpoint === '/before/stop').length;
    await until('all rows', () => kept() >= 2000);
    expect(kept()).toBe(2000);
    await sleep(1200);
    const killed_ms = Date.now();
    await gone(agent, 'SIGKILL');
    await sleep(1000);
    await start_agent();
    const gaps = () => sink.rows('deepflow_collector').filter((r) => r.virtual_table_name === 'deepflow_agent_gap');
    await until('the gap of the kill', () => gaps().some((r) => (r.tag_values as string[])[0] === 'killed'));
    const gap = gaps().find((r) => (r.tag_values as string[])[0] === 'killed')!;
    const [from, to] = gap.metrics_float_values as number[];
    expect(Math.abs(from! * 1000 - killed_ms)).toBeLessThan(2500);
    expect(to! * 1000).toBeGreaterThan(killed_ms + 900);
  });

  it('has lost nothing and refused nothing', () => {
    expect(sink.problems).toEqual([]);
    const counters = sink.syncs.at(-1)?.counters ?? {};
    expect(counters.ring_full).toBe(0);
    expect(counters.refused).toBe(0);
    expect(counters.spool_dropped).toBe(0);
  });
});
