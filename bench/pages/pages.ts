// What a person waits for on the page, over ten million request rows of an hour (SONDE_BENCH_ROWS) while 20,000 more a second come
// in: the service map, a page of the request list, completion of tag values. Asked over HTTP with the page's own statements.
import { type ChildProcess, fork } from 'node:child_process';
import { rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundle_server, type RunningServer, start_server } from '../../packages/server/src/testing/process.ts';
import { median, print_goal } from '../lib/report.ts';
import { Load, service_name } from './load.ts';

const ROWS = Number(process.env.SONDE_BENCH_ROWS ?? 10_000_000);
const ROUNDS = Number(process.env.SONDE_BENCH_ROUNDS ?? 15);
const HOUR_S = 3600;
const PAGE_ROWS = 200;
const LIVE_ROWS_S = 20_000;
const IN_FLIGHT = 4;
const LOADER = 'load';

interface Asked {
  readonly name: string;
  readonly goal_ms: number;
  readonly db: string;
  readonly sql: string;
  readonly precision?: string;
}

const post = async (url: string, frame: Uint8Array): Promise<void> => {
  const headers = { 'content-type': 'application/octet-stream' };
  const answer = await fetch(`${url}/api/v1/ingest`, { method: 'POST', headers, body: new Uint8Array(frame) });
  if (answer.status !== 200) throw new Error(await answer.text());
};

/** The hour that ends at `until_s`, as fast as the server takes it. */
async function fill(server: RunningServer, until_s: number): Promise<void> {
  const load = new Load('hour', false);
  const calls = Math.round(ROWS / 2 / HOUR_S);
  const running = new Set<Promise<void>>();
  for (let second = until_s - HOUR_S; second < until_s; second++) {
    for (const frame of await load.second(second, calls)) {
      const sent: Promise<void> = post(server.url, frame).finally(() => running.delete(sent));
      running.add(sent);
      if (running.size >= IN_FLIGHT) await Promise.race(running);
    }
  }
  await Promise.all(running);
}

/** In a process of its own, so that making rows delays no measurement: a second's rows every second, until it is told to end. */
async function send_forever(url: string): Promise<void> {
  const load = new Load('live', true);
  let due = Date.now();
  for (let sent = 0; ; sent += LIVE_ROWS_S) {
    const frames = await load.second(Math.floor(due / 1000) - 1, LIVE_ROWS_S / 2);
    await Promise.all(frames.map((frame) => post(url, frame)));
    process.send!({ rows: sent + LIVE_ROWS_S });
    due += 1000;
    await new Promise((done) => setTimeout(done, Math.max(0, due - Date.now())));
  }
}

async function ask(server: RunningServer, { db, sql, precision }: Asked): Promise<{ ms: number; rows: number }> {
  const body = new URLSearchParams({ db, sql, ...(precision && { data_precision: precision }) });
  const began = performance.now();
  const answer = await fetch(`${server.url}/v1/query`, { method: 'POST', body });
  const reply = (await answer.json()) as { result: { values: unknown[] } | null; DESCRIPTION: string };
  const ms = performance.now() - began;
  if (reply.result === null) throw new Error(`${sql}: ${reply.DESCRIPTION}`);
  return { ms, rows: reply.result.values.length };
}

/** What the views of the page ask (packages/web/src/model/queries.ts), for the last hour. */
const EDGE_TAGS =
  'auto_service_0, auto_service_type_0, auto_service_1, auto_service_type_1, l7_protocol, is_tls, observation_point';
const EDGE_METRICS = [
  ...['request', 'response', 'client_error', 'server_error', 'timeout', 'byte', 'new_flow', 'tcp_establish_fail'].map(
    (name) => `Sum(${name}) AS sum_${name}`,
  ),
  ...[50, 95, 99].map((p) => `Percentile(rrt, ${p}) AS p${p}`),
].join(', ');
const LIST_COLUMNS = `end_time, response_duration, response_status, auto_service_0, auto_service_1, l7_protocol, request_type,
  request_resource, response_code, observation_point`;

function questions(now_s: number): Asked[] {
  const to_s = Math.floor(now_s / 60) * 60;
  const span = `time >= ${to_s - HOUR_S} AND time < ${Math.ceil(now_s)}`;
  const list = (order: string, where = '') => ({
    goal_ms: 100,
    db: 'flow_log',
    sql: `SELECT ${LIST_COLUMNS} FROM l7_flow_log WHERE ${span}${where} ORDER BY ${order} LIMIT ${PAGE_ROWS}`,
  });
  const values = (tag: string, like: string) => ({
    goal_ms: 50,
    db: 'flow_log',
    sql: `SHOW TAG ${tag} VALUES FROM l7_flow_log WHERE display_name LIKE '${like}' LIMIT 20`,
  });
  return [
    {
      name: 'service map of an hour',
      goal_ms: 300,
      db: 'flow_metrics',
      precision: '1m',
      sql: `SELECT ${EDGE_TAGS}, ${EDGE_METRICS} FROM application_map WHERE time >= ${to_s - HOUR_S} AND time < ${to_s}
        AND observation_point IN ('c-p', 's-p') GROUP BY ${EDGE_TAGS} LIMIT 10000`,
    },
    { name: 'request list, newest', ...list('time DESC, end_time DESC') },
    {
      name: 'request list, newest of a service',
      ...list('time DESC, end_time DESC', ` AND auto_service_1 = '${service_name(7)}'`),
    },
    { name: 'request list, slowest', ...list('response_duration DESC') },
    { name: 'completion of a service', ...values('auto_service_1', '*ice-1*') },
    { name: 'completion of a process', ...values('auto_instance_1', '*ice-1*') },
    { name: 'completion of an endpoint', ...values('endpoint', '*che*') },
    { name: 'completion of a domain', ...values('request_domain', '*shop*') },
  ];
}

async function measure(server: RunningServer, loader: ChildProcess): Promise<void> {
  let live_rows = 0;
  const began = performance.now();
  loader.on('message', ({ rows }: { rows: number }) => {
    live_rows = rows;
  });
  await new Promise((resolve, reject) => {
    loader.once('message', resolve);
    loader.once('exit', () => reject(new Error('the load ended')));
  });
  const times = new Map<string, { ms: number[]; rows: number; goal_ms: number }>();
  for (let round = 0; round <= ROUNDS; round++)
    for (const asked of questions(Date.now() / 1000)) {
      const { ms, rows } = await ask(server, asked);
      if (rows === 0) throw new Error(`${asked.name}: no answer`);
      const known = times.get(asked.name) ?? { ms: [], rows, goal_ms: asked.goal_ms };
      // The first round warms.
      if (round > 0) known.ms.push(ms);
      times.set(asked.name, known);
    }
  const rate = live_rows / ((performance.now() - began) / 1000);
  process.stdout.write(`meanwhile ${Math.round(rate)} rows/s came in\n`);
  for (const [name, { ms, rows, goal_ms }] of times) {
    const sorted = [...ms].sort((a, b) => a - b);
    const middle = median(ms);
    const spread = `${sorted[0]!.toFixed(0)}-${sorted.at(-1)!.toFixed(0)}`;
    print_goal({
      text: `${name}: ${middle.toFixed(0)} ms (${spread}), goal ${goal_ms}; ${rows} lines`,
      met: middle < goal_ms,
    });
  }
}

async function main(): Promise<void> {
  const file = await bundle_server();
  const dir = await mkdtemp(join(tmpdir(), 'sonde-bench-'));
  const server = await start_server(file, dir);
  let loader: ChildProcess | undefined;
  try {
    await fill(server, Math.floor(Date.now() / 1000) - 5);
    loader = fork(process.argv[1]!, [LOADER, server.url]);
    await measure(server, loader);
  } finally {
    loader?.removeAllListeners();
    loader?.kill('SIGKILL');
    await server.stop('SIGKILL');
    rmSync(dir, { recursive: true, force: true });
    rmSync(file, { force: true });
  }
}

if (process.argv[2] === LOADER) await send_forever(process.argv[3]!);
else await main();
