// The command as a person uses it: bundled, run, its output and exit codes.
import { type SpawnSyncReturns, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Sink } from '../../testing/sink.ts';
import { ethernet, pcap, pcapng, tcp, type TcpPiece } from '../../capture/packet/testing/frames.ts';

let folder = '';
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sonde-replay-'));
  await build({
    entryPoints: [join(import.meta.dirname, 'main.ts')],
    outfile: join(folder, 'replay.mjs'),
    bundle: true,
    platform: 'node',
    format: 'esm',
    logLevel: 'error',
  });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const run = (...args: string[]): SpawnSyncReturns<string> =>
  spawnSync(process.execPath, [join(folder, 'replay.mjs'), ...args], { encoding: 'utf8' });
const file = (bytes: Buffer): string => {
  const path = join(folder, 'capture.pcap');
  writeFileSync(path, bytes);
  return path;
};
const lines = (text: string): Record<string, unknown>[] =>
  text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Record<string, unknown>);

const REQUEST = 'GET /users/7?token=abc HTTP/1.1\r\nHost: shop\r\nX-Real: 10.1.1.1\r\nsw6: x\r\n\r\n';
const RESPONSE = 'HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\nno';
const pieces: TcpPiece[] = [
  { from_client: true, seq: 0, flags: 'S' },
  { from_client: false, seq: 0, ack: 1, flags: 'SA' },
  { from_client: true, seq: 1, ack: 1, payload: REQUEST },
  { from_client: false, seq: 1, ack: 1 + REQUEST.length, payload: RESPONSE },
  {
    from_client: true,
    seq: 1 + REQUEST.length,
    ack: 1 + RESPONSE.length,
    payload: 'GET /again HTTP/1.1\r\nHost: shop\r\n\r\n',
  },
];
const capture = (): Buffer => pcap(pieces.map((piece) => ethernet(tcp(piece))));

describe('sonde replay', () => {
  it('prints requests with their responses, values hidden; what got none says so', () => {
    const { stdout, status, stderr } = run(file(capture()));
    expect([status, stderr]).toEqual([0, '']);
    const [first, second] = lines(stdout);
    expect(first).toMatchObject({
      time: '1970-01-01T00:16:40.002000Z',
      l7_protocol: 'HTTP',
      type: 'session',
      client_ip: '10.0.0.1',
      client_port: 40_000,
      server_ip: '10.0.0.2',
      server_port: 8080,
      request_type: 'GET',
      request_resource: '/users/7?token=?',
      response_status: 'client_error',
      response_code: 404,
      rrt_us: 1000,
    });
    expect(second).toMatchObject({ type: 'request', request_resource: '/again', response_status: 'unknown' });
  });

  it('prints messages in capture order, a response with the endpoint of its request', () => {
    const { stdout } = run('--messages', '--no-redact', '--proxy-header', 'X-Real', file(capture()));
    const got = lines(stdout);
    expect(got.map((line) => line.msg_type)).toEqual(['request', 'response', 'request']);
    expect(got[0]).toMatchObject({ request_resource: '/users/7?token=abc', http_proxy_client: '10.1.1.1' });
    expect(got[1]).toMatchObject({ endpoint: '/users/7', response_code: 404, rrt_us: 1000 });
  });

  it('prints what is whole in a file that was cut, says where it ends, exits with 1', () => {
    const bytes = capture();
    const { stdout, stderr, status } = run(file(bytes.subarray(0, bytes.length - 5)));
    expect(lines(stdout)).toHaveLength(1);
    expect(stderr).toMatch(/^sonde replay: .*: cut inside a packet at byte \d+; the 4 packets before it were read\n$/);
    expect(status).toBe(1);
  });

  it('says in one line what a broken file lacks, whatever it is', () => {
    const whole = capture();
    const damaged = Buffer.from(whole);
    damaged.writeUInt32LE(0xffffffff, 24 + 16 + 54 + 8);
    // Without the interface's block, which stands behind the section's and tells its own length.
    const described = pcapng([ethernet(tcp(pieces[2]!))]);
    const section_end = described.readUInt32LE(4);
    const interface_end = section_end + described.readUInt32LE(section_end + 4);
    const no_interface = Buffer.concat([described.subarray(0, section_end), described.subarray(interface_end)]);
    for (const [what, bytes, reason] of [
      ['empty', Buffer.alloc(0), 'shorter than 4 bytes'],
      ['a header alone, cut', whole.subarray(0, 20), 'cut inside its header'],
      ['no capture', Buffer.from('{"json": true}'), 'begins with 0x7b226a73'],
      [
        'a length beyond reason',
        damaged,
        'damaged: a packet of 4294967295 bytes at byte 94; the 1 packets before it were',
      ],
      ['a link nobody knows', pcap([[1, 2, 3]], { link: 147 }), 'link type 147 is not known; left out: refused_link'],
      ['pcapng without interface', no_interface, 'damaged: a packet of interface 0, which is not described'],
    ] as const) {
      const { stdout, stderr, status } = run(file(bytes));
      expect([status, stdout, stderr], what).toEqual([1, '', expect.stringMatching(/^sonde replay: [^\n]+\n$/)]);
      expect(stderr, what).toContain(reason);
    }
  });

  it('starts in well under a second', () => {
    const command = `TIMEFORMAT='%U %S'; time '${process.execPath}' '${join(folder, 'replay.mjs')}' '${file(capture())}'`;
    const { stderr, stdout } = spawnSync('bash', ['-c', command], { encoding: 'utf8' });
    expect(lines(stdout)).toHaveLength(2);
    // CPU, not the clock: other tests run beside this one.
    const [user, system] = stderr.trim().split(' ').map(Number) as [number, number];
    expect(user + system).toBeLessThan(1);
  });

  it('shows how far it is where stderr is a terminal, and wipes that away', () => {
    const command = `'${process.execPath}' '${join(folder, 'replay.mjs')}' '${file(capture())}' > '${join(folder, 'out')}'`;
    const shown = spawnSync('script', ['-qec', command, '/dev/null'], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const wiped = '\r\u001b[K';
    expect(shown.stdout.endsWith(wiped)).toBe(true);
    expect(shown.stdout.slice(0, -wiped.length)).toMatch(/^(\rsonde replay: \d+ %)+$/);
    expect(lines(readFileSync(join(folder, 'out'), 'utf8'))).toHaveLength(2);
  });

  it('prints edges with their bytes and times', () => {
    const { stdout, status } = run('--flows', file(capture()));
    expect(status).toBe(0);
    const bytes = pieces.filter((piece) => piece.from_client).reduce((n, { payload = '' }) => n + payload.length, 0);
    expect(lines(stdout)).toEqual([
      {
        ...{ client_ip: '10.0.0.1', server_ip: '10.0.0.2', server_port: 8080, transport: 'tcp', l7_protocol: 'HTTP' },
        ...{ connections: 1, request: 2, response: 1, client_error: 1, server_error: 0, timeout: 0 },
        ...{ byte_tx: bytes, byte_rx: RESPONSE.length },
        ...{ rrt_p50_us: expect.any(Number), rrt_p95_us: expect.any(Number), rrt_p99_us: expect.any(Number) },
      },
    ]);
  });

  it('sends to a server what the agent would send', async () => {
    const sink = new Sink();
    const url = `http://127.0.0.1:${await sink.start()}`;
    try {
      const path = file(capture());
      const child = spawn(process.execPath, [join(folder, 'replay.mjs'), '--to', url, path]);
      expect(await new Promise((resolve) => child.on('exit', resolve))).toBe(0);
      const rows = sink.rows('l7_flow_log');
      expect(rows.map((row) => [row.request_resource, row.response_code, row.observation_point])).toEqual([
        ['/users/7?token=?', 404, 'rest'],
        ['/again', null, 'rest'],
      ]);
      const sum = (table: string, interval_s: number): number =>
        sink.rows(table, interval_s).reduce((n, row) => n + Number(row.request), 0);
      expect([sum('application_map', 1), sum('application_map', 60)]).toEqual([2, 2]);
    } finally {
      await sink.stop();
    }
  });

  it('says in one sentence that the server is not there', () => {
    const { status, stderr } = run('--to', 'http://127.0.0.1:1', file(capture()));
    expect([status, stderr]).toEqual([
      1,
      expect.stringMatching(/^sonde replay: the server did not take the rows: .*\n$/),
    ]);
  });

  it('refuses wrong use with 2, a missing or foreign file with 1, each in one sentence', () => {
    const sentence = /^sonde replay: [^\n]+\n$/;
    for (const args of [
      [],
      ['a', 'b'],
      ['--what', 'a'],
      ['--messages', '--requests', 'a'],
      ['--payload-max', 'x', 'a'],
      ['--to', 'nowhere', 'a'],
      ['--as-now', 'a'],
      ['--protocol-hint', '80', 'a'],
      ['--protocol-hint', '80=none', 'a'],
    ]) {
      const { status, stderr } = run(...args);
      expect([status, stderr], args.join(' ')).toEqual([2, expect.stringMatching(sentence)]);
    }
    for (const path of [join(folder, 'none'), folder, join(folder, 'replay.mjs')]) {
      const { status, stderr } = run(path);
      expect([status, stderr], path).toEqual([1, expect.stringMatching(sentence)]);
    }
  });
});
