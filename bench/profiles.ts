// A million samples of an hour (SONDE_BENCH_ROWS), pushed as collapsed stacks of 30 functions: how fast they are stored, what a row takes,
// and how long the flame graph of the hour takes, over HTTP.
import { rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundle_server, type RunningServer, start_server } from '../packages/server/src/testing/process.ts';
import { median, print_goal } from './lib/report.ts';

const ROWS = Number(process.env.SONDE_BENCH_ROWS ?? 1_000_000);
const ROUNDS = Number(process.env.SONDE_BENCH_ROUNDS ?? 11);
const HOUR_S = 3600;
const EVERY_S = 10;
const STACKS = 20_000;
const FUNCTIONS = 10_000;
const DEPTH = 30;
const GOAL_MS = 500;
const TYPE = 'process_cpu:cpu:nanoseconds:cpu:nanoseconds';

/** Numbers that look random and are the same every time. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Each stack goes on from within the one before, as those of one program do: some five functions are new, 100,000 nodes in all. */
function make_stacks(next: () => number): string[] {
  let names: string[] = [];
  return Array.from({ length: STACKS }, () => {
    names = names.slice(0, DEPTH - 1 - Math.floor(next() ** 2 * 15));
    while (names.length < DEPTH) {
      const at = Math.floor(next() * FUNCTIONS);
      names.push(`package.Type${at % 97}.function_${at}`);
    }
    return names.join(';');
  });
}

async function fill(url: string, begin_s: number): Promise<number> {
  const next = random(1);
  const stacks = make_stacks(next);
  const a_push = Math.round(ROWS / (HOUR_S / EVERY_S));
  let stored = 0;
  for (let second = 0; second < HOUR_S; second += EVERY_S) {
    const chosen = new Set<number>();
    // Few stacks are hot.
    while (chosen.size < a_push) chosen.add(Math.floor(next() ** 2 * STACKS));
    const body = [...chosen].map((i) => `${stacks[i]} ${1 + Math.floor(next() * 5)}\n`).join('');
    const answer = await fetch(`${url}/ingest?name=shop&sampleRate=100&from=${begin_s + second}`, {
      method: 'POST',
      body,
    });
    if (answer.status !== 200) throw new Error(await answer.text());
    stored += ((await answer.json()) as { rows: number }).rows;
  }
  return stored;
}

async function timed(ask: () => Promise<Response>): Promise<{ ms: number[]; bytes: number }> {
  const ms: number[] = [];
  let bytes = 0;
  for (let round = 0; round <= ROUNDS; round++) {
    const began = performance.now();
    const answer = await ask();
    bytes = (await answer.arrayBuffer()).byteLength;
    if (answer.status !== 200) throw new Error(`${answer.status}`);
    // The first round warms.
    if (round > 0) ms.push(performance.now() - began);
  }
  return { ms, bytes };
}

async function measure(server: RunningServer): Promise<void> {
  const begin_s = Math.floor(Date.now() / 1000) - HOUR_S;
  const began = performance.now();
  const rows = await fill(server.url, begin_s);
  const seconds = (performance.now() - began) / 1000;
  const [[bytes]] = (await server.rows(
    "SELECT sum(data_compressed_bytes) FROM system.parts WHERE active AND database = 'profile' AND table = 'in_process'",
  )) as [[string]];
  process.stdout.write(
    `${rows} rows stored, ${Math.round(rows / seconds)} a second, ${(Number(bytes) / rows).toFixed(1)} B each on disk\n`,
  );
  const json = { 'content-type': 'application/json' };
  const post = (path: string, body: object) => () =>
    fetch(`${server.url}${path}`, { method: 'POST', headers: json, body: JSON.stringify(body) });
  const range = { time_start: begin_s, time_end: begin_s + HOUR_S };
  const questions: [string, () => Promise<Response>][] = [
    [
      'ProfileTracing',
      post('/v1/profile/ProfileTracing', { app_service: 'shop', profile_event_type: 'cpu', ...range }),
    ],
    [
      'SelectMergeStacktraces',
      post('/querier.v1.QuerierService/SelectMergeStacktraces', {
        profileTypeID: TYPE,
        labelSelector: '{service_name="shop"}',
        start: begin_s * 1000,
        end: (begin_s + HOUR_S) * 1000,
      }),
    ],
  ];
  for (const [name, ask] of questions) {
    const { ms, bytes: size } = await timed(ask);
    const sorted = [...ms].sort((a, b) => a - b);
    const spread = `${sorted[0]!.toFixed(0)}-${sorted.at(-1)!.toFixed(0)}`;
    const middle = median(ms);
    print_goal({
      text: `flame graph of an hour, ${name}: ${middle.toFixed(0)} ms (${spread}), goal ${GOAL_MS}; ${(size / 1e6).toFixed(1)} MB`,
      met: middle < GOAL_MS,
    });
  }
}

const folder = await mkdtemp(join(tmpdir(), 'sonde-bench-profiles-'));
const file = await bundle_server();
const server = await start_server(file, join(folder, 'data'));
try {
  await measure(server);
} finally {
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
  rmSync(file, { force: true });
}
