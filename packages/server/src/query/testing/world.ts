// A small filled store for the querier's tests: the real engine with the real schema, and the same rows in memory.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DEFINITIONS, NO_ENTITY, type ResourceKind, type UniversalTags } from '@sonde/records';
import { EntityIds } from '../../label/entities.ts';
import { host_source, Resources } from '../../label/resources.ts';
import { open_embedded } from '../../store/embedded/embedded.ts';
import { entity_store, resource_store } from '../../store/entity-store.ts';
import { physical_table, type Store } from '../../store/store.ts';
import { run_query } from '../run.ts';

export interface Edge {
  readonly time: number;
  readonly client: number;
  readonly server: number;
  readonly point: 'c-p' | 's-p';
  readonly protocol: number;
  readonly endpoint: string;
  readonly request: number;
  readonly server_error: number;
  /** Response times of the window, us. */
  readonly rrt: readonly number[];
}
/** What an entity belongs to, as the tests put it. */
export interface Belongings {
  readonly region: string;
  readonly pod_ns: string;
  /** Name and pod_group_type. */
  readonly pod_group: readonly [string, number];
  /** The label `app` of its set of labels; '' for none. */
  readonly app: string;
}
export interface EntityRow {
  readonly id: number;
  readonly type: number;
  readonly name: string;
  readonly service: string;
  readonly service_type: number;
}

/** Two instances of one service; two services of one name and different type; an Internet end. */
export const ENTITIES: readonly EntityRow[] = [
  { id: 1, type: 120, name: 'gateway', service: 'gateway', service_type: 120 },
  { id: 2, type: 120, name: 'cart-1', service: 'cart', service_type: 120 },
  { id: 3, type: 120, name: 'cart-2', service: 'cart', service_type: 120 },
  { id: 4, type: 20, name: 'redis', service: 'cart', service_type: 20 },
  { id: 5, type: 0, name: 'Internet', service: 'Internet', service_type: 0 },
];
const NOTHING: Belongings = { region: '', pod_ns: '', pod_group: ['', 0], app: '' };
export const BELONGINGS: Readonly<Record<number, Belongings>> = {
  1: { region: 'north', pod_ns: 'front', pod_group: ['gateway', 130], app: 'edge' },
  2: { region: 'north', pod_ns: 'shop', pod_group: ['cart', 131], app: 'cart' },
  3: { region: 'south', pod_ns: 'shop', pod_group: ['cart', 131], app: 'cart' },
  4: { region: 'south', pod_ns: 'data', pod_group: ['', 0], app: '' },
  5: NOTHING,
};

/** A whole hour, far enough back that retention keeps it and far enough that nothing else is in it. */
export const BEGIN = Math.floor(Date.now() / 3_600_000) * 3600 - 7200;

/** Numbers that look random and are the same every time (mulberry32). */
export function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

export function make_edges(count: number, seed = 1): Edge[] {
  const next = random(seed);
  const pick = <T>(of: readonly T[]): T => of[Math.floor(next() * of.length)]!;
  return Array.from({ length: count }, () => {
    const request = Math.floor(next() * 20);
    return {
      time: BEGIN + Math.floor(next() * 600),
      client: pick([1, 2, 5]),
      server: pick([2, 3, 4]),
      point: pick(['c-p', 's-p'] as const),
      protocol: pick([20, 80]),
      endpoint: pick(['/a', '/b/*', "it's"]),
      request,
      server_error: Math.floor(next() * (request + 1) * 0.3),
      rrt: Array.from({ length: request }, () => 1 + Math.floor(next() ** 3 * 50_000)),
    };
  });
}

function edge_select(edge: Edge, i: number): string {
  const sum = edge.rrt.reduce((a, b) => a + b, 0);
  const values = edge.rrt.length > 0 ? `[${edge.rrt.join(',')}]` : "CAST([], 'Array(UInt64)')";
  return `SELECT ${edge.time} AS time, ${edge.client} AS entity_id_0, ${edge.server} AS entity_id_1, '10.0.0.${edge.client}' AS ip4_0, '10.0.1.${edge.server}' AS ip4_1, 1 AS is_ipv4, '${edge.point}' AS observation_point, ${edge.protocol} AS l7_protocol, {e${i % 3}:String} AS endpoint, ${edge.request} AS request, ${edge.request} AS response, ${edge.server_error} AS server_error, ${sum} AS rrt_sum, ${edge.rrt.length} AS rrt_count, ${Math.max(0, ...edge.rrt)} AS rrt_max, ${values}::Array(UInt64) AS rrts`;
}

const EDGE_COLUMNS =
  'time, entity_id_0, entity_id_1, ip4_0, ip4_1, is_ipv4, observation_point, l7_protocol, endpoint, request, response, server_error, rrt_sum, rrt_count, rrt_max';

async function insert_edges(store: Store, edges: readonly Edge[]): Promise<void> {
  const params = { e0: '/a', e1: '/b/*', e2: "it's" };
  for (const [interval, round] of [
    ['1s', 1],
    ['1m', 60],
  ] as const)
    for (let at = 0; at < edges.length; at += 50) {
      const rows = edges
        .slice(at, at + 50)
        .map((edge) => edge_select(edge, Object.values(params).indexOf(edge.endpoint)));
      const columns = EDGE_COLUMNS.replace('time', `intDiv(time, ${round}) * ${round}`);
      await store.exec(
        `INSERT INTO flow_metrics.\`application_map.${interval}\` (${EDGE_COLUMNS}, rrt_sketch) SELECT ${columns}, arrayReduce('quantilesDDState(0.01, 0.5, 0.95, 0.99)', rrts) FROM (${rows.join(' UNION ALL ')})`,
        params,
      );
    }
}

/** By the labeler's own code, as a source of tags would. */
async function insert_entities(store: Store): Promise<void> {
  const resources = await Resources.open(resource_store(store), 1000, 'world');
  const plain = { uid: '', hostname: '', ip: '', type: 0 };
  const tags_of = (id: number): UniversalTags => {
    const { region, pod_ns, pod_group, app } = BELONGINGS[id]!;
    const of = (kind: ResourceKind, name: string, type = 0) =>
      name === '' ? 0 : resources.id({ ...plain, kind, uid: name, name, type });
    return {
      region: of('region', region),
      pod_ns: of('pod_ns', pod_ns),
      pod_group: of('pod_group', ...pod_group),
      label_set: app === '' ? 0 : resources.label_set({ app, tier: 'x' }),
    };
  };
  const entities = ENTITIES.map((e) => ({
    local: e.id,
    entity: { ...NO_ENTITY, ...e, host: e.type === 0 ? '' : 'box' },
  }));
  const by_name = new Map(ENTITIES.map((e) => [e.name, e.id]));
  const ids = await EntityIds.open(entity_store(store), 1000, 'world', {
    tags: (entity) => ({ ...tags_of(by_name.get(entity.name)!), ...host_source(entity, resources) }),
    save: () => resources.save(),
    reload: () => resources.reload(),
  });
  await ids.resolve(entities);
  ids.close();
  await resources.reload();
  await entity_store(store).reload();
}

/** Rows of every other table, any values: what is asked is whether statements run. */
export async function fill_every_table(store: Store): Promise<void> {
  for (const definition of DEFINITIONS) {
    if (definition.table === 'application_map') continue;
    const columns = definition.columns.filter((c) => c.type !== 'Sketch' && c.name !== 'time');
    // The generator makes names of its own kinds of type; arrays of low cardinality are cast on insert.
    const structure = columns.map((c) => `\`${c.name}\` ${c.type.replace(/LowCardinality\((\w+)\)/, '$1')}`).join(', ');
    const values = columns.map((c) =>
      c.name.startsWith('entity_id')
        ? `\`${c.name}\` % 7`
        : c.name === 'virtual_table_name'
          ? "['cpu', 'deepflow_agent_collect_sender'][1 + rowNumberInAllBlocks() % 2]"
          : `\`${c.name}\``,
    );
    for (const interval_s of definition.intervals_s.length > 0 ? definition.intervals_s : [0])
      await store.exec(
        `INSERT INTO ${definition.database}.\`${physical_table({ ...definition, interval_s })}\` (time, ${columns.map((c) => `\`${c.name}\``).join(', ')})
         SELECT toDateTime(${BEGIN} + intDiv(rowNumberInAllBlocks(), 4) * 60), ${values.join(', ')}
         FROM generateRandom('${structure}', 1, 6, 3) LIMIT 100`,
      );
  }
}

export interface World {
  readonly store: Store;
  readonly edges: readonly Edge[];
  /** Rows of the result as objects. */
  readonly ask: (sql: string, db?: string, precision?: string) => Promise<Record<string, unknown>[]>;
  readonly close: () => Promise<void>;
}

export async function open_world(edges: readonly Edge[]): Promise<World> {
  const path = mkdtempSync(join(tmpdir(), 'sonde-query-'));
  const store = await open_embedded({ path });
  await insert_entities(store);
  await insert_edges(store, edges);
  return {
    store,
    edges,
    ask: async (sql, db = 'flow_metrics', precision) => {
      const { result } = await run_query(store, { db, sql, ...(precision && { data_precision: precision }) });
      const { columns, values } = result!;
      return values.map((row) => Object.fromEntries(columns.map((name, i) => [name, row[i]])));
    },
    close: async () => {
      await store.close();
      rmSync(path, { recursive: true, force: true });
    },
  };
}
