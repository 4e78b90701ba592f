// Serves the built page and answers its API from facts in memory, on a free loopback port.
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize } from 'node:path';
import type { Fact } from './facts.ts';
import { small_query } from './small-query.ts';

export interface Fixture {
  readonly url: string;
  /** Replaces what the server knows; takes effect with the next request. */
  readonly set: (world: Partial<World>) => void;
  readonly close: () => Promise<void>;
  /** Statements asked so far. */
  readonly asked: { readonly db: string; readonly sql: string }[];
}
export interface World {
  readonly facts: readonly Fact[];
  readonly status: unknown;
  readonly settings: unknown;
  /** Answered in place of results, when set. */
  readonly refusal: string | undefined;
  /** Answers statements in place of the facts; rejects with what refuses them. */
  readonly query?: (statement: { db: string; sql: string; data_precision?: string }) => Promise<unknown>;
  /** Answers what is asked for a profile's tree. */
  readonly tracing?: (asked: Record<string, unknown>) => unknown;
}

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.css': 'text/css',
};

async function body_of(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

const json = (response: ServerResponse, status: number, value: unknown): void => {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
};

async function answer_query(
  request: IncomingMessage,
  response: ServerResponse,
  world: World,
  asked: Fixture['asked'],
): Promise<void> {
  const statement = JSON.parse(await body_of(request)) as { db: string; sql: string; data_precision?: string };
  const { db, sql } = statement;
  asked.push({ db, sql });
  if (world.refusal !== undefined)
    return json(response, 400, { OPT_STATUS: 'INVALID_SQL', DESCRIPTION: world.refusal });
  try {
    if (world.query) return json(response, 200, await world.query(statement));
    json(response, 200, { OPT_STATUS: 'SUCCESS', DESCRIPTION: '', result: small_query(sql, world.facts) });
  } catch (error) {
    json(response, 400, {
      OPT_STATUS: 'INVALID_SQL',
      DESCRIPTION: error instanceof Error ? error.message : String(error),
    });
  }
}

async function answer_file(path: string, root: string, response: ServerResponse): Promise<void> {
  const file = join(root, normalize(path === '/' ? '/index.html' : path));
  try {
    const bytes = await readFile(file);
    response.writeHead(200, { 'content-type': TYPES[extname(file)] ?? 'text/plain' }).end(bytes);
  } catch {
    response.writeHead(404).end();
  }
}

export async function start_fixture(root: string, initial: World): Promise<Fixture> {
  let world = initial;
  const asked: Fixture['asked'] = [];
  const server = createServer((request, response) => {
    const path = new URL(request.url ?? '/', 'http://x').pathname;
    if (path === '/v1/query') return void answer_query(request, response, world, asked);
    if (path === '/v1/profile/ProfileTracing')
      return void body_of(request).then((text) => {
        const result = world.tracing?.(JSON.parse(text) as Record<string, unknown>) ?? null;
        json(response, 200, { OPT_STATUS: 'SUCCESS', DESCRIPTION: '', result, debug: null });
      });
    if (path === '/api/v1/status') return json(response, 200, world.status);
    if (path === '/api/v1/settings' && request.method === 'PUT')
      return void body_of(request).then((text) => {
        world = { ...world, settings: JSON.parse(text) };
        json(response, 200, { version: '2' });
      });
    if (path === '/api/v1/settings') return json(response, 200, { version: '1', settings: world.settings });
    void answer_file(path, root, response);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    set: (patch) => {
      world = { ...world, ...patch };
    },
    asked,
    close: () =>
      new Promise((done) => {
        server.close(() => done());
        server.closeAllConnections();
      }),
  };
}

/** Builds the page into a folder; who serves a page that is built needs no bundler. */
export const build_page = async (root: string): Promise<void> => (await import('../build.mjs')).build_web(root);

export const healthy_status = (now_ms: number): unknown => ({
  server: { version: '0.1.0', started_ms: now_ms - 3_600_000, data_dir: '/var/lib/sonde', problems: [] },
  agents: [
    {
      id: 1,
      host: 'shop-1',
      version: '0.1.0',
      state: 'running',
      problems: [],
      counters: { ring_full: 0, events: 1_203_344, boundary_lost: 3 },
      last_seen_ms: now_ms - 1500,
      started_ms: now_ms - 3_500_000,
      pid: 4242,
      settings_version: '1',
    },
  ],
  rows_s: 214,
  store: { bytes: 48_300_000, rows: { 'flow_log.l7_flow_log': 402_113, 'flow_metrics.application_map.1s': 120_332 } },
  drops: { boundary_lost: 3, throttled: 0 },
});
