// What a traced system call costs above the bare hook pair. One worker process, one loopback connection; the variants
// take turns, so that a slow moment of the machine hits all of them. Goals: 250 ns without copy, 700 ns with 1 KB.
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { EbpfCapture } from '../../packages/agent/src/capture/ebpf/ebpf.ts';
import { BpfObject } from '../../packages/agent/src/kernel/object.ts';

const ROOT = process.env.SONDE_ROOT ?? process.cwd();
const CALLS = 20_000;
const GOALS = new Map([
  [0, 250],
  [1024, 700],
]);

interface Variant {
  name: string;
  /** Attaches; returns what detaches. */
  begin(): () => void;
  captured: number;
}

interface Result {
  mode: string;
  captured: number;
  /** Nanoseconds a call above the bare pair of the same round. */
  added: number[];
  bare: number[];
}

class Worker {
  readonly #child;
  readonly #lines: AsyncIterator<string>;

  constructor(path: string) {
    this.#child = spawn('taskset', ['-c', '1', path], { stdio: ['pipe', 'pipe', 'inherit'] });
    this.#lines = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
  }

  async time(mode: string, bytes: number): Promise<number> {
    this.#child.stdin.write(`${mode} ${bytes} ${CALLS}\n`);
    const line = await this.#lines.next();
    if (line.done) throw new Error('the worker ended');
    return Number(line.value);
  }

  stop(): void {
    this.#child.stdin.end();
  }
}

function compile(folder: string): { worker: string; bare: string; object: string } {
  const here = join(ROOT, 'bench/syscalls');
  const worker = join(folder, 'worker');
  const bare = join(folder, 'bare.bpf.o');
  execFileSync('clang', ['-O2', '-o', worker, join(here, 'worker.c')]);
  const target = ['-O2', '-g', '-target', 'bpf', '-mcpu=v3', '-idirafter', '/usr/include/x86_64-linux-gnu'];
  execFileSync('clang', [...target, '-c', join(here, 'bare.bpf.c'), '-o', bare]);
  execFileSync(join(ROOT, 'packages/agent/bpf/build.sh'), [folder]);
  return { worker, bare, object: join(folder, 'sonde.bpf.o') };
}

function beginBare(path: string): () => void {
  const object = BpfObject.open(path);
  object.load();
  object.attach();
  return () => object.close();
}

function beginSonde(path: string, captured: number, typed_walk: boolean): () => void {
  const capture = EbpfCapture.open({ object_path: path, default_bytes: captured, ring_bytes: 64 << 20, typed_walk });
  capture.ignore(process.pid);
  return () => {
    const full = capture.counters().get('ring_full') ?? [];
    if (full.some((n) => n > 0)) throw new Error('the ring was full: the numbers would be too good');
    capture.close();
  };
}

async function measure(worker: Worker, variant: Variant, mode: string, bytes: number): Promise<number> {
  const end = variant.begin();
  try {
    await worker.time(mode, bytes);
    return await worker.time(mode, bytes);
  } finally {
    end();
  }
}

function middle(values: number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1]!;
}

function print(results: Result[]): void {
  console.log('call   captured   added ns: min  median     max   bare median   goal');
  for (const { mode, captured, added, bare } of results) {
    const goal = GOALS.get(captured);
    const verdict = goal === undefined ? '' : middle(added) <= goal ? `${goal} met` : `${goal} MISSED`;
    const numbers = [Math.min(...added), middle(added), Math.max(...added)].map((n) => n.toFixed(0).padStart(7));
    const name = mode === 'r' ? 'read ' : 'write';
    const middle_bare = middle(bare).toFixed(0).padStart(11);
    console.log(
      `${name}  ${String(captured).padStart(9)}  ${numbers.join(' ').padStart(24)}  ${middle_bare}   ${verdict}`,
    );
  }
}

export async function run(rounds = 9): Promise<Result[]> {
  const folder = mkdtempSync(join(tmpdir(), 'sonde-bench-'));
  const typed = process.env.SONDE_BENCH_UNTYPED === undefined;
  const { worker: path, bare, object } = compile(folder);
  const worker = new Worker(path);
  const results: Result[] = [];
  for (const mode of ['r', 'w']) {
    for (const captured of [0, 200, 1024]) results.push({ mode, captured, added: [], bare: [] });
  }
  for (let round = 0; round < rounds; round++) {
    for (const result of results) {
      const bytes = result.captured || 200;
      const empty = { name: 'bare', captured: 0, begin: () => beginBare(bare) };
      const full = {
        name: 'sonde',
        captured: result.captured,
        begin: () => beginSonde(object, result.captured, typed),
      };
      const base = await measure(worker, empty, result.mode, bytes);
      result.added.push((await measure(worker, full, result.mode, bytes)) - base);
      result.bare.push(base);
    }
  }
  worker.stop();
  rmSync(folder, { recursive: true });
  print(results);
  return results;
}

if (process.argv[1]?.includes('syscalls')) await run();
