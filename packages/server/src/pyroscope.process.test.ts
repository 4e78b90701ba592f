// Pyroscope's query API as its clients call it, over Connect, binary and JSON, on profiles pushed and sampled.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Writer } from './formats/protobuf.ts';
import { bundle_server, type RunningServer, start_server } from './testing/process.ts';
import { type PyroscopeClient, pyroscope_client } from './testing/pyroscope-client.ts';

const NOW_S = Math.floor(Date.now() / 1000) - 60;
const RANGE = { start: BigInt(NOW_S * 1000), end: BigInt((NOW_S + 60) * 1000) };
const CPU = 'process_cpu:cpu:nanoseconds:cpu:nanoseconds';
/** Stacks of two times, 10 ms a sample. */
const FIRST = 'main;a;b 3\nmain;a 1\nmain;c 2\n';
const SECOND = 'main;a;b 1\nmain;d 4\n';
let file: string;
let dir: string;
let server: RunningServer;
beforeAll(async () => {
  file = await bundle_server();
  dir = mkdtempSync(join(tmpdir(), 'sonde-pyroscope-'));
  server = await start_server(file, join(dir, 'data'), []);
  const ingest = async (name: string, from: number, body: string) => {
    const url = `${server.url}/ingest?name=${encodeURIComponent(name)}&from=${from}&sampleRate=100&spyName=rbspy`;
    expect((await fetch(url, { method: 'POST', body })).status).toBe(200);
  };
  await ingest('shop{region=north}', NOW_S, FIRST);
  await ingest('shop{region=south}', NOW_S + 30, SECOND);
  const time = new Writer();
  time.number(9, NOW_S * 1e9);
  const go = readFileSync(join(import.meta.dirname, 'formats/fixtures/go-cpu.pb.gz'));
  await pyroscope_client(server.url, true).push({
    series: [
      {
        labels: [
          { name: '__name__', value: 'process_cpu' },
          { name: 'service_name', value: 'go' },
        ],
        samples: [{ rawProfile: Buffer.concat([gunzipSync(go), time.done()]), ID: 'x' }],
      },
    ],
  });
});
afterAll(async () => {
  await server.stop('SIGKILL');
  rmSync(dir, { recursive: true, force: true });
  rmSync(file, { force: true });
});

interface Graph {
  names: string[];
  levels: { values: bigint[] }[];
  total: bigint;
  maxSelf: bigint;
}
/** Paths of names with total and self, drawn from levels the way a client draws them. */
function drawn(graph: Graph, sides: number): Record<string, number[]> {
  const width = sides * 3 + 1;
  const paths: Record<string, number[]> = {};
  let above: { path: string; from: number; to: number }[] = [];
  for (const { values } of graph.levels) {
    const row: typeof above = [];
    const ends = new Array(sides).fill(0);
    for (let i = 0; i < values.length; i += width) {
      const of = values.slice(i, i + width).map(Number);
      const begin = ends.map((end, side) => end + of[side * 3]!);
      for (let side = 0; side < sides; side++) ends[side] = begin[side] + of[side * 3 + 1]!;
      // Position over both sides tells the parent.
      const at = begin.reduce((a, b) => a + b, 0);
      const to = ends.reduce((a, b) => a + b, 0);
      const parent = above.find(({ from, to: end }) => from <= at && to <= end);
      const path = `${parent === undefined ? '' : `${parent.path};`}${graph.names[of.at(-1)!]}`;
      row.push({ path, from: at, to });
      paths[path] = Array.from({ length: sides }, (_, side) => [of[side * 3 + 1]!, of[side * 3 + 2]!]).flat();
    }
    above = row;
  }
  return paths;
}
const MS = 1_000_000;

describe.each([true, false])('binary %s', (binary) => {
  let client: PyroscopeClient;
  const ask = (method: string, request: object) => client.call(method, { ...RANGE, ...request });
  beforeAll(() => {
    client = pyroscope_client(server.url, binary);
  });

  it('lists types, labels, values, series', async () => {
    const { profileTypes } = await ask('ProfileTypes', {});
    const types = profileTypes as { ID: string; name: string; sampleType: string; periodUnit: string }[];
    expect(types.map(({ ID }) => ID)).toEqual([CPU, 'process_cpu:samples:count:cpu:nanoseconds']);
    expect(types[0]).toMatchObject({ name: 'process_cpu', sampleType: 'cpu', periodUnit: 'nanoseconds' });
    const matchers = ['{service_name="shop"}'];
    const { names } = await ask('LabelNames', { matchers });
    expect(names).toEqual(expect.arrayContaining(['region', 'service_name', '__profile_type__']));
    expect(names).not.toContain('endpoint');
    expect((await ask('LabelValues', { name: 'service_name', matchers: ['{}'] })).names).toEqual(['go', 'shop']);
    expect((await ask('LabelValues', { name: 'region', matchers: ['{region!="north"}'] })).names).toEqual(['south']);
    const { labelsSet } = await ask('Series', { matchers, labelNames: ['service_name', 'region'] });
    const sets = (labelsSet as { labels: { name: string; value: string }[] }[]).map(({ labels }) =>
      labels.map(({ name, value }) => `${name}=${value}`).join(),
    );
    expect(sets.sort()).toEqual(['service_name=shop,region=north', 'service_name=shop,region=south']);
  });

  it('draws a flame graph, small nodes together when there are too many', async () => {
    const select = { profileTypeID: CPU, labelSelector: '{service_name="shop", region=~"nor.*"}' };
    const { flamegraph } = await ask('SelectMergeStacktraces', select);
    expect(drawn(flamegraph as Graph, 1)).toEqual({
      total: [60 * MS, 0],
      'total;main': [60 * MS, 0],
      'total;main;a': [40 * MS, 10 * MS],
      'total;main;a;b': [30 * MS, 30 * MS],
      'total;main;c': [20 * MS, 20 * MS],
    });
    expect((flamegraph as Graph).total).toBe(BigInt(60 * MS));
    expect((flamegraph as Graph).maxSelf).toBe(BigInt(30 * MS));
    const cut = await ask('SelectMergeStacktraces', { ...select, maxNodes: 3n });
    expect(drawn(cut.flamegraph as Graph, 1)).toEqual({
      total: [60 * MS, 0],
      'total;main': [60 * MS, 0],
      'total;main;a': [40 * MS, 10 * MS],
      'total;main;a;other': [30 * MS, 30 * MS],
      'total;main;other': [20 * MS, 20 * MS],
    });
    const none = await ask('SelectMergeStacktraces', { ...select, labelSelector: '{service_name="no"}' });
    expect((none.flamegraph as Graph).total).toBe(0n);
  });

  it('compares two, gives pprof, sums over time', async () => {
    const of = (region: string) => ({ ...RANGE, profileTypeID: CPU, labelSelector: `{region="${region}"}` });
    const { flamegraph } = await client.call('Diff', { left: of('north'), right: of('south') });
    expect(drawn(flamegraph as Graph, 2)).toMatchObject({
      'total;main': [60 * MS, 0, 50 * MS, 0],
      'total;main;a;b': [30 * MS, 30 * MS, 10 * MS, 10 * MS],
      'total;main;c': [20 * MS, 20 * MS, 0, 0],
      'total;main;d': [0, 0, 40 * MS, 40 * MS],
    });
    expect(flamegraph).toMatchObject({ leftTicks: BigInt(60 * MS), rightTicks: BigInt(50 * MS) });
    const profile = (await client.call('SelectMergeProfile', of('south'))) as {
      sample: { value: bigint[]; locationId: bigint[] }[];
      stringTable: string[];
      sampleType: { type: bigint }[];
    };
    expect(profile.sample.map(({ value }) => Number(value[0])).sort()).toEqual([10 * MS, 40 * MS]);
    expect(profile.stringTable).toEqual(expect.arrayContaining(['main', 'a', 'b', 'd', 'cpu', 'nanoseconds']));
    const request = { profileTypeID: CPU, labelSelector: '{service_name="shop"}', step: 30, groupBy: ['region'] };
    const { series } = await ask('SelectSeries', request);
    const points = (series as { labels: { value: string }[]; points: { value: number; timestamp: bigint }[] }[]).map(
      (s) => [s.labels[0]!.value, s.points.map(({ value, timestamp }) => [value, Number(timestamp) % 30_000])],
    );
    expect(points).toEqual([
      ['north', [[60 * MS, 0]]],
      ['south', [[50 * MS, 0]]],
    ]);
    const span = await ask('SelectMergeSpanProfile', { profileTypeID: CPU, spanSelector: ['00f067aa0ba902b7'] });
    const whole = await ask('SelectMergeStacktraces', { profileTypeID: CPU, labelSelector: '{service_name="go"}' });
    const total = ({ flamegraph: g }: Record<string, unknown>) => Number((g as Graph).total);
    expect(total(whole)).toBe(200 * MS);
    expect(total(span)).toBeGreaterThan(0);
    expect(total(span)).toBeLessThan(200 * MS);
  });

  it('says what is wrong with a question', async () => {
    const wrong = { ...RANGE, profileTypeID: CPU };
    for (const labelSelector of ['{a=b}', '{a="b"', '{a=~"("}'])
      await expect(client.call('SelectMergeStacktraces', { ...wrong, labelSelector })).rejects.toThrow(
        /invalid_argument/,
      );
    await expect(ask('SelectMergeStacktraces', { profileTypeID: 'cpu' })).rejects.toThrow(/profile type/);
    const injected = { ...wrong, labelSelector: `{"a') OR (1=1"="x", service_name="o'clock\\\\"}` };
    expect(((await client.call('SelectMergeStacktraces', injected)).flamegraph as Graph).total).toBe(0n);
  });
});

it('/render and /render-diff', async () => {
  const get = async (path: string) => {
    const answer = await fetch(`${server.url}${path}`);
    return { status: answer.status, body: (await answer.json()) as Record<string, never> };
  };
  const query = (region: string) => encodeURIComponent(`${CPU}{region="${region}"}`);
  const from = `from=${NOW_S}&until=${NOW_S + 60}`;
  const { body } = await get(`/render?query=${query('north')}&${from}`);
  expect(body).toMatchObject({ version: 1, flamebearer: { numTicks: 60 * MS }, metadata: { format: 'single' } });
  const sides = ['left', 'right'].map(
    (s, i) => `${s}Query=${query(i === 0 ? 'north' : 'south')}&${s}From=${NOW_S}&${s}Until=${NOW_S + 60}`,
  );
  const diff = await get(`/render-diff?${sides.join('&')}`);
  expect(diff.body).toMatchObject({ leftTicks: 60 * MS, rightTicks: 50 * MS, metadata: { format: 'double' } });
  expect((await get('/render?query=&from=x')).status).toBe(400);
});
