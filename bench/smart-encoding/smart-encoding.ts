// Request rows with 40 universal and 60 custom tags, kept three ways on the product's engine: what taking them in costs, what
// they take on disk, and how fast ten typical questions are answered. SONDE_BENCH_ROWS rows (10 million), of an hour.
import { type ChildProcess, fork } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Model, MODELS, pods_of } from './pods.ts';
import { type Question, questions_of } from './questions.ts';
import { print_result, type Timed, type WayResult } from './print.ts';
import { type Way, WAYS } from './ways.ts';
import { type Answered, type Order, type Taken, type Work, work_for_parent } from './worker.ts';

const ROWS = Number(process.env.SONDE_BENCH_ROWS ?? 10_000_000);
const ROUNDS = Number(process.env.SONDE_BENCH_ROUNDS ?? 5);
/** Rows a file, and so a part before it is merged. */
const CHUNK_ROWS = 50_000;
/** What the files and the store of the widest way take together while it merges, a row. */
const ROW_BYTES_MAX = 4000;
const ASKED_POD = 1234;
const WORKER = 'worker';

type Bare<T> = T extends Order ? Omit<T, 'work'> : never;

/** A process that does one thing at a time for one way. */
class Worker {
  readonly work: Work;
  private readonly process: ChildProcess;

  constructor(work: Work) {
    this.work = work;
    this.process = fork(process.argv[1]!, [WORKER], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  }

  order<T>(order: Bare<Order>): Promise<T> {
    return new Promise((resolve, reject) => {
      const ended = (code: number | null, signal: string | null): void =>
        reject(new Error(`${this.work.way}: its process ended (${signal ?? code})`));
      this.process.once('exit', ended);
      this.process.once('message', (reply: { done?: T; failed?: string }) => {
        this.process.off('exit', ended);
        if (reply.failed === undefined) resolve(reply.done as T);
        else reject(new Error(`${this.work.way}: ${reply.failed}`));
      });
      this.process.send({ ...order, work: this.work });
    });
  }

  async end(): Promise<void> {
    await this.order({ do: 'close' });
    await this.kill();
  }
  async kill(): Promise<void> {
    if (this.process.exitCode !== null || this.process.signalCode !== null) return;
    const gone = new Promise((resolve) => this.process.once('exit', resolve));
    this.process.kill('SIGKILL');
    await gone;
  }
}

/** Makes the rows of one way, takes them in, removes their files. */
async function fill(base: Omit<Work, 'data' | 'files'>, dir: string, open: Worker[]): Promise<[Worker, Taken]> {
  const files = join(dir, `${base.way}-rows`);
  const makers_data = join(dir, `${base.way}-maker`);
  mkdirSync(files);
  const maker = new Worker({ ...base, files, data: makers_data });
  open.push(maker);
  await maker.order({ do: 'make' });
  await maker.end();
  rmSync(makers_data, { recursive: true });
  const worker = new Worker({ ...base, files, data: join(dir, `${base.way}-store`) });
  open.push(worker);
  const taken = await worker.order<Taken>({ do: 'take_in' });
  rmSync(files, { recursive: true });
  if (taken.rows !== base.rows) throw new Error(`${base.way} has ${taken.rows} rows of ${base.rows}.`);
  // The engine keeps small parts in one file and says nothing of their columns.
  if (taken.tag_column_bytes === 0) throw new Error(`${base.rows} rows are too few to tell columns apart; take more.`);
  return [worker, taken];
}

/** All ways in turn, so that whatever else the host does meets all of them; the first round warms and is compared. */
async function ask(question: Question, workers: readonly Worker[]): Promise<Timed> {
  const once = (worker: Worker) => worker.order<Answered>({ do: 'ask', question });
  const first: Answered[] = [];
  for (const worker of workers) first.push(await once(worker));
  const other = first.findIndex((answer) => answer.digest !== first[0]!.digest);
  if (other > 0)
    throw new Error(
      `${question.name}: ${WAYS[other]} answers otherwise than ${WAYS[0]} (${first[other]!.rows}, ${first[0]!.rows} rows).`,
    );
  if (first[0]!.rows === 0) throw new Error(`${question.name}: no answer`);
  const ms: number[][] = workers.map(() => []);
  for (let round = 0; round < ROUNDS; round++)
    for (const [i, worker] of workers.entries()) ms[i]!.push((await once(worker)).ms);
  return { name: question.name, rows: first[0]!.rows, ms };
}

async function measure(model: Model, begin_s: number): Promise<void> {
  const dir = mkdtempSync(join(tmpdir(), 'sonde-bench-'));
  const open: Worker[] = [];
  try {
    const results: WayResult[] = [];
    const workers: Worker[] = [];
    for (const way of WAYS) {
      const [worker, taken] = await fill({ way, model, rows: ROWS, begin_s, chunk_rows: CHUNK_ROWS }, dir, open);
      workers.push(worker);
      results.push({ way: way as Way, taken });
    }
    const timed: Timed[] = [];
    for (const question of questions_of(model, pods_of(model)[ASKED_POD - 1]!, begin_s))
      timed.push(await ask(question, workers));
    for (const worker of workers) await worker.end();
    print_result(model, results, timed);
  } finally {
    for (const worker of open) await worker.kill();
    rmSync(dir, { recursive: true, force: true });
  }
}

async function main(): Promise<void> {
  const { bavail, bsize } = statfsSync(tmpdir());
  if (bavail * bsize < ROWS * ROW_BYTES_MAX)
    throw new Error(`${ROWS} rows need ${(ROWS * ROW_BYTES_MAX) / 1e9} GB free in ${tmpdir()}; set SONDE_BENCH_ROWS.`);
  const begin_s = Math.floor(Date.now() / 3_600_000) * 3600 - 3600;
  for (const model of MODELS) await measure(model, begin_s);
}

if (process.argv[2] === WORKER) work_for_parent();
else await main();
