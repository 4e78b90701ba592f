// How much one core of the agent takes: everything after the ring (parse, session, labels, windows, throttle, rows, blocks,
// frames) on an event file that was recorded live from nginx under wrk. Time is the recording's own.
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { DEFAULT_SETTINGS } from '@sonde/records';
import { nginx } from '../e2e/lib/servers.ts';
import { EbpfCapture } from '../packages/agent/src/capture/ebpf/ebpf.ts';
import { RecordedCapture } from '../packages/agent/src/capture/ebpf/recorded.ts';
import type { Capture, CaptureEvent } from '../packages/agent/src/capture/event.ts';
import { Clock } from '../packages/agent/src/clock.ts';
import { keep_heap_small } from '../packages/agent/src/guard/heap.ts';
import { Pipeline } from '../packages/agent/src/pipeline.ts';
import { median, print_goal, print_runs } from './lib/report.ts';

const BPF = join(import.meta.dirname, '../packages/agent/bpf');
const RECORD_S = 4;
const ROUNDS = Number(process.env.SONDE_BENCH_ROUNDS ?? 5);
/** The engine compiles while the first ones run. */
const WARM_UP = 2;
const LOOK_EVENTS = 8192;
/** DeepFlow's published figure for one core and 1 GB (deepflow.md section 13); a request is two events at one end. */
const GOAL_REQUESTS_S = 90_000;

async function record(path: string, folder: string): Promise<void> {
  execFileSync(join(BPF, 'build.sh'), [folder]);
  const server = await nginx();
  const capture = EbpfCapture.open({
    object_path: join(folder, 'sonde.bpf.o'),
    ring_bytes: 256 << 20,
    default_bytes: 4096,
    record_to: path,
  });
  const load = spawn('wrk', ['-t1', '-c50', `-d${RECORD_S}s`, `http://127.0.0.1:${server.port}/ok/1`], {
    stdio: 'ignore',
  });
  const over = new Promise((resolve) => load.once('exit', resolve));
  let running = true;
  void over.then(() => {
    running = false;
  });
  while (running) {
    capture.drain(() => undefined, 65_536);
    await sleep(5);
  }
  while (capture.drain(() => undefined, 65_536) > 0);
  capture.close();
  await server.stop();
}

interface Round {
  events: number;
  calls: number;
  wall_s: number;
  cpu_s: number;
  frames: number;
  frame_bytes: number;
}

async function play(path: string): Promise<Round> {
  const recorded = RecordedCapture.open(path);
  let moment_ns = 0;
  // The clock stands where the recording is.
  const clock = new Clock({ monotonic_ns: () => moment_ns, wall_ms: () => 1_700_000_000_000 + moment_ns / 1e6 });
  const capture: Capture = {
    drain: (consume, limit) =>
      recorded.drain((event: CaptureEvent) => {
        if (event.moment_ns > moment_ns) moment_ns = event.moment_ns;
        consume(event);
      }, limit),
    verdict: () => undefined,
    skip: () => undefined,
    ignore: () => undefined,
    counters: () => recorded.counters(),
    close: () => undefined,
  };
  const round: Round = { events: 0, calls: 0, wall_s: 0, cpu_s: 0, frames: 0, frame_bytes: 0 };
  const origin = {
    agent: 'bench',
    boot: 'bench',
    gzip: false,
    push: (frame: Buffer) => {
      round.frames++;
      round.frame_bytes += frame.length;
    },
  };
  const pipeline = new Pipeline({ capture, clock, settings: DEFAULT_SETTINGS, origin });
  const cpu = process.cpuUsage();
  const begin = performance.now();
  let tick_ns = 0;
  for (;;) {
    const n = pipeline.drain(LOOK_EVENTS);
    if (n === 0) break;
    round.events += n;
    if (moment_ns - tick_ns < 250e6) continue;
    tick_ns = moment_ns;
    pipeline.tick();
    // Frames are made in the background, as in the agent.
    await new Promise(setImmediate);
  }
  await pipeline.close();
  round.wall_s = (performance.now() - begin) / 1000;
  const used = process.cpuUsage(cpu);
  round.cpu_s = (used.user + used.system) / 1e6;
  round.calls = pipeline.log.throttled + pipeline.log.logged;
  return round;
}

keep_heap_small();
const folder = mkdtempSync(join(tmpdir(), 'sonde-bench-'));
const path = process.env.SONDE_BENCH_EVENTS ?? join(folder, 'events');
try {
  if (!existsSync(path)) await record(path, folder);
  const rounds: Round[] = [];
  for (let i = 0; i < WARM_UP + ROUNDS; i++) {
    const round = await play(path);
    if (i >= WARM_UP) rounds.push(round);
  }
  const { events, calls, frames, frame_bytes } = rounds[0]!;
  process.stdout.write(
    `${events} events of ${calls} requests seen (each at both ends), ${(statSync(path).size / 1e6).toFixed(0)} MB; ${frames} batches, ${(frame_bytes / 1e6).toFixed(1)} MB\n`,
  );
  print_runs(
    'events through the pipeline',
    'thousand/s',
    rounds.map((r) => r.events / r.wall_s / 1e3),
    0,
  );
  const requests_s = rounds.map((r) => r.calls / r.wall_s);
  print_runs(
    'requests at one end, by the wall clock',
    'thousand/s',
    requests_s.map((n) => n / 1e3),
    1,
  );
  print_runs(
    'CPU of all threads, collector included',
    'us a request',
    rounds.map((r) => (r.cpu_s / r.calls) * 1e6),
    2,
  );
  // A core is a CPU-second a second, all threads together: what else runs on this machine does not count.
  const got = median(rounds.map((r) => r.calls / r.cpu_s));
  print_goal({
    text: `one core takes ${Math.round(got)} HTTP requests/s at one end; DeepFlow ${GOAL_REQUESTS_S}: ${(got / GOAL_REQUESTS_S).toFixed(2)} times that`,
    met: got >= GOAL_REQUESTS_S,
  });
} finally {
  rmSync(folder, { recursive: true });
}
