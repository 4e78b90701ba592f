// Processes that a test starts: ended with it, output kept for the failure message.
import { type ChildProcess, spawn } from 'node:child_process';
import { connect, createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

export interface StartOptions {
  readonly uid?: number;
  readonly gid?: number;
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
}

export class Started {
  readonly name: string;
  readonly child: ChildProcess;
  output = '';
  /** Resolves with the exit code, or the signal's name. */
  readonly ended: Promise<number | string>;
  done = false;

  constructor(name: string, file: string, args: readonly string[], options: StartOptions = {}) {
    this.name = name;
    this.child = spawn(file, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      ...options,
      env: { ...process.env, ...options.env },
    });
    const keep = (chunk: Buffer): void => {
      this.output = (this.output + chunk.toString()).slice(-200_000);
    };
    this.child.stdout?.on('data', keep);
    this.child.stderr?.on('data', keep);
    this.ended = new Promise((done) => {
      this.child.once('exit', (code, signal) => {
        this.done = true;
        done(code ?? signal ?? 'unknown');
      });
      this.child.once('error', (error) => {
        this.done = true;
        this.output += error.message;
        done(error.message);
      });
    });
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM', patience_ms = 60_000): Promise<number | string> {
    if (this.done) return this.ended;
    this.child.kill(signal);
    const killer = setTimeout(() => this.child.kill('SIGKILL'), patience_ms);
    const how = await this.ended;
    clearTimeout(killer);
    return how;
  }
}

/** Runs to its end; throws with its output when it fails. */
export const run = async (file: string, args: readonly string[], options: StartOptions = {}): Promise<string> => {
  const started = new Started(file, file, args, options);
  const how = await started.ended;
  if (how !== 0) throw new Error(`${file} ${args.join(' ')} ended with ${how}:\n${started.output}`);
  return started.output;
};

export const free_port = (): Promise<number> =>
  new Promise((done, fail) => {
    const server = createServer();
    server.once('error', fail);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => done(port));
    });
  });

/** Tries until `look` gives something; throws `what` when the time is over. */
export const until = async <T>(what: string, look: () => Promise<T | undefined>, timeout_ms = 30_000): Promise<T> => {
  const end = Date.now() + timeout_ms;
  for (;;) {
    const seen = await look();
    if (seen !== undefined) return seen;
    if (Date.now() > end) throw new Error(`waited ${timeout_ms / 1000} s in vain: ${what}`);
    await sleep(100);
  }
};

export const listening = (name: string, port: number): Promise<true> =>
  until(
    `${name} listens on ${port}`,
    () =>
      new Promise<true | undefined>((done) => {
        const socket = connect(port, '127.0.0.1');
        socket.once('connect', () => {
          socket.destroy();
          done(true);
        });
        socket.once('error', () => done(undefined));
      }),
  );
