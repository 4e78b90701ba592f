// The host's clock is set while requests come in: for agent and server, the C library tells another time of day, and the
// same monotonic time (libfaketime; setting the machine's own clock would harm whatever else runs on it).
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { run, until } from './lib/process.ts';
import { nginx, type RealServer } from './lib/servers.ts';
import { ROOT, Stack } from './lib/stack.ts';

const LIBRARY = '/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1';
const HOUR_S = 3600;
const REQUESTS = 10_000;
const RATE = 1000;

const folder = mkdtempSync(join(tmpdir(), 'sonde-e2e-clock-'));
const shift_file = join(folder, 'shift');
/** From now on the clock is off by this many seconds. */
const step = (seconds: number): void => writeFileSync(shift_file, `${seconds < 0 ? '' : '+'}${seconds}`);

let stack: Stack;
let server: RealServer;
beforeEach(async () => {
  step(0);
  stack = new Stack();
  stack.env = {
    LD_PRELOAD: LIBRARY,
    FAKETIME_TIMESTAMP_FILE: shift_file,
    FAKETIME_NO_CACHE: '1',
    FAKETIME_DONT_FAKE_MONOTONIC: '1',
    DONT_FAKE_MONOTONIC: '1',
  };
  server = await nginx();
  await stack.start();
  await stack.settings({ throttle_rows_s: 1_000_000 });
});
afterEach(async () => {
  await stack.stop();
  await server.stop();
  stack.remove();
  rmSync(folder, { recursive: true, force: true });
});

const rows = (where: string): Promise<number> =>
  stack.number(`SELECT Count(row) AS n FROM l7_flow_log WHERE server_port = ${server.port} AND ${where}`, 'flow_log');
const requests = (precision: string): Promise<number> =>
  stack.number(
    `SELECT Sum(request) AS n FROM application_map WHERE server_port = ${server.port} AND observation_point = 's-p'`,
    'flow_metrics',
    precision,
  );

it('set an hour on and back under load: every request is there exactly once', async () => {
  const began_s = Math.floor(Date.now() / 1000);
  const loading = run('node', [`${ROOT}/e2e/clients/http.mjs`, String(server.port), '20', `${REQUESTS}`, `${RATE}`]);
  await sleep(3000);
  step(HOUR_S);
  await sleep(3500);
  step(-60);
  await loading;
  const both = "observation_point = 's-p'";
  await until('the rows', async () => ((await rows(both)) >= REQUESTS ? true : undefined), 60_000);
  await sleep(6000);
  for (const point of ['c-p', 's-p']) expect(await rows(`observation_point = '${point}'`), point).toBe(REQUESTS);
  for (const precision of ['1s', '1m']) {
    await until(`${precision} is complete`, async () => ((await requests(precision)) >= REQUESTS ? true : undefined));
    expect(await requests(precision), precision).toBe(REQUESTS);
  }
  // Each row has the time that the clock told when its request ended.
  const within = (from_s: number, to_s: number): Promise<number> =>
    rows(`${both} AND time >= ${from_s} AND time < ${to_s}`);
  const ahead = await within(began_s + HOUR_S, began_s + 2 * HOUR_S);
  const behind = await within(began_s - 60, began_s);
  expect(ahead).toBeGreaterThan(RATE);
  expect(behind).toBeGreaterThan(RATE);
  expect(ahead + behind).toBeLessThan(REQUESTS - RATE);
  expect(await rows(`${both} AND response_duration >= 1000000`)).toBe(0);
});
