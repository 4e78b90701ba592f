// Random statements on the real engine against a plain calculation over the same rows.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { BELONGINGS, BEGIN, type Edge, ENTITIES, make_edges, open_world, random, type World } from './testing/world.ts';
import { parse } from './sql/parse.ts';
import { translate_select } from './translate/select.ts';
import type { Select } from './sql/ast.ts';

const STATEMENTS = 120;
let world: World;
beforeAll(async () => {
  world = await open_world(make_edges(300, 7));
});
afterAll(() => world?.close());

const entity = (id: number) => ENTITIES.find((e) => e.id === id)!;
const of = (id: number) => BELONGINGS[id]!;
const WORKLOADS: Readonly<Record<number, string>> = { 130: 'Deployment', 131: 'StatefulSet', 0: '0' };
type Key = readonly [sql: string, value: (e: Edge) => string | number, identity?: (e: Edge) => unknown];
const KEYS: readonly Key[] = [
  ['auto_service_0', (e) => entity(e.client).service, (e) => [entity(e.client).service, entity(e.client).service_type]],
  ['auto_service_1', (e) => entity(e.server).service, (e) => [entity(e.server).service, entity(e.server).service_type]],
  ['auto_instance_1', (e) => entity(e.server).name, (e) => e.server],
  ['auto_instance_type_0', (e) => entity(e.client).type],
  ['endpoint', (e) => e.endpoint],
  ['Enum(observation_point)', (e) => (e.point === 'c-p' ? 'Client Process' : 'Server Process')],
  ['l7_protocol', (e) => e.protocol],
  ['ip_0', (e) => `10.0.0.${e.client}`],
  ['mask(ip_1, 31)', (e) => `10.0.1.${e.server & ~1}`],
  ['is_internet_0', (e) => (e.client === 5 ? 1 : 0)],
  ['region_0', (e) => of(e.client).region],
  ['pod_ns_1', (e) => of(e.server).pod_ns],
  ['pod_ns', (e) => of(e.server).pod_ns],
  ['`k8s.label.app_1`', (e) => of(e.server).app],
  ['`k8s.label_0`', (e) => (of(e.client).app === '' ? '' : JSON.stringify({ app: of(e.client).app, tier: 'x' }))],
  ['Enum(pod_group_type_1)', (e) => WORKLOADS[of(e.server).pod_group[1]]!],
  ['node_type(pod_ns_0)', () => 'pod_ns'],
  ['chost_0', (e) => (e.client === 5 ? '' : 'box')],
  ['host_hostname_1', () => 'box'],
  ['`区域_1`', (e) => of(e.server).region],
  ['time(time, 60)', (e) => Math.floor(e.time / 60) * 60],
];
const sum = (edges: readonly Edge[], of: (e: Edge) => number) => edges.reduce((n, e) => n + of(e), 0);
const times = (edges: readonly Edge[]) => edges.flatMap((e) => e.rrt);
function windows(edges: readonly Edge[]): number[] {
  const totals = new Map<number, number>();
  for (const e of edges) totals.set(e.time, (totals.get(e.time) ?? 0) + e.request);
  return [...totals.values()];
}
const mean = (of: readonly number[]) => of.reduce((a, b) => a + b, 0) / of.length;
/** The value with a share `level` of the others below it, as the sketch defines it. */
const quantile = (of: readonly number[], level: number) =>
  [...of].sort((a, b) => a - b)[Math.floor(level * (of.length - 1))]!;

/** Tolerances are relative: exact (rounding of doubles), or that of a sketch. */
type Metric = readonly [
  sql: string,
  value: (edges: readonly Edge[], seconds: number) => number | null,
  tolerance: number,
];
const none = (of: readonly number[], value: number) => (of.length === 0 ? null : value);
const METRICS: readonly Metric[] = [
  ['Sum(request)', (g) => sum(g, (e) => e.request), 0],
  ['Sum(error)', (g) => sum(g, (e) => e.server_error), 0],
  ['Sum(request) - Sum(server_error) * 2', (g) => sum(g, (e) => e.request - 2 * e.server_error), 0],
  ['Max(request)', (g) => Math.max(...windows(g)), 0],
  ['Min(request)', (g) => Math.min(...windows(g)), 0],
  ['AAvg(request)', (g) => mean(windows(g)), 1e-9],
  ['Stddev(request)', (g) => Math.sqrt(mean(windows(g).map((w) => (w - mean(windows(g))) ** 2))), 1e-6],
  ['Spread(request)', (g) => Math.max(...windows(g)) - Math.min(...windows(g)), 0],
  ['Max(rrt)', (g) => none(times(g), Math.max(...times(g))), 0],
  ['Avg(rrt)', (g) => none(times(g), mean(times(g))), 1e-9],
  ['Min(rrt)', (g) => none(times(g), Math.min(...times(g))), 0.02],
  ['Percentile(rrt, 50)', (g) => none(times(g), quantile(times(g), 0.5)), 0.021],
  ['Percentile(rrt, 95)', (g) => none(times(g), quantile(times(g), 0.95)), 0.021],
  [
    'Avg(error_ratio)',
    (g) => (sum(g, (e) => e.request) === 0 ? null : (100 * sum(g, (e) => e.server_error)) / sum(g, (e) => e.request)),
    1e-9,
  ],
  [
    'Avg(success_ratio)',
    (g) =>
      sum(g, (e) => e.request) === 0 ? null : 100 - (100 * sum(g, (e) => e.server_error)) / sum(g, (e) => e.request),
    1e-9,
  ],
  ['Rspread(request)', (g) => (Math.max(...windows(g)) + 1e-15) / (Math.min(...windows(g)) + 1e-15), 1e-9],
  ['Avg(request)', (g, seconds) => sum(g, (e) => e.request) / seconds, 1e-9],
  ['PerSecond(Sum(request))', (g, seconds) => sum(g, (e) => e.request) / seconds, 1e-9],
  [
    'Percentage(Sum(server_error), Sum(request))',
    (g) => (sum(g, (e) => e.request) === 0 ? null : (100 * sum(g, (e) => e.server_error)) / sum(g, (e) => e.request)),
    1e-9,
  ],
  ['Sum(`请求`) / 2', (g) => sum(g, (e) => e.request) / 2, 0],
  [
    'countDistinct(pod_ns_1, region_0)',
    (g) => new Set(g.map((e) => `${of(e.server).pod_ns} ${of(e.client).region}`)).size,
    0,
  ],
  ['UniqExact(`k8s.label.app_0`)', (g) => new Set(g.map((e) => of(e.client).app)).size, 0],
  ['UniqExact(auto_service_1)', (g) => new Set(g.map((e) => entity(e.server).service)).size, 0],
  ['UniqExact(ip_0, endpoint)', (g) => new Set(g.map((e) => `${e.client} ${e.endpoint}`)).size, 0],
];
const FROM = `time >= ${BEGIN + 120}`;
const TO = `time < ${BEGIN + 300.5}`;
const CONDITIONS: readonly (readonly [string, (e: Edge) => boolean])[] = [
  ["auto_service_0 = 'gateway'", (e) => e.client === 1],
  ["auto_service_1 != 'cart'", () => false],
  ['auto_service_type_1 >= 100', (e) => entity(e.server).service_type >= 100],
  ["auto_instance like 'cart-*'", (e) => [e.client, e.server].some((id) => entity(id).name.startsWith('cart-'))],
  ["auto_instance not in ('cart-1', 'redis')", (e) => ![e.client, e.server].some((id) => id === 2 || id === 4)],
  ["endpoint in ('/a', 'it''s')", (e) => e.endpoint !== '/b/*'],
  ["endpoint regexp '^/'", (e) => e.endpoint.startsWith('/')],
  ["Enum(observation_point) like 'Client*'", (e) => e.point === 'c-p'],
  ['l7_protocol > 20', (e) => e.protocol > 20],
  ["ip_1 = '10.0.1.0/30'", (e) => e.server < 4],
  ["ip_0 >= '10.0.0.2'", (e) => e.client >= 2],
  ['not exist(auto_service_0)', () => false],
  ["region_1 = 'south'", (e) => of(e.server).region === 'south'],
  ["region != 'north'", (e) => ![e.client, e.server].some((id) => of(id).region === 'north')],
  ["pod_ns_1 in ('shop', 'data')", (e) => ['shop', 'data'].includes(of(e.server).pod_ns)],
  ["pod_group_0 regexp '^(cart|gate)'", (e) => /^(cart|gate)/.test(of(e.client).pod_group[0])],
  ["`k8s.label.app` = 'cart'", (e) => [e.client, e.server].some((id) => of(id).app === 'cart')],
  ["`k8s.label.app_1` not like 'c*'", (e) => !of(e.server).app.startsWith('c')],
  ['exist(pod_group_1)', (e) => of(e.server).pod_group[0] !== ''],
  ['pod_ns_id_0 = 0', (e) => of(e.client).pod_ns === ''],
  ["Enum(pod_group_type_0) = 'Deployment'", (e) => of(e.client).pod_group[1] === 130],
  ["`k8s.label.none_0` = ''", () => true],
  [FROM, (e) => e.time >= BEGIN + 120],
  [TO, (e) => e.time <= BEGIN + 300],
];

function close(actual: unknown, expected: number | null, tolerance: number): boolean {
  if (expected === null || actual === null) return actual === expected;
  const difference = Math.abs(Number(actual) - expected);
  return difference <= tolerance * Math.max(1, Math.abs(expected));
}

it(`${STATEMENTS} random statements give what a plain calculation gives`, async () => {
  const next = random(42);
  const some = <T>(of: readonly T[], most: number): T[] =>
    [...of].sort(() => next() - 0.5).slice(0, Math.floor(next() * (most + 1)));
  for (let i = 0; i < STATEMENTS; i++) {
    const keys = some(KEYS, 3);
    const metrics = [METRICS[i % METRICS.length]!, ...some(METRICS, 2)].filter((m, at, all) => all.indexOf(m) === at);
    const conditions = some(CONDITIONS, 3);
    const having = next() < 0.3 ? 5 : undefined;
    const sql = [
      `SELECT ${[...keys.map((k, at) => `${k[0]} AS k${at}`), ...metrics.map((m, at) => `${m[0]} AS m${at}`)].join(', ')}, Sum(request) AS total`,
      `FROM application_map.1s WHERE time >= ${BEGIN} AND time < ${BEGIN + 600}`,
      ...conditions.map(([c]) => `AND ${c}`),
      keys.length > 0 ? `GROUP BY ${keys.map((_k, at) => `k${at}`).join(', ')}` : '',
      having === undefined ? '' : `HAVING Sum(request) > ${having}`,
    ].join(' ');
    const said = conditions.map(([c]) => c).filter((c) => c.startsWith('time '));
    const from = said.includes(FROM) ? BEGIN + 120 : BEGIN;
    const to = said.includes(TO) ? BEGIN + 300 : BEGIN + 599;
    const seconds = keys.some(([k]) => k.startsWith('time(')) ? 60 : to - from + 1;
    const kept = world.edges.filter((e) => conditions.every(([, holds]) => holds(e)));
    const groups = new Map<string, Edge[]>();
    for (const e of kept) {
      const key = JSON.stringify(keys.map((k) => (k[2] ?? k[1])(e)));
      groups.set(key, [...(groups.get(key) ?? []), e]);
    }
    let expected = [...groups.values()];
    if (having !== undefined) expected = expected.filter((g) => sum(g, (e) => e.request) > having);
    const rows = await world.ask(sql);
    // Without keys and rows there is one group of nothing; its metrics are the engine's own business.
    if (keys.length === 0 && kept.length === 0) continue;
    expect(rows.length, sql).toBe(expected.length);
    for (const group of expected) {
      const matches = rows.some(
        (row) =>
          keys.every((k, at) => row[`k${at}`] === k[1](group[0]!)) &&
          metrics.every((m, at) => close(row[`m${at}`], m[1](group, seconds), m[2])),
      );
      expect(
        matches,
        `${sql}\nno row like ${JSON.stringify([keys.map((k) => k[1](group[0]!)), metrics.map((m) => m[1](group, seconds))])} in ${JSON.stringify(rows.slice(0, 20))}`,
      ).toBe(true);
    }
    const made = translate_select(parse(sql) as Select, { database: 'flow_metrics', now: BEGIN });
    const { text } = {
      text: (await world.store.query('SELECT formatQuerySingleLine({sql:String})', { sql: made.sql })).text(),
    };
    expect(text).toContain('SELECT');
  }
});
