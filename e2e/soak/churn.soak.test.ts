// Everything that comes and goes, for minutes: connections, processes, datagram peers. Counts stay exact and memory flat.
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { run, type Started, until } from '../lib/process.ts';
import { dnsmasq, nginx, type RealServer } from '../lib/servers.ts';
import { ROOT, Stack } from '../lib/stack.ts';

const ROUNDS = 40;
const CONNECTIONS = 5000;
const PROCESSES = 300;
const PEERS = 1000;
const MIB = 1024 * 1024;
/** Rounds after which heaps and caches are warm, and what they may still grow by: medians of five rounds. */
const WARM = 10;
const GROWTH_BYTES_MAX = 64 * MIB;

const stack = new Stack();
let web: RealServer;
let names: RealServer;
beforeAll(async () => {
  web = await nginx();
  names = await dnsmasq();
  stack.agent_args = ['--ring-bytes', String(256 * MIB)];
  await stack.start();
  await stack.settings({ throttle_rows_s: 1_000_000 });
});
afterAll(async () => {
  await stack.stop();
  await web.stop();
  await names.stop();
  stack.remove();
});

/** Memory of its own making: the kernel's ring, whose pages it touches one after another, is left out. */
const own_bytes = (process: Started): number =>
  Number(/^Pss_Anon:\s+(\d+)/m.exec(readFileSync(`/proc/${process.pid}/smaps_rollup`, 'utf8'))![1]) * 1024;

const median = (of: number[]): number => of.toSorted((a, b) => a - b)[of.length >> 1]!;

const client = (name: string, ...args: (string | number)[]): Promise<string> =>
  run('node', [`${ROOT}/e2e/clients/${name}.mjs`, ...args.map(String)]);

it(`${ROUNDS} rounds of ${CONNECTIONS} connections, ${PROCESSES} processes and ${PEERS} peers`, async () => {
  const memory: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    expect(JSON.parse(await client('connections', web.port, CONNECTIONS, 20, '/ok/churn'))).toEqual({
      answered: CONNECTIONS,
      refused: 0,
    });
    const loop = `i=0; while [ $i -lt ${PROCESSES} ]; do curl -s -o /dev/null http://127.0.0.1:${web.port}/ok/brief; i=$((i+1)); done`;
    await run('sh', ['-c', loop]);
    expect(JSON.parse(await client('peers', names.port, PEERS))).toEqual({ answered: PEERS });
    memory.push(own_bytes(stack.agent!));
  }
  const count = (where: string): Promise<number> =>
    stack.number(`SELECT Count(row) AS n FROM l7_flow_log WHERE ${where}`, 'flow_log');
  for (const point of ['c-p', 's-p']) {
    const mine = `server_port = ${web.port} AND observation_point = '${point}'`;
    const total = ROUNDS * (CONNECTIONS + PROCESSES);
    await until('the rows', async () => ((await count(mine)) >= total ? true : undefined), 60_000).catch(
      () => undefined,
    );
    await sleep(3000);
    const counters = async (): Promise<string> => JSON.stringify((await stack.status())?.agents[0]?.counters);
    expect(await count(mine), `${point} ${await counters()}`).toBe(total);
    const asked = `server_port = ${names.port} AND observation_point = '${point}'`;
    expect(await count(asked), point).toBe(ROUNDS * PEERS);
  }
  const { drops = {}, agents = [] } = (await stack.status()) ?? {};
  expect(drops, JSON.stringify(agents[0]?.counters)).toEqual({});
  const mib = memory.map((bytes) => Math.round(bytes / MIB));
  process.stdout.write(`agent, own memory after each round, MiB: ${mib.join(' ')}\n`);
  expect(median(memory.slice(-5)) - median(memory.slice(WARM - 5, WARM))).toBeLessThan(GROWTH_BYTES_MAX);
});
