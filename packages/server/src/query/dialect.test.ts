// SHOW, WITH, virtual tables and coarse precisions on the real engine.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BEGIN, BELONGINGS, type Edge, make_edges, open_world, type World } from './testing/world.ts';

let world: World;
beforeAll(async () => {
  world = await open_world(make_edges(120, 3));
  const exec = (sql: string) => world.store.exec(sql);
  await exec("INSERT INTO flow_tag.prometheus_metric_name_map VALUES (1, 'up'), (2, 'node_load1')");
  await exec("INSERT INTO flow_tag.prometheus_label_value_map VALUES (10, 'a'), (11, 'b')");
  await exec("INSERT INTO flow_tag.prometheus_label_layout_map VALUES (1, 'zone', 2), (2, 'zone', 1)");
  await exec("INSERT INTO flow_tag.prometheus_target_label_map VALUES (5, 'job', 'node')");
  await exec(`INSERT INTO prometheus.samples (time, metric_id, target_id, app_label_value_id_1, app_label_value_id_2, value) VALUES
    (${BEGIN}, 1, 5, 11, 10, 1), (${BEGIN + 15}, 1, 5, 10, 11, 0), (${BEGIN}, 2, 6, 11, 10, 7)`);
  await exec(`INSERT INTO ext_metrics.metrics (time, virtual_table_name, entity_id, tag_names, tag_values, metrics_float_names, metrics_float_values) VALUES
    (${BEGIN}, 'cpu', 2, ['core'], ['0'], ['usage'], [40]), (${BEGIN}, 'cpu', 3, ['core'], ['1'], ['usage'], [60]), (${BEGIN}, 'mem', 2, [], [], ['used'], [5])`);
});
afterAll(() => world?.close());

const sum = (edges: readonly Edge[]) => edges.reduce((n, e) => n + e.request, 0);
const namespaces = ['data', 'front', 'shop'];

describe('SHOW', () => {
  const shown = async (sql: string) => (await world.ask(sql)).map((row) => row.display_name);

  it('lists what entities belong to, by any universal tag', async () => {
    expect(await shown('SHOW TAG pod_ns VALUES FROM application_map')).toEqual(namespaces);
    expect(await shown("SHOW TAG pod_ns_0 VALUES FROM application_map WHERE region_0 = 'south'")).toEqual([
      'data',
      'shop',
    ]);
    expect(await shown("SHOW TAG pod_ns VALUES FROM network WHERE `k8s.label.app` = 'cart'")).toEqual(['shop']);
    expect(
      await shown("SHOW TAG pod_ns VALUES FROM network WHERE display_name regexp '^[sd]' LIMIT 1 OFFSET 1"),
    ).toEqual(['shop']);
    const [shop] = await world.ask("SHOW TAG pod_ns VALUES FROM network WHERE pod_ns = 'shop'");
    expect(await shown(`SHOW TAG pod_ns VALUES FROM network WHERE id = ${shop!.value}`)).toEqual(['shop']);
    expect(
      await shown(`SHOW TAG region VALUES FROM network WHERE pod_ns_id != ${shop!.value} AND pod_ns != ''`),
    ).toEqual(['north', 'south']);
  });

  it('lists what entities are called, whether the table has rows or none', async () => {
    for (const table of ['application_map', 'network']) {
      expect(await shown(`SHOW TAG auto_service VALUES FROM ${table}`), table).toEqual(['Internet', 'cart', 'gateway']);
      expect(await shown(`SHOW TAG \`k8s.label.app\` VALUES FROM ${table}`), table).toEqual(['cart', 'edge']);
    }
    expect(await shown("SHOW TAG auto_instance_1 VALUES FROM application_map WHERE display_name like 'cart*'")).toEqual(
      ['cart-1', 'cart-2'],
    );
    expect(await shown("SHOW TAG auto_service VALUES FROM application_map WHERE region = 'south' LIMIT 1")).toEqual([
      'cart',
    ]);
  });

  it('filters its own tables by regular expressions of the store', async () => {
    const names = async (where: string) =>
      (await world.ask(`SHOW TAGS FROM application_map WHERE ${where}`)).map((row) => row.name);
    expect(await names("name regexp '^pod_(ns|node)$'")).toEqual(['pod_ns', 'pod_node']);
    expect(await names("display_name_zh = '区域'")).toEqual(['region']);
    expect(await names("name not regexp '.'")).toEqual([]);
    expect((await world.ask("SHOW METRICS ON DB WHERE name = 'rtt'", 'flow_metrics')).map((row) => row.table)).toEqual([
      'network',
      'network_map',
    ]);
    expect((await world.ask('SHOW TAG-VALUES', '_prometheus')).length).toBeGreaterThan(100);
  });

  it('lists virtual tables', async () => {
    expect((await world.ask('SHOW TABLES', 'prometheus')).map((row) => row.name)).toEqual(['node_load1', 'up']);
    expect((await world.ask('SHOW TABLES', 'ext_metrics')).map((row) => row.name)).toEqual(['cpu', 'mem']);
    const [map] = await world.ask("SHOW TABLES WHERE name = 'network_map'");
    expect(map!.datasources).toEqual(['1s', '1m', '1h', '1d']);
  });
});

describe('virtual tables', () => {
  it('of Prometheus read labels of the application and of the target', async () => {
    expect(
      await world.ask(
        'SELECT `tag.zone` AS zone, `tag.job` AS job, `tag.none` AS none, Sum(value) AS v FROM up GROUP BY zone, job ORDER BY zone',
        'prometheus',
      ),
    ).toEqual([
      { zone: 'a', job: 'node', none: '', v: 1 },
      { zone: 'b', job: 'node', none: '', v: 0 },
    ]);
    expect(await world.ask("SELECT value FROM node_load1 WHERE `tag.zone` = 'b'", 'prometheus')).toEqual([
      { value: 7 },
    ]);
    expect(await world.ask('SELECT value FROM nothing', 'prometheus')).toEqual([]);
  });
  it('of metrics of others have universal tags', async () => {
    expect(
      await world.ask(
        'SELECT region, `tag.core` AS core, Avg(`metrics.usage`) AS u FROM cpu GROUP BY region, core ORDER BY region',
        'ext_metrics',
      ),
    ).toEqual([
      { region: 'north', core: '0', u: 40 },
      { region: 'south', core: '1', u: 60 },
    ]);
  });
});

describe('hours and days', () => {
  it.each(['1h', '1d'])('hold what minutes hold: %s', async (precision) => {
    for (const name of [`application_map.${precision}`, `vtap_app_edge_port.${precision}`]) {
      const rows = await world.ask(
        `SELECT pod_ns_1, Sum(request) AS r, Max(rrt) AS m FROM \`${name}\` GROUP BY pod_ns_1 ORDER BY pod_ns_1`,
      );
      expect(rows).toEqual(
        [...new Set(world.edges.map((e) => BELONGINGS[e.server]!.pod_ns))].sort().map((pod_ns) => {
          const edges = world.edges.filter((e) => BELONGINGS[e.server]!.pod_ns === pod_ns);
          return { pod_ns_1: pod_ns, r: sum(edges), m: Math.max(...edges.flatMap((e) => e.rrt)) };
        }),
      );
    }
  });
});

describe('WITH', () => {
  const RANGE = `time >= ${BEGIN} AND time < ${BEGIN + 600}`;
  const BOTH = `WITH a AS (SELECT pod_ns_1 AS ns, Sum(request) AS all_of FROM application_map.1s WHERE ${RANGE} GROUP BY ns),
    b AS (SELECT pod_ns_1 AS ns, Sum(request) AS some FROM application_map.1s WHERE ${RANGE} AND region_1 = 'north' GROUP BY ns)`;
  const total = (keep: (e: Edge) => boolean) => sum(world.edges.filter(keep));
  const in_ns = (ns: string) => (e: Edge) => BELONGINGS[e.server]!.pod_ns === ns;

  it('puts results side by side; what a left join does not find is null', async () => {
    const rows = await world.ask(
      `${BOTH} SELECT a.ns AS ns, all_of, b.some AS some, all_of - some AS rest FROM a LEFT JOIN b ON a.ns = b.ns ORDER BY ns`,
    );
    const shop = total(in_ns('shop'));
    const north = total((e) => in_ns('shop')(e) && BELONGINGS[e.server]!.region === 'north');
    expect(rows).toEqual([
      { ns: 'data', all_of: total(in_ns('data')), some: null, rest: null },
      { ns: 'shop', all_of: shop, some: north, rest: shop - north },
    ]);
  });
  it('joins, filters and limits', async () => {
    expect(await world.ask(`${BOTH} SELECT a.ns FROM a JOIN b ON a.ns = b.ns`)).toEqual([{ 'a.ns': 'shop' }]);
    expect(await world.ask(`${BOTH} SELECT ns FROM a WHERE ns like 'd*'`)).toEqual([{ ns: 'data' }]);
    expect(await world.ask(`${BOTH} SELECT ns FROM a ORDER BY ns DESC LIMIT 1`)).toEqual([{ ns: 'shop' }]);
  });
});

it('an expression as it is written names its column', async () => {
  const rows = await world.ask(
    'SELECT Enum(tap_side), Sum(request) FROM application_map GROUP BY `Enum(tap_side)` ORDER BY `Sum(request)` DESC',
  );
  expect(rows.map((row) => row['Sum(request)'])).toEqual(
    ['c-p', 's-p'].map((point) => sum(world.edges.filter((e) => e.point === point))).sort((a, b) => b - a),
  );
  const [list] = await world.ask('SELECT groupArray(pod_ns_1) AS all FROM application_map.1s');
  expect([...(list!.all as string[])].sort()).toEqual(world.edges.map((e) => BELONGINGS[e.server]!.pod_ns).sort());
});
