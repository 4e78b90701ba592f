// The only place of the server that knows all its stages:
//
//   receive -> label -> store     rows of agents
//   query   -> store              questions of people
//   controller                    agents and their settings; sources of resources -> label
//
// and what runs by the clock: status rate, counters, disk guard.
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { IN_PROCESS } from '@sonde/records';
import type { FastifyInstance } from 'fastify';
import { every } from './clock.ts';
import type { ServerConfig } from './config.ts';
import { Agents } from './controller/agents.ts';
import { DataSources } from './controller/data-sources.ts';
import { Settings } from './controller/settings.ts';
import { Sources } from './controller/sources/index.ts';
import { answer_sync } from './controller/sync.ts';
import { Counters } from './counters.ts';
import { memory_gauges } from './heap.ts';
import { additional_resource_routes, type ApiDeps, api_routes } from './http/api.ts';
import { close_http, make_http } from './http/server.ts';
import { open_labels } from './label/open.ts';
import { query_routes } from './query/index.ts';
import { ProfileIngest, profile_routes } from './receive/profiles/index.ts';
import { Ingest, type IngestDeps } from './receive/wire/ingest.ts';
import { ResourceEvents } from './resource-events.ts';
import { ServerStats } from './stats.ts';
import { Rate, server_status } from './status.ts';
import { DiskGuard } from './store/disk-guard.ts';
import { open_embedded } from './store/embedded/embedded.ts';
import { entity_store, resource_store } from './store/entity-store.ts';
import { ENTITIES_MAX, RESOURCES_MAX } from './store/schema/entity.ts';

const STATS_MS = 10_000;
const DISK_MS = 5000;
const RATE_MS = 1000;
const EVENTS_MS = 1000;
/** Tags of resources that no row has asked for are stored after so long. */
const TAGS_MS = 3000;
/** Ids that no row refers to any more are forgotten after this, twice. */
const SWEEP_MS = 3600e3;

export interface Server {
  readonly app: FastifyInstance;
  /** Stops accepting, finishes inserts, closes the store. */
  close(): Promise<void>;
}

export async function open_server(config: ServerConfig, version: string): Promise<Server> {
  const started_ms = Date.now();
  const stages = await open_stages(config);
  const { store, labels, origins, guard, counters, stats, agents, settings, sources, rate } = stages;
  const { entities, things } = labels;
  const api: ApiDeps = {
    ingest: (body) => stages.ingest.take(body),
    sync: (request) => answer_sync(agents, settings, request, labels.labeler.hold_ms, things),
    settings: () => ({ settings: settings.current, version: settings.version }),
    change_settings: (input) => settings.change(input),
    data_sources: () => sources.list(),
    change_data_source: (table, input) => sources.change(table, input, (sql) => store.exec(sql)),
    additional_resources: () => origins.domain.document,
    put_additional_resources: (text) => origins.domain.apply(text),
    status: async () =>
      server_status({
        version,
        started_ms,
        data_dir: config.data,
        problems: [guard.report.problem, ...origins.problems()],
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
      additional_resource_routes(http, api);
      profile_routes(http, stages.profiles);
      query_routes(http, { store, keeps: (...args) => sources.keeps(...args) });
    },
  });
  await guard.check();
  const stop_clock = every([
    [RATE_MS, async () => rate.tick(counters.get('ingest.rows'))],
    [STATS_MS, () => stats.write()],
    [DISK_MS, () => guard.check()],
    [EVENTS_MS, () => stages.events.write()],
    [TAGS_MS, () => entities.stored().finally(() => things.tick())],
    [SWEEP_MS, () => labels.sweep()],
  ]);
  origins.start();
  const close = async (): Promise<void> => {
    await close_http(app);
    await origins.stop();
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
  const labels = await open_labels(entity_store(store), resource_store(store), boot, ENTITIES_MAX, RESOURCES_MAX);
  const { entities, things } = labels;
  const events = new ResourceEvents((uid, at_us) => labels.ends.thing(uid, at_us), entities, store, counters, boot);
  const origins = new Sources(config.sources, config.data, things, (event) => events.tell(event));
  const guard = new DiskGuard(store, config.data, config.disk, (_table, _until_s, bytes) => {
    counters.add('disk.dropped_partitions');
    counters.add('disk.dropped_bytes', bytes);
  });
  const rows: Omit<IngestDeps, 'agent_id'> = {
    label: (...args) => labels.labeler.label(...args),
    insert: (table, block, token) => store.insert(table, block, token),
    refusal: () => guard.refusal,
    counters,
  };
  const gauges = (): Record<string, number> => Object.assign({}, labels.gauges(), origins.gauges(), memory_gauges());
  const stats = new ServerStats(counters, gauges, (...args) => store.insert(...args), boot);
  return {
    counters,
    agents,
    settings,
    sources,
    store,
    labels,
    events,
    origins,
    guard,
    ingest: new Ingest({ ...rows, agent_id: (agent) => agents.id_of(agent) }),
    profiles: new ProfileIngest({ ...rows, kept_hours: () => sources.keeps(IN_PROCESS, 0) }),
    stats,
    rate: new Rate(),
  };
}
