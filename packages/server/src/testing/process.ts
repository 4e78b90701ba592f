// The server as a process of its own, bundled from the sources, for tests that kill it.
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { build } from 'esbuild';

const ROOT = join(import.meta.dirname, '../../../..');

/** Bundles main.ts to where npm packages are found; returns the file. */
export async function bundle_server(): Promise<string> {
  const outfile = join(ROOT, 'build', `server-${process.pid}.mjs`);
  mkdirSync(dirname(outfile), { recursive: true });
  await build({
    entryPoints: [join(ROOT, 'packages/server/src/main.ts')],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    logLevel: 'error',
    plugins: [
      {
        name: 'ours-inside',
        setup({ onResolve }) {
          onResolve({ filter: /^[^./]/ }, ({ path, kind }) =>
            kind === 'entry-point' || path.startsWith('@sonde/') ? undefined : { path, external: true },
          );
        },
      },
    ],
  });
  return outfile;
}

export interface RunningServer {
  readonly url: string;
  readonly process: ChildProcess;
  /** Sends a signal and waits for the end; gives the exit code or the signal. */
  stop(signal?: NodeJS.Signals): Promise<number | string>;
  post(frame: Uint8Array): Promise<Response>;
  rows(sql: string): Promise<unknown[][]>;
}

/** Starts it and waits until it listens; rejects with its last words when it ends instead. */
export async function start_server(file: string, data: string, args: readonly string[] = []): Promise<RunningServer> {
  const child = spawn(process.execPath, [file, '--data', data, '--listen', '127.0.0.1:0', ...args]);
  const ended = new Promise<number | string>((resolve) => {
    child.once('exit', (code, signal) => resolve(signal ?? code ?? 0));
  });
  let said = '';
  const url = await new Promise<string>((resolve, reject) => {
    const hear = (chunk: Buffer): void => {
      said += chunk.toString();
      const match = /listening (\S+)/.exec(said);
      if (match !== null) resolve(match[1]!);
    };
    child.stdout.on('data', hear);
    child.stderr.on('data', hear);
    void ended.then((code) => reject(Object.assign(new Error(said.trim()), { code })));
  });
  const json = { 'content-type': 'application/json' };
  return {
    url,
    process: child,
    stop: (signal = 'SIGTERM') => {
      child.kill(signal);
      return ended;
    },
    post: (frame) =>
      fetch(`${url}/api/v1/ingest`, {
        method: 'POST',
        headers: { 'content-type': 'application/octet-stream' },
        body: new Uint8Array(frame),
      }),
    rows: async (sql) => {
      const body = JSON.stringify({ sql, format: 'compact' });
      const response = await fetch(`${url}/v1/query/raw`, { method: 'POST', headers: json, body });
      const text = await response.text();
      if (!response.ok) throw new Error(text);
      return (JSON.parse(text) as { data: unknown[][] }).data;
    },
  };
}
