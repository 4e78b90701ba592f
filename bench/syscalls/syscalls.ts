// What a traced system call costs above the bare hook pair (two programs that return at once). One worker process, one
// loopback connection, pinned to a CPU; bare and full take turns, so that a slow moment of the machine hits both.
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { EbpfCapture } from '../../packages/agent/src/capture/ebpf/ebpf.ts';
import { BpfObject } from '../../packages/agent/src/kernel/object.ts';
import { median, print_goal, print_runs } from '../lib/report.ts';

const HERE = import.meta.dirname;
const ROUNDS = 11;
/** A run, in calls; two of the longest fit the ring of 64 MiB. */
const CALLS = 20_000;
/** Bytes captured -> goal in ns (design, "Numbers to beat"). */
const GOALS_NS = new Map([
  [0, 250],
  [1024, 700],
]);

class Worker {
  readonly #child;
  readonly #lines: AsyncIterator<string>;

  constructor(path: string) {
    const cpu = String(availableParallelism() - 1);
    this.#child = spawn('taskset', ['-c', cpu, path], { stdio: ['pipe', 'pipe', 'inherit'] });
    this.#lines = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
  }

  /** Nanoseconds a call, the better of two runs. */
  async time(mode: string, bytes: number): Promise<number> {
    this.#child.stdin.write(`${mode} ${bytes} ${CALLS}\n${mode} ${bytes} ${CALLS}\n`);
    const lines = [await this.#lines.next(), await this.#lines.next()];
    return Math.min(...lines.map((line) => Number(line.value)));
  }

  stop(): void {
    this.#child.stdin.end();
  }
}

function compile(folder: string): { worker: string; bare: string; object: string } {
  const worker = join(folder, 'worker');
  const bare = join(folder, 'bare.bpf.o');
  execFileSync('clang', ['-O2', '-o', worker, join(HERE, 'worker.c')]);
  const target = ['-O2', '-g', '-target', 'bpf', '-mcpu=v3', '-idirafter', '/usr/include/x86_64-linux-gnu'];
  execFileSync('clang', [...target, '-c', join(HERE, 'bare.bpf.c'), '-o', bare]);
  execFileSync(join(HERE, '../../packages/agent/bpf/build.sh'), [folder]);
  return { worker, bare, object: join(folder, 'sonde.bpf.o') };
}

/** Attaches; returns what detaches. */
type Variant = () => () => void;

const bare_pair =
  (path: string): Variant =>
  () => {
    const object = BpfObject.open(path);
    object.load();
    object.attach();
    return () => object.close();
  };

const full =
  (path: string, captured: number, typed_walk: boolean): Variant =>
  () => {
    const capture = EbpfCapture.open({ object_path: path, default_bytes: captured, ring_bytes: 64 << 20, typed_walk });
    capture.ignore(process.pid);
    return () => {
      const lost = capture.counters().get('ring_full') ?? [];
      capture.close();
      if (lost.some((n) => n > 0)) throw new Error('BUG: the ring was full, so the numbers would be too good');
    };
  };

async function measure(worker: Worker, variant: Variant, mode: string, bytes: number): Promise<number> {
  const end = variant();
  try {
    return await worker.time(mode, bytes);
  } finally {
    end();
  }
}

const folder = mkdtempSync(join(tmpdir(), 'sonde-bench-'));
const paths = compile(folder);
const worker = new Worker(paths.worker);
try {
  for (const typed of [true, false]) {
    for (const [mode, name] of [
      ['r', 'read'],
      ['w', 'write'],
    ] as const) {
      for (const captured of typed ? [0, 200, 1024] : [0]) {
        const bytes = captured || 200;
        const bare: number[] = [];
        const added: number[] = [];
        for (let round = 0; round < ROUNDS; round++) {
          const base = await measure(worker, bare_pair(paths.bare), mode, bytes);
          bare.push(base);
          added.push((await measure(worker, full(paths.object, captured, typed), mode, bytes)) - base);
        }
        const way = typed ? '' : ', as before Linux 6.2';
        print_runs(`${name}, ${captured} bytes captured${way}`, 'ns added', added, 0);
        print_runs('  beside it: the call with the bare pair', 'ns', bare, 0);
        const goal = typed ? GOALS_NS.get(captured) : undefined;
        const ns = median(added);
        if (goal !== undefined) {
          print_goal({
            text: `${name} with ${captured} bytes adds ${ns.toFixed(0)} ns, goal ${goal} ns`,
            met: ns <= goal,
          });
        }
      }
    }
  }
} finally {
  worker.stop();
  rmSync(folder, { recursive: true });
}
