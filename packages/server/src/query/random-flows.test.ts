// Random statements over flow_log.l4_flow_log against a plain calculation: rows that are not windows, tags and metrics of flows.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { BEGIN, BELONGINGS, open_world, random, type World } from './testing/world.ts';

interface Flow {
  readonly time: number;
  readonly client: number;
  readonly server: number;
  readonly close_type: number;
  readonly is_new: number;
  readonly byte_tx: number;
  readonly byte_rx: number;
  readonly packet_tx: number;
  readonly retrans_tx: number;
  readonly rtt: number;
  readonly srt_sum: number;
  readonly srt_count: number;
  readonly srt_max: number;
  readonly l7_response: number;
  readonly l7_server_error: number;
}

const STATEMENTS = 100;
function make_flows(count: number): Flow[] {
  const next = random(11);
  const whole = (below: number) => Math.floor(next() * below);
  const pick = (of: readonly number[]) => of[whole(of.length)]!;
  return Array.from({ length: count }, () => {
    const [srt_count, l7_response] = [whole(4), whole(30)];
    const srt_max = srt_count === 0 ? 0 : 1 + whole(9000);
    return {
      time: BEGIN + whole(600),
      client: pick([1, 2, 5]),
      server: pick([2, 3, 4]),
      close_type: pick([0, 1, 2, 3, 5, 5, 7, 9, 10, 13, 15, 17, 18, 19]),
      is_new: whole(2),
      byte_tx: whole(100_000),
      byte_rx: whole(100_000),
      packet_tx: whole(50),
      retrans_tx: whole(5),
      rtt: pick([0, 0, 1 + whole(3000), 1 + whole(3000)]),
      srt_sum: srt_count === 0 ? 0 : srt_max + (srt_count - 1) * whole(srt_max),
      srt_count,
      srt_max,
      l7_response,
      l7_server_error: whole(l7_response + 1),
    };
  });
}
const flows = make_flows(300);
let world: World;
beforeAll(async () => {
  world = await open_world([]);
  const columns =
    'time, entity_id_0, entity_id_1, ip4_0, is_ipv4, close_type, is_new_flow, byte_tx, byte_rx, packet_tx, retrans_tx, rtt, srt_sum, srt_count, srt_max, l7_response, l7_server_error';
  const values = flows.map((f) => {
    const { time, client, server, ...rest } = f;
    const [close_type, is_new, ...metrics] = Object.values(rest);
    return `(${time}, ${client}, ${server}, '10.0.0.${client}', 1, ${close_type}, ${is_new}, ${metrics.join(', ')})`;
  });
  await world.store.exec(`INSERT INTO flow_log.l4_flow_log (${columns}) VALUES ${values.join(', ')}`);
});
afterAll(() => world?.close());

const of = (id: number) => BELONGINGS[id]!;
const sum = (g: readonly Flow[], value: (f: Flow) => number) => g.reduce((n, f) => n + value(f), 0);
const mean = (values: readonly number[]) =>
  values.length === 0 ? null : values.reduce((a, b) => a + b, 0) / values.length;
const most = (values: readonly number[]) => (values.length === 0 ? null : Math.max(...values));
const least = (values: readonly number[]) => (values.length === 0 ? null : Math.min(...values));
const rtts = (g: readonly Flow[]) => g.map((f) => f.rtt).filter((rtt) => rtt > 0);
const ratio = (above: number, below: number, scale = 100) => (below === 0 ? null : (above / below) * scale);
const closed = (g: readonly Flow[], types: readonly number[]) => sum(g, (f) => (types.includes(f.close_type) ? 1 : 0));
const ended = (g: readonly Flow[]) => sum(g, (f) => (f.close_type === 5 ? 0 : 1));
const FAILED = [7, 10, 13, 15, 18, 19];

const KEYS: readonly (readonly [string, (f: Flow) => string | number])[] = [
  ['pod_ns_1', (f) => of(f.server).pod_ns],
  ['region_0', (f) => of(f.client).region],
  ['`k8s.label.app_0`', (f) => of(f.client).app],
  ['close_type', (f) => f.close_type],
  ['ip_0', (f) => `10.0.0.${f.client}`],
  ['time(time, 120)', (f) => Math.floor(f.time / 120) * 120],
  ['is_new_flow', (f) => f.is_new],
];
type Metric = readonly [string, (g: readonly Flow[]) => number | null];
const METRICS: readonly Metric[] = [
  ['Sum(byte)', (g) => sum(g, (f) => f.byte_tx + f.byte_rx)],
  ['Max(byte)', (g) => most(g.map((f) => f.byte_tx + f.byte_rx))],
  ['Min(byte_tx)', (g) => least(g.map((f) => f.byte_tx))],
  ['AAvg(byte_tx)', (g) => mean(g.map((f) => f.byte_tx))],
  ['Spread(byte_rx)', (g) => most(g.map((f) => f.byte_rx))! - least(g.map((f) => f.byte_rx))!],
  ['Sum(log_count)', (g) => g.length],
  ['Count(row)', (g) => g.length],
  ['Avg(rtt)', (g) => mean(rtts(g))],
  ['AAvg(rtt)', (g) => mean(rtts(g))],
  ['Max(rtt)', (g) => most(rtts(g))],
  ['Min(rtt)', (g) => least(rtts(g))],
  [
    'Apdex(rtt, 500)',
    (g) => {
      const up_to = (limit: number) => rtts(g).filter((rtt) => rtt <= limit).length;
      return ratio((up_to(500) + up_to(2000)) / 2, rtts(g).length);
    },
  ],
  [
    'Avg(srt)',
    (g) =>
      ratio(
        sum(g, (f) => f.srt_sum),
        sum(g, (f) => f.srt_count),
        1,
      ),
  ],
  ['Max(srt)', (g) => most(g.map((f) => f.srt_max).filter((s) => s > 0))],
  ['Sum(new_flow)', (g) => sum(g, (f) => f.is_new)],
  ['Sum(closed_flow)', ended],
  ['Sum(tcp_establish_fail)', (g) => closed(g, FAILED)],
  ['Sum(tcp_rst_fail)', (g) => closed(g, [2, 9, 15, 18, 19])],
  ['Avg(tcp_establish_fail_ratio)', (g) => ratio(closed(g, FAILED), ended(g))],
  [
    'Avg(l7_error_ratio)',
    (g) =>
      ratio(
        sum(g, (f) => f.l7_server_error),
        sum(g, (f) => f.l7_response),
      ),
  ],
  [
    'Avg(bpp_tx)',
    (g) =>
      ratio(
        sum(g, (f) => f.byte_tx),
        sum(g, (f) => f.packet_tx),
        1,
      ),
  ],
  [
    'Avg(retrans_ratio)',
    (g) =>
      ratio(
        sum(g, (f) => f.retrans_tx),
        sum(g, (f) => f.packet_tx),
      ),
  ],
  ['UniqExact(pod_ns_0, close_type)', (g) => new Set(g.map((f) => `${of(f.client).pod_ns} ${f.close_type}`)).size],
  ['PercentileExact(byte_tx, 100)', (g) => most(g.map((f) => f.byte_tx))],
  ['Sum(byte_tx + byte_rx) / Count(row)', (g) => mean(g.map((f) => f.byte_tx + f.byte_rx))],
];
const CONDITIONS: readonly (readonly [string, (f: Flow) => boolean])[] = [
  ["pod_ns = 'shop'", (f) => [f.client, f.server].some((id) => of(id).pod_ns === 'shop')],
  ["region_1 in ('south')", (f) => of(f.server).region === 'south'],
  ['is_internet_0 = 0', (f) => f.client !== 5],
  ['close_type != 5', (f) => f.close_type !== 5],
  ["Enum(close_type) like 'Establishment*'", (f) => FAILED.includes(f.close_type)],
  ['byte_tx >= 50000', (f) => f.byte_tx >= 50_000],
  ['`发送字节` < 90000', (f) => f.byte_tx < 90_000],
  ["ip_0 = '10.0.0.0/30'", (f) => f.client < 4],
  ['exist(`k8s.label.app_1`)', (f) => of(f.server).app !== ''],
];

function close(actual: unknown, expected: number | null): boolean {
  if (expected === null || actual === null) return actual === expected;
  return Math.abs(Number(actual) - expected) <= 1e-9 * Math.max(1, Math.abs(expected));
}

it(`${STATEMENTS} random statements over flows give what a plain calculation gives`, async () => {
  const next = random(5);
  const some = <T>(all: readonly T[], at_most: number): T[] =>
    [...all].sort(() => next() - 0.5).slice(0, Math.floor(next() * (at_most + 1)));
  for (let i = 0; i < STATEMENTS; i++) {
    const keys = some(KEYS, 3);
    const metrics = [METRICS[i % METRICS.length]!, ...some(METRICS, 3)];
    const conditions = some(CONDITIONS, 2);
    const selected = [...keys.map((k, n) => `${k[0]} AS k${n}`), ...metrics.map((m, n) => `${m[0]} AS m${n}`)];
    const where = [`time >= ${BEGIN}`, `time < ${BEGIN + 600}`, ...conditions.map(([c]) => c)].join(' AND ');
    const group = keys.length > 0 ? ` GROUP BY ${keys.map((_k, n) => `k${n}`).join(', ')}` : '';
    const sql = `SELECT ${selected.join(', ')} FROM l4_flow_log WHERE ${where}${group}`;
    const groups = new Map<string, Flow[]>();
    for (const flow of flows.filter((f) => conditions.every(([, holds]) => holds(f)))) {
      const key = JSON.stringify(keys.map((k) => k[1](flow)));
      groups.set(key, [...(groups.get(key) ?? []), flow]);
    }
    if (groups.size === 0) continue;
    const rows = await world.ask(sql, 'flow_log');
    expect(rows.length, sql).toBe(groups.size);
    for (const [key, members] of groups) {
      const row = rows.find((r) => JSON.stringify(keys.map((_k, n) => r[`k${n}`])) === key);
      expect(row, `${sql}\n${key}`).toBeDefined();
      metrics.forEach(([name, value], n) => {
        expect(close(row![`m${n}`], value(members)), `${name}: ${row![`m${n}`]}, not ${value(members)}\n${sql}`).toBe(
          true,
        );
      });
    }
  }
});
