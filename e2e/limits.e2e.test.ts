// Large, many and awkward: headers beyond the capture limit, a body of a gigabyte, thousands of connections, servers that
// fork, datagrams from many peers, a ring that is too small, a disk that is full.
import { Agent, get } from 'node:http';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { POINTS } from './lib/live.ts';
import { free_port, listening, run, Started, until } from './lib/process.ts';
import { dnsmasq, nginx, type RealServer } from './lib/servers.ts';
import { ROOT, Stack } from './lib/stack.ts';

const GIGABYTE = 2 ** 30;
const client = (name: string, ...args: (string | number)[]): Promise<string> =>
  run('node', [`${ROOT}/e2e/clients/${name}.mjs`, ...args.map(String)]);

/** Rows of a server's port at one end, once nothing more comes. */
const counted = async (stack: Stack, where: string, enough: number): Promise<number> => {
  const look = (): Promise<number> =>
    stack.number(`SELECT Count(row) AS n FROM l7_flow_log WHERE ${where}`, 'flow_log');
  await until('rows', async () => ((await look()) >= enough ? true : undefined), 20_000).catch(() => undefined);
  await sleep(2500);
  return look();
};

/** The same of several conditions, each of which has its rows when it has no more of them for a while. */
const each_counted = (stack: Stack, conditions: readonly string[], enough: number): Promise<number[]> =>
  Promise.all(conditions.map((where) => counted(stack, where, enough)));
const sum = (stack: Stack, metric: string, where: string): Promise<number> =>
  stack.number(`SELECT Sum(${metric}) AS n FROM application_map WHERE ${where}`);

describe('large and many', () => {
  const stack = new Stack();
  let web: RealServer;
  beforeAll(async () => {
    web = await nginx({ big_bytes: GIGABYTE });
    await stack.start();
    await stack.settings({ throttle_rows_s: 1_000_000 });
  });
  afterAll(async () => {
    await stack.stop();
    await web.stop();
    stack.remove();
  });
  const at = (point: string, port = web.port): string => `server_port = ${port} AND observation_point = '${point}'`;

  it.each([6000, 15_000, 40_000])('headers of %i bytes: one paired row a request', async (size) => {
    expect(JSON.parse(await client('headers', web.port, size, 200))).toEqual({ 200: 200 });
    const all = POINTS.map((point) => `${at(point)} AND request_resource = '/ok/${size}'`);
    const paired = all.map((where) => `${where} AND response_code = 200 AND type = 2`);
    expect(await each_counted(stack, [...all, ...paired], 200)).toEqual([200, 200, 200, 200]);
  });

  it('a body of 1 GB between other requests on one connection', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const fetch_bytes = (path: string): Promise<number> =>
      new Promise((done, fail) => {
        get({ host: '127.0.0.1', port: web.port, path, agent }, (res) => {
          let bytes = 0;
          res.on('data', (chunk: Buffer) => {
            bytes += chunk.length;
          });
          res.on('end', () => done(bytes));
        }).on('error', fail);
      });
    await fetch_bytes('/ok/before');
    expect(await fetch_bytes('/big')).toBe(GIGABYTE);
    await fetch_bytes('/ok/after');
    agent.destroy();
    const paths = ['/ok/before', '/big', '/ok/after'];
    const each = POINTS.flatMap((point) =>
      paths.map((path) => `${at(point)} AND request_resource = '${path}' AND response_code = 200`),
    );
    expect(await each_counted(stack, each, 1)).toEqual([1, 1, 1, 1, 1, 1]);
  });

  it('10,000 connections opened and closed', async () => {
    const before = await sum(stack, 'new_flow', at('c-p'));
    const own = JSON.parse(await client('connections', web.port, 10_000, 20, '/ok/many'));
    expect(own).toEqual({ answered: 10_000, refused: 0 });
    const both = POINTS.map((point) => `${at(point)} AND request_resource = '/ok/many'`);
    expect(await each_counted(stack, both, 10_000)).toEqual([10_000, 10_000]);
    expect((await sum(stack, 'new_flow', at('c-p'))) - before).toBe(10_000);
  });

  it('connections that are refused', async () => {
    const port = await free_port();
    expect(JSON.parse(await client('connections', port, 50, 5))).toEqual({ answered: 0, refused: 50 });
    const failed = await until('the failures', async () => {
      const n = await sum(stack, 'tcp_establish_fail', at('c-p', port));
      return n >= 50 ? n : undefined;
    });
    expect(failed).toBe(50);
  });

  it('a server that forks for each connection', async () => {
    const port = await free_port();
    const server = new Started('forking', 'python3', [`${ROOT}/e2e/clients/forking.py`, String(port)]);
    await listening('forking server', port);
    expect(JSON.parse(await client('connections', port, 300, 10, '/forked'))).toEqual({ answered: 300, refused: 0 });
    const both = POINTS.map((point) => `${at(point, port)} AND response_code = 200`);
    expect(await each_counted(stack, both, 300)).toEqual([300, 300]);
    await server.stop('SIGKILL');
  });

  it('datagrams from 1,000 peers', async () => {
    const server = await dnsmasq();
    expect(JSON.parse(await client('peers', server.port, 1000))).toEqual({ answered: 1000 });
    const both = POINTS.map((point) => `${at(point, server.port)} AND response_code = 0`);
    expect(await each_counted(stack, both, 1000)).toEqual([1000, 1000]);
    await server.stop();
  });
});

describe('a ring that is too small', () => {
  it('counts every event that it misses', async () => {
    const stack = new Stack();
    stack.agent_args = ['--ring-bytes', '16384'];
    const web = await nginx();
    try {
      await stack.start();
      const own = JSON.parse(await client('http', web.port, 50, 20_000)) as { done: number };
      expect(own.done).toBe(20_000);
      await sleep(12_000);
      const counters = (await stack.status())?.agents[0]?.counters ?? {};
      expect(counters.ring_full).toBeGreaterThan(0);
      // Each request is written and read at both ends; what did not fit is counted, and nothing else is missing.
      const seen = Number(counters.events) + Number(counters.ring_full);
      expect(seen).toBeGreaterThanOrEqual(80_000);
      expect((await stack.status())?.drops.ring_full ?? 0).toBeGreaterThan(0);
    } finally {
      await stack.stop();
      await web.stop();
      stack.remove();
    }
  });
});

describe('a full disk', () => {
  it('stores nothing while it lasts, and everything once afterwards', async () => {
    const mount = mkdtempSync(join(tmpdir(), 'sonde-e2e-disk-'));
    await run('mount', ['-t', 'tmpfs', '-o', 'size=400m', 'tmpfs', mount]);
    const stack = new Stack(mount);
    stack.server_args = ['--free-bytes-min', '20M'];
    const web = await nginx();
    try {
      await stack.start();
      await stack.settings({ throttle_rows_s: 1_000_000 });
      const ballast = join(mount, 'ballast');
      await run('dd', ['if=/dev/zero', `of=${ballast}`, 'bs=1M']).catch(() => undefined);
      await client('http', web.port, 20, 2000, 1000);
      const problems = await until('the server says that the disk is full', async () => {
        const said = (await stack.status())?.server.problems ?? [];
        return said.length > 0 ? said : undefined;
      });
      expect(problems.join()).toMatch(/free on the disk/);
      writeFileSync(ballast, '');
      const where = `server_port = ${web.port} AND observation_point = 's-p'`;
      await until('the rows', async () => ((await counted(stack, where, 2000)) >= 2000 ? true : undefined), 60_000);
      expect(await counted(stack, where, 2000)).toBe(2000);
    } finally {
      await stack.stop();
      await web.stop();
      stack.remove();
      await run('umount', [mount]);
      rmSync(mount, { recursive: true, force: true });
    }
  });
});
