// The command as a person uses it: bundled, run, its output and exit codes.
import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ethernet, pcap, tcp, type TcpPiece } from '../../capture/packet/testing/frames.ts';

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

  it('refuses wrong use with 2, a missing or foreign file with 1, each in one sentence', () => {
    const sentence = /^sonde replay: [^\n]+\n$/;
    for (const args of [
      [],
      ['a', 'b'],
      ['--what', 'a'],
      ['--messages', '--requests', 'a'],
      ['--payload-max', 'x', 'a'],
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
