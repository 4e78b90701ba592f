// Translated statements on the real engine against a plain calculation over the same rows.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BEGIN, ENTITIES, type Edge, make_edges, open_world, type World } from './testing/world.ts';

let world: World;
beforeAll(async () => {
  world = await open_world(make_edges(400));
});
afterAll(() => world?.close());

const RANGE = `time >= ${BEGIN} AND time < ${BEGIN + 600}`;
const service = (id: number) => ENTITIES.find((e) => e.id === id)!;
const total = (edges: readonly Edge[], of: (e: Edge) => number) => edges.reduce((n, e) => n + of(e), 0);
function group<T>(items: readonly T[], key: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) groups.set(key(item), [...(groups.get(key(item)) ?? []), item]);
  return groups;
}
const quantile = (values: readonly number[], level: number) => {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(level * (sorted.length - 1))]!;
};

describe('application_map', () => {
  it('adds up by service, type apart', async () => {
    const rows = await world.ask(
      `SELECT auto_service_1, auto_service_type_1, Sum(request) AS r, Sum(error) AS e, Avg(error_ratio) AS ratio, Avg(rrt) AS a, Max(rrt) AS m, Min(rrt) AS low, Percentile(rrt, 95) AS p FROM application_map WHERE ${RANGE} GROUP BY auto_service_1 ORDER BY r DESC`,
    );
    const expected = group(world.edges, (e) => `${service(e.server).service} ${service(e.server).service_type}`);
    expect(rows).toHaveLength(expected.size);
    for (const row of rows) {
      const edges = expected.get(`${row.auto_service_1} ${row.auto_service_type_1}`)!;
      const times = edges.flatMap((e) => e.rrt);
      expect(row.r).toBe(total(edges, (e) => e.request));
      expect(row.e).toBe(total(edges, (e) => e.server_error));
      expect(row.ratio).toBeCloseTo((100 * total(edges, (e) => e.server_error)) / total(edges, (e) => e.request), 9);
      expect(row.a).toBeCloseTo(times.reduce((a, b) => a + b, 0) / times.length, 6);
      expect(row.m).toBe(Math.max(...times));
      expect(Number(row.p) / quantile(times, 0.95)).toBeGreaterThan(0.98);
      expect(Number(row.p) / quantile(times, 0.95)).toBeLessThan(1.02);
      expect(Number(row.low) / Math.min(...times)).toBeLessThan(1.02);
    }
    expect(rows.map((r) => r.r)).toEqual([...rows.map((r) => Number(r.r))].sort((a, b) => b - a));
  });

  it('Max and Min of a counter look at whole windows, not at rows', async () => {
    const rows = await world.ask(
      `SELECT observation_point, Max(request) AS high, Min(request) AS low, AAvg(request) AS mean FROM application_map.1s WHERE ${RANGE} GROUP BY observation_point`,
    );
    for (const row of rows) {
      const windows = group(
        world.edges.filter((e) => e.point === row.observation_point),
        (e) => String(e.time),
      );
      const totals = [...windows.values()].map((edges) => total(edges, (e) => e.request));
      expect(row.high).toBe(Math.max(...totals));
      expect(row.low).toBe(Math.min(...totals));
      expect(row.mean).toBeCloseTo(totals.reduce((a, b) => a + b, 0) / totals.length, 9);
    }
    expect(rows).toHaveLength(2);
  });

  it('Avg of a counter is a mean a window over the range asked for', async () => {
    const all = total(world.edges, (e) => e.request);
    const [second] = await world.ask(`SELECT Avg(request) AS a FROM application_map.1s WHERE ${RANGE}`);
    const [minute] = await world.ask(`SELECT Avg(request) AS a FROM application_map.1m WHERE ${RANGE}`);
    expect(second!.a).toBeCloseTo(all / 600, 9);
    expect(minute!.a).toBeCloseTo(all / 10, 9);
  });

  it('buckets of time, filled', async () => {
    const sql = (fill: string) =>
      `SELECT time(time, 120${fill}) AS t, Sum(request) AS r FROM application_map WHERE time >= ${BEGIN - 240} AND time < ${BEGIN + 600} AND auto_service_0 = 'gateway' GROUP BY t ORDER BY t`;
    const expected = group(
      world.edges.filter((e) => e.client === 1),
      (e) => String(Math.floor(e.time / 120) * 120),
    );
    const rows = await world.ask(sql(''));
    expect(rows).toEqual(
      [...expected]
        .map(([t, edges]) => ({ t: Number(t), r: total(edges, (e) => e.request) }))
        .sort((a, b) => a.t - b.t),
    );
    const filled = await world.ask(sql(', 1, 0'));
    expect(filled.slice(2)).toEqual(rows);
    expect(filled.slice(0, 2)).toEqual([
      { t: BEGIN - 240, r: 0 },
      { t: BEGIN - 120, r: 0 },
    ]);
    expect((await world.ask(sql(", 1, 'null'")))[0]).toEqual({ t: BEGIN - 240, r: null });
  });

  it('filters by entity, address, enumeration, pattern; having; limit', async () => {
    const sum = async (where: string, more = '') =>
      (await world.ask(`SELECT Sum(request) AS r FROM application_map WHERE ${RANGE} AND ${where} ${more}`))[0]?.r ?? 0;
    const of = (keep: (e: Edge) => boolean) => total(world.edges.filter(keep), (e) => e.request);
    expect(await sum("auto_service_1 = 'cart'")).toBe(of(() => true));
    expect(await sum("auto_service_1 = 'cart' AND auto_service_type_1 = 20")).toBe(of((e) => e.server === 4));
    expect(await sum("auto_instance_1 like 'cart-*'")).toBe(of((e) => e.server !== 4));
    expect(await sum("auto_instance_1 not regexp '^cart'")).toBe(of((e) => e.server === 4));
    expect(await sum("auto_service_0 != 'gateway'")).toBe(of((e) => e.client !== 1));
    expect(await sum('is_internet_0 = 1')).toBe(of((e) => e.client === 5));
    expect(await sum("ip_1 = '10.0.1.2/31'")).toBe(of((e) => e.server <= 3));
    expect(await sum("ip_1 not in ('10.0.1.2', '10.0.1.3')")).toBe(of((e) => e.server === 4));
    expect(await sum("ip = '10.0.0.2'")).toBe(of((e) => e.client === 2));
    expect(await sum("Enum(l7_protocol) = 'HTTP'")).toBe(of((e) => e.protocol === 20));
    expect(await sum("tap_side in ('c-p')")).toBe(of((e) => e.point === 'c-p'));
    expect(await sum("endpoint = 'it\\'s'")).toBe(of((e) => e.endpoint === "it's"));
    expect(await sum("NOT (endpoint like '/*' OR l7_protocol = 80)")).toBe(
      of((e) => e.endpoint === "it's" && e.protocol === 20),
    );
    expect(await sum('1 = 1', 'HAVING Sum(request) < 0')).toBe(0);
  });

  it('counts different values, through dictionaries too', async () => {
    const [row] = await world.ask(
      `SELECT Uniq(auto_service_0) AS services, UniqExact(ip_0, endpoint) AS pairs, Count(row) AS n FROM application_map.1s WHERE ${RANGE}`,
    );
    expect(row!.services).toBe(3);
    expect(row!.pairs).toBe(new Set(world.edges.map((e) => `${e.client} ${e.endpoint}`)).size);
  });

  it('SLIMIT keeps the largest series whole', async () => {
    const rows = await world.ask(
      `SELECT time(time, 60) AS t, endpoint, Sum(request) AS r FROM application_map WHERE ${RANGE} GROUP BY t, endpoint ORDER BY t SLIMIT 2`,
    );
    const totals = [...group(world.edges, (e) => e.endpoint)].map(
      ([name, edges]) => [name, total(edges, (e) => e.request)] as const,
    );
    const largest = totals.sort((a, b) => b[1] - a[1]).slice(0, 2);
    for (const [name, sum] of largest)
      expect(rows.filter((r) => r.endpoint === name).reduce((n, r) => n + Number(r.r), 0)).toBe(sum);
    expect(new Set(rows.map((r) => r.endpoint)).size).toBe(2);
  });
});
