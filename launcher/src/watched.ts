// A child process that is started again when it dies, with growing pauses. Its output goes to a log file.
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, renameSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

const PAUSE_MS_FIRST = 500;
const PAUSE_MS_MAX = 30_000;
/** Who ran this long begins with the first pause again. */
const STEADY_MS = 60_000;
const LOG_BYTES_MAX = 16 << 20;

export interface Command {
  readonly role: string;
  readonly file: string;
  readonly args: readonly string[];
  readonly log: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Runs under this user when the launcher is root. */
  readonly uid?: number;
  readonly gid?: number;
  /** Signal that asks it to stop; SIGTERM by default. */
  readonly stop_signal?: NodeJS.Signals;
}

export class Watched {
  readonly command: Command;
  #child: ChildProcess | undefined;
  #stopping = false;
  #pause_ms = PAUSE_MS_FIRST;
  #timer: NodeJS.Timeout | undefined;
  /** Called after each start and each death that was not asked for. */
  readonly #on_change: (watched: Watched, what: string) => void;
  /** Exit code or signal of the last run, '' while none ended. */
  last_end = '';

  constructor(command: Command, on_change: (watched: Watched, what: string) => void) {
    this.command = command;
    this.#on_change = on_change;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  start(): void {
    const { file, args, log, env, cwd, uid, gid } = this.command;
    mkdirSync(dirname(log), { recursive: true });
    if (existsSync(log) && statSync(log).size > LOG_BYTES_MAX) renameSync(log, `${log}.1`);
    const out = openSync(log, 'a', 0o600);
    const began = Date.now();
    // Its own process group: a Ctrl-C in the terminal reaches the launcher only, which stops everything in order.
    const child = spawn(file, args, {
      stdio: ['ignore', out, out],
      detached: true,
      env: { ...process.env, ...env },
      ...(cwd === undefined ? {} : { cwd }),
      ...(uid === undefined ? {} : { uid }),
      ...(gid === undefined ? {} : { gid }),
    });
    closeSync(out);
    this.#child = child;
    child.once('error', (error) => this.#ended(began, error.message));
    child.once('exit', (code, signal) => this.#ended(began, signal ?? `exit code ${code}`));
    if (child.pid !== undefined) this.#on_change(this, 'started');
  }

  /** Asks, waits, and kills after `patience_ms`. Resolves when it is gone. */
  async stop(patience_ms: number): Promise<void> {
    this.#stopping = true;
    clearTimeout(this.#timer);
    const child = this.#child;
    if (!child) return;
    const gone = new Promise<void>((done) => {
      child.once('exit', () => done());
    });
    child.kill(this.command.stop_signal ?? 'SIGTERM');
    const killer = setTimeout(() => child.kill('SIGKILL'), patience_ms);
    await gone;
    clearTimeout(killer);
  }

  kill(): void {
    this.#stopping = true;
    clearTimeout(this.#timer);
    this.#child?.kill('SIGKILL');
  }

  /** The last lines that it wrote. */
  tail(lines: number): string[] {
    if (!existsSync(this.command.log)) return [];
    return readFileSync(this.command.log, 'utf8').trimEnd().split('\n').slice(-lines);
  }

  #ended(began: number, how: string): void {
    if (this.#child === undefined) return;
    this.#child = undefined;
    this.last_end = how;
    if (this.#stopping) return;
    if (Date.now() - began > STEADY_MS) this.#pause_ms = PAUSE_MS_FIRST;
    this.#timer = setTimeout(() => this.start(), this.#pause_ms);
    this.#on_change(this, `ended (${how}), starts again in ${this.#pause_ms / 1000} s`);
    this.#pause_ms = Math.min(this.#pause_ms * 2, PAUSE_MS_MAX);
  }
}
