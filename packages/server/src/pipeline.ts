// The only place of the server that knows all its stages:
//
//   receive -> label -> store     rows of agents
//   query   -> store              questions of people
//   controller                    agents and their settings
//
// and what runs by the clock: status rate, counters, disk guard.
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import { every } from './clock.ts';
import type { ServerConfig } from './config.ts';
import { Agents } from './controller/agents.ts';
import { DataSources } from './controller/data-sources.ts';
import { Settings } from './controller/settings.ts';
import { answer_sync } from './controller/sync.ts';
import { Counters } from './counters.ts';
import { type ApiDeps, api_routes } from './http/api.ts';
import { close_http, make_http } from './http/server.ts';
import { Ends } from './label/ends.ts';
import { EntityIds } from './label/entities.ts';
import { Labeler } from './label/labeler.ts';
import { host_source, Resources } from './label/resources.ts';
import { Things } from './label/things.ts';
import { query_routes } from './query/index.ts';
import { Ingest } from './receive/wire/ingest.ts';
import { ServerStats } from './stats.ts';
import { Rate, server_status } from './status.ts';
import { DiskGuard } from './store/disk-guard.ts';
import { open_embedded } from './store/embedded/embedded.ts';
import { entity_store, resource_store } from './store/entity-store.ts';
import { ENTITIES_MAX, RESOURCES_MAX } from './store/schema/entity.ts';

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
  const stages = await open_stages(config);
  const { store, entities, guard, counters, stats, agents, settings, sources, rate } = stages;
  const api: ApiDeps = {
    ingest: (body) => stages.ingest.take(body),
    sync: (request) => answer_sync(agents, settings, request),
    settings: () => ({ settings: settings.current, version: settings.version }),
    change_settings: (input) => settings.change(input),
    data_sources: () => sources.list(),
    change_data_source: (table, input) => sources.change(table, input, (sql) => store.exec(sql)),
    status: async () =>
      server_status({
        version,
        started_ms,
        data_dir: config.data,
        problems: [guard.report.problem],
        agents: agents.list(),
        rows_s: rate.per_second,
        sizes: await store.sizes(),
        free_bytes: guard.report.free_bytes,
        entities_exhausted: entities.exhausted,
        counters,
      }),
  };
  const app = make_http({
    token: config.token,
    web: config.web,
    routes: (http) => {
      api_routes(http, api);
      query_routes(http, { store, keeps: (...args) => sources.keeps(...args) });
    },
  });
  await guard.check();
  const stop_clock = every([
    [RATE_MS, async () => rate.tick(counters.get('ingest.rows'))],
    [STATS_MS, () => stats.write()],
    [DISK_MS, () => guard.check()],
  ]);
  const close = async (): Promise<void> => {
    await close_http(app);
    await stop_clock();
    entities.close();
    await stats.write().catch(() => {});
    await store.close();
  };
  return { app, close };
}

async function open_stages(config: ServerConfig) {
  const boot = randomBytes(8).toString('hex');
  const counters = new Counters();
  const agents = await Agents.open(join(config.data, 'agents.json'));
  const settings = await Settings.open(join(config.data, 'settings.json'));
  const sources = await DataSources.open(join(config.data, 'data-sources.json'));
  const store = await open_embedded({
    path: join(config.data, 'store'),
    retention: (table) => sources.changed_hours(table),
  });
  const resources = await Resources.open(resource_store(store), RESOURCES_MAX, boot);
  const entities = await EntityIds.open(entity_store(store), ENTITIES_MAX, boot, {
    tags: (entity) => host_source(entity, resources),
    save: () => resources.save(),
    reload: () => resources.reload(),
  });
  const things = new Things(({ resource, family, values, before }) =>
    resources.set_tags(resources.id(resource), family, values, before),
  );
  const labeler = new Labeler(entities, new Ends(entities, resources, things));
  const guard = new DiskGuard(store, config.data, config.disk, (_table, _until_s, bytes) => {
    counters.add('disk.dropped_partitions');
    counters.add('disk.dropped_bytes', bytes);
  });
  const ingest = new Ingest({
    agent_id: (agent) => agents.id_of(agent),
    label: (...args) => labeler.label(...args),
    insert: (table, block, token) => store.insert(table, block, token),
    refusal: () => guard.refusal,
    counters,
  });
  const gauges = (): Record<string, number> => ({
    'entities.known': entities.size,
    'entities.exhausted': entities.exhausted,
    'resources.known': resources.size,
    'resources.exhausted': resources.exhausted,
    'inventory.waited': labeler.waited,
    ...things.gauges,
    'process.rss_bytes': process.memoryUsage.rss(),
  });
  const stats = new ServerStats(counters, gauges, (...args) => store.insert(...args), boot);
  return { counters, agents, settings, sources, store, entities, guard, ingest, stats, rate: new Rate() };
}
