// A small filled store for the querier's tests: the real engine with the real schema, and the same rows in memory.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { open_embedded } from '../../store/embedded/embedded.ts';
import type { Store } from '../../store/store.ts';
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
  for (const e of ENTITIES)
    await store.exec(
      'INSERT INTO flow_tag.entity_map (id, type, name, service, service_type, host) VALUES ({id:UInt32}, {type:UInt8}, {name:String}, {service:String}, {service_type:UInt8}, {host:String})',
      { ...e, host: e.type === 0 ? '' : 'box' },
    );
  await store.exec('SYSTEM RELOAD DICTIONARY flow_tag.entity_dict');
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
