// The only place of the server that knows all its stages:
//
//   receive -> label -> store     rows of agents
//   query   -> store              questions of people
//   controller                    agents and their settings
//
// and what runs by the clock: status rate, counters, disk guard.
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { SyncResponse } from '@sonde/records';
import type { FastifyInstance } from 'fastify';
import type { ServerConfig } from './config.ts';
import { Agents, SYNC_REQUEST } from './controller/agents.ts';
import { Settings } from './controller/settings.ts';
import { Counters } from './counters.ts';
import { api_routes } from './http/api.ts';
import { close_http, make_http } from './http/server.ts';
import { BlockLabeler } from './label/block.ts';
import { EntityIds } from './label/entities.ts';
import { query_routes } from './query/index.ts';
import { Ingest } from './receive/wire/ingest.ts';
import { ServerStats } from './stats.ts';
import { drops, Rate } from './status.ts';
import { DiskGuard } from './store/disk-guard.ts';
import { open_embedded } from './store/embedded/embedded.ts';
import { entity_store } from './store/entity-store.ts';
import { ENTITIES_MAX } from './store/schema/entity.ts';

const STATS_MS = 10_000;
const DISK_MS = 5000;
const RATE_MS = 1000;

export interface Server {
  readonly app: FastifyInstance;
  /** Stops accepting, finishes inserts, closes the store. */
  close(): Promise<void>;
}

export async function open_server(config: ServerConfig, version: string): Promise<Server> {
  const started_ms = Date.now();
  const boot = randomBytes(8).toString('hex');
  const counters = new Counters();
  const agents = await Agents.open(join(config.data, 'agents.json'));
  const settings = await Settings.open(join(config.data, 'settings.json'));
  const store = await open_embedded({ path: join(config.data, 'store') });
  const entities = await EntityIds.open(entity_store(store), ENTITIES_MAX, boot);
  const labeler = new BlockLabeler();
  const guard = new DiskGuard(store, config.data, config.disk, (_table, _until_s, bytes) => {
    counters.add('disk.dropped_partitions');
    counters.add('disk.dropped_bytes', bytes);
  });
  const ingest = new Ingest({
    agent_id: (agent) => agents.id_of(agent),
    resolve: (definitions) => entities.resolve(definitions),
    label: (...args) => labeler.label(...args),
    insert: (table, block, token) => store.insert(table, block, token),
    refusal: () => guard.refusal,
    counters,
  });
  const gauges = (): Record<string, number> => ({
    'entities.known': entities.size,
    'entities.exhausted': entities.exhausted,
    'process.rss_bytes': process.memoryUsage.rss(),
  });
  const stats = new ServerStats(counters, gauges, (...args) => store.insert(...args), boot);
  const rate = new Rate();

  const status = async (): Promise<object> => {
    const [tables, list] = [await store.sizes(), agents.list()];
    const lost = { ...drops(list, counters), ...(entities.exhausted > 0 && { entities: entities.exhausted }) };
    return {
      server: {
        version,
        started_ms,
        data_dir: config.data,
        problems: [guard.report.problem].filter((problem) => problem !== ''),
      },
      agents: list,
      rows_s: rate.per_second,
      store: {
        bytes: tables.reduce((sum, t) => sum + t.bytes, 0),
        free_bytes: guard.report.free_bytes,
        rows: Object.fromEntries(tables.map((t) => [`${t.database}.${t.table}`, t.rows])),
        tables,
      },
      drops: lost,
      counters: Object.fromEntries(counters.snapshot()),
    };
  };
  const sync = async (request: unknown): Promise<SyncResponse | string> => {
    const parsed = SYNC_REQUEST.safeParse(request);
    if (!parsed.success) return `The request is not valid: ${parsed.error.issues[0]?.path.join('.')}.`;
    const agent_id = await agents.id_of(parsed.data.agent);
    agents.saw(parsed.data);
    const news = parsed.data.settings_version !== settings.version;
    return { agent_id, settings_version: settings.version, ...(news && { settings: settings.current }) };
  };
  const app = make_http({
    token: config.token,
    web: config.web,
    routes: (http) => {
      api_routes(http, {
        ingest: (body) => ingest.take(body),
        sync,
        settings: () => ({ settings: settings.current, version: settings.version }),
        change_settings: (input) => settings.change(input),
        status,
      });
      query_routes(http, { store });
    },
  });

  await guard.check();
  const stop_clock = every([
    [RATE_MS, async () => rate.tick(counters.get('ingest.rows'))],
    [STATS_MS, () => stats.write()],
    [DISK_MS, () => guard.check()],
  ]);
  return {
    app,
    close: async () => {
      await close_http(app);
      await stop_clock();
      entities.close();
      await stats.write().catch(() => {});
      await store.close();
    },
  };
}

/** Runs each job again and again, never beside itself. A failing job is tried again at its next time. */
function every(jobs: readonly (readonly [ms: number, job: () => Promise<void>])[]): () => Promise<void> {
  const running = new Set<Promise<void>>();
  const timers = jobs.map(([ms, job]) => {
    let busy = false;
    return setInterval(() => {
      if (busy) return;
      busy = true;
      const done = job()
        .catch(() => {})
        .finally(() => {
          busy = false;
          running.delete(done);
        });
      running.add(done);
    }, ms);
  });
  return async () => {
    for (const timer of timers) clearInterval(timer);
    await Promise.all(running);
  };
}
