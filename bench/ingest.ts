// From a frame on the agent's side to rows that are durable: rows/s and CPU through a real server process over HTTP, and what
// a row takes on disk, table by table. One run, interleaved.
import { readFileSync, rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BlockBuilder } from '../packages/records/src/native/builder.ts';
import { encode_frame } from '../packages/records/src/frame.ts';
import { agent_columns, type BatchHeader, L7_FLOW_LOG } from '../packages/records/src/index.ts';
import { open_embedded } from '../packages/server/src/store/embedded/embedded.ts';
import { entity, map_frame } from '../packages/server/src/testing/frames.ts';
import { bundle_server, type RunningServer, start_server } from '../packages/server/src/testing/process.ts';
import { median, print_goal, print_runs } from './lib/report.ts';
import { Requests } from './lib/rows.ts';

const ROUNDS = Number(process.env.SONDE_BENCH_ROUNDS ?? 4);
const FRAMES = 12;
const CALLS = 5000;
const IN_FLIGHT = 4;
const TICK_S = 0.01;
const DEEPFLOW_ROW_BYTES = 71.7;

let sequence = 0;
const log_header = (rows: number, stream: string): BatchHeader => ({
  agent: 'bench',
  boot: 'bench',
  stream,
  sequence: ++sequence,
  database: L7_FLOW_LOG.database,
  table: L7_FLOW_LOG.table,
  interval_s: 0,
  rows,
  encoding: 'identity',
  entities: [
    { local: 7, entity: entity('client') },
    { local: 9, entity: entity('server') },
  ],
});

async function log_frames(traced: boolean, round: number): Promise<Buffer[]> {
  const b = new BlockBuilder(agent_columns(L7_FLOW_LOG));
  const requests = new Requests(b, { traced, seed: 42 + round });
  const begin_s = Math.floor(Date.now() / 3_600_000) * 3600 - 3600 + round * FRAMES;
  const frames: Buffer[] = [];
  for (let i = 0; i < FRAMES; i++) {
    requests.second(begin_s + i, CALLS);
    frames.push(await encode_frame(log_header(b.rows, traced ? 'traced' : 'plain'), b.take()));
  }
  return frames;
}

const cpu_s = (pid: number): number => {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
  return (Number(fields[11]) + Number(fields[12])) * TICK_S;
};

/** Posts all frames, a few at once; gives seconds and CPU-seconds of the server. */
async function send(server: RunningServer, frames: readonly Uint8Array[]): Promise<{ wall_s: number; cpu_s: number }> {
  const cpu = cpu_s(server.process.pid!);
  const began = performance.now();
  const rest = [...frames];
  const lane = async (): Promise<void> => {
    for (let frame = rest.shift(); frame !== undefined; frame = rest.shift()) {
      const answer = await server.post(frame);
      if (answer.status !== 200) throw new Error(await answer.text());
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, lane));
  return { wall_s: (performance.now() - began) / 1000, cpu_s: cpu_s(server.process.pid!) - cpu };
}

/** Bytes a row of every table that has rows, after its parts were merged. */
async function sizes(path: string): Promise<Map<string, number>> {
  const store = await open_embedded({ path });
  try {
    const tables = (await store.sizes()).filter((t) => t.rows > 0 && t.database !== 'deepflow_admin');
    for (const t of tables) await store.exec(`OPTIMIZE TABLE \`${t.database}\`.\`${t.table}\` FINAL`);
    const merged = (await store.sizes()).filter((t) => tables.some((u) => u.table === t.table));
    return new Map(merged.map((t) => [t.table, t.bytes / t.rows]));
  } finally {
    await store.close();
  }
}

/** A fresh server that takes in one kind of row; prints its speed, gives bytes a row. */
async function measure(file: string, name: string, frames_of: (round: number) => Promise<Buffer[]>, rows: number) {
  const dir = await mkdtemp(join(tmpdir(), 'sonde-bench-'));
  const server = await start_server(file, dir);
  const rates: number[] = [];
  const cpu: number[] = [];
  try {
    await send(server, await frames_of(ROUNDS)); // warm
    for (let round = 0; round < ROUNDS; round++) {
      const frames = await frames_of(round);
      const spent = await send(server, frames);
      rates.push((frames.length * rows) / spent.wall_s / 1000);
      cpu.push((spent.cpu_s / (frames.length * rows)) * 1e6);
    }
    print_runs(`ingest, ${name}`, 'thousand rows/s', rates);
    print_runs('  server', 'CPU-s/million', cpu, 2);
    await server.stop();
    return { rate: median(rates), bytes: await sizes(join(dir, 'store')) };
  } finally {
    await server.stop('SIGKILL');
    rmSync(dir, { recursive: true, force: true });
  }
}

const file = await bundle_server();
try {
  const plain = await measure(file, 'request log, untraced', (round) => log_frames(false, round), CALLS * 2);
  const traced = await measure(file, 'request log, trace and span ids', (round) => log_frames(true, round), CALLS * 2);
  const edges = await measure(
    file,
    'application_map.1s, 500 edges a frame',
    (round) =>
      Promise.all(
        Array.from({ length: FRAMES }, (_, i) =>
          map_frame({ sequence: ++sequence, rows: 500, time_s: Date.now() / 1000 - 3600 + round * FRAMES + i }),
        ),
      ),
    500,
  );
  const plain_bytes = plain.bytes.get('l7_flow_log') ?? 0;
  const traced_bytes = traced.bytes.get('l7_flow_log') ?? 0;
  const ratio = (bytes: number): string =>
    `${(DEEPFLOW_ROW_BYTES / bytes).toFixed(1)}x less than DeepFlow's ${DEEPFLOW_ROW_BYTES} B`;
  print_goal({
    text: `request row on disk, untraced: ${plain_bytes.toFixed(1)} B of 35 (${ratio(plain_bytes)})`,
    met: plain_bytes <= 35,
  });
  print_goal({
    text: `request row on disk, traced: ${traced_bytes.toFixed(1)} B of 70 (${ratio(traced_bytes)})`,
    met: traced_bytes <= 70,
  });
  process.stdout.write(
    `edge and second on disk: ${(edges.bytes.get('application_map.1s') ?? 0).toFixed(1)} B, its sketch of 20 values included\n`,
  );
} finally {
  rmSync(file, { force: true });
}
