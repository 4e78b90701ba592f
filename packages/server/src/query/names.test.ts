// Names of DeepFlow that no column of ours has as it stands: older names, two columns in one, hardware addresses, lists, columns that
// nothing records yet; and the tables and functions that came with them.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DEFINITIONS, enum_name, unrecorded_columns } from '@sonde/records';
import { tables_of } from './catalog.ts';
import { BEGIN, open_world, type World } from './testing/world.ts';

let world: World;
beforeAll(async () => {
  world = await open_world([]);
  const exec = (sql: string) => world.store.exec(sql);
  const flow = `INSERT INTO flow_log.l4_flow_log (time, entity_id_0, entity_id_1, agent_id, mac_0, mac_1, capture_nic, tunnel_tx_ip4_0,
    tunnel_tx_ip6_1, nat_real_ip4_0, acl_gids, tcp_flags_bit_0, server_port, byte_tx) VALUES`;
  await exec(`${flow} (${BEGIN}, 2, 3, 7, 1108152157446, 0, 258, '10.1.0.1', '2001:db8::1', '192.0.2.1', ['3', '14'], 18, 22, 5),
    (${BEGIN}, 2, 5, 8, 0, 0, 0, '0.0.0.0', '::', '0.0.0.0', [], 2, 51234, 6)`);
  await exec(`INSERT INTO flow_log.l7_flow_log (time, entity_id_1, req_tcp_seq, resp_tcp_seq, l7_protocol, attribute_names, attribute_values, type)
    VALUES (${BEGIN}, 2, 11, 22, 80, ['a'], ['1'], 2), (${BEGIN}, 2, 11, 33, 20, [], [], 2)`);
  await exec(`INSERT INTO deepflow_tenant.deepflow_collector (time, virtual_table_name, agent_id, host)
    VALUES (now() - 100, 'x', 7, 'old'), (now() - 50, 'x', 7, 'box-7')`);
  await exec(`INSERT INTO event.\`file_event_metrics.1s\` (time, file_dir, count, bytes, duration_sum, max_duration)
    VALUES (${BEGIN}, '/a', 2, 10, 30, 20), (${BEGIN}, '/a', 1, 5, 60, 60), (${BEGIN + 1}, '/b', 1, 1, 1, 1)`);
});
afterAll(() => world?.close());

const flows = async (where: string): Promise<unknown[]> =>
  (await world.ask(`SELECT byte_tx FROM l4_flow_log WHERE ${where} ORDER BY byte_tx`, 'flow_log')).map(
    (r) => r.byte_tx,
  );
const one = async (select: string, db = 'flow_log'): Promise<Record<string, unknown>> =>
  (await world.ask(select, db))[0]!;

describe('values of other shapes', () => {
  it.each<[where: string, bytes: number[]]>([
    ["mac_0 = '01:02:03:04:05:06'", [5]],
    ["mac_0 in ('01-02-03-04-05-06', 0)", [5, 6]],
    ["mac != '01:02:03:04:05:06'", [6]],
    ["mac_0 like '01:02*'", [5]],
    ["capture_nic = '00:00:01:02'", [5]],
    ["tap_port regexp '01:02$'", [5]],
    ["tunnel_tx_ip_0 = '10.1.0.0/16'", [5]],
    ["tunnel_tx_ip = '2001:db8::/32'", [5]],
    ["tunnel_tx_ip_0 = '10.0.255.9-10.1.0.1'", [5]],
    ["nat_real_ip_0 != '192.0.2.1'", [6]],
    ['acl_gids = 3', [5]],
    ["acl_gids in ('3', '4')", [5]],
    ["acl_gids like '1*'", [5]],
    ['acl_gids != 3', [6]],
    ['acl_gids not in (3, 9)', [6]],
    ["Enum(tcp_flags_bit_0) = 'SYN, ACK'", [5]],
    ["Enum(server_port) = 'ssh'", [5]],
    ["agent = 'box-7'", [5]],
    ["vtap = '8'", [6]],
    ['l3_epc_id_1 = -2', [6]],
    ['l3_device_type_0 = 1', [5, 6]],
    ["capture_network_type = '' AND tap_port_host = ''", [5, 6]],
  ])('%s', async (where, bytes) => {
    expect(await flows(where)).toEqual(bytes);
  });

  it('shows them', async () => {
    const names = 'mac_0, capture_nic, tunnel_tx_ip_0, tunnel_tx_ip_1, nat_real_ip_0, agent';
    expect(await one(`SELECT ${names} FROM l4_flow_log WHERE byte_tx = 5`)).toEqual({
      mac_0: '01:02:03:04:05:06',
      capture_nic: '00:00:01:02',
      tunnel_tx_ip_0: '10.1.0.1',
      tunnel_tx_ip_1: '2001:db8::1',
      nat_real_ip_0: '192.0.2.1',
      agent: 'box-7',
    });
    const ports = await world.ask('SHOW TAG server_port VALUES FROM l4_flow_log WHERE time > 0', 'flow_log');
    expect(ports).toEqual([
      { value: 22, display_name: 'ssh' },
      { value: 51234, display_name: '51234' },
    ]);
  });

  it('two columns in one name, names as text, families as JSON', async () => {
    const count = async (where: string) => (await one(`SELECT Count(row) AS n FROM l7_flow_log WHERE ${where}`)).n;
    expect(await count('tcp_seq = 22')).toBe(1);
    expect(await count('tcp_seq = 11')).toBe(2);
    expect(await count('tcp_seq != 22')).toBe(1);
    expect(await count('syscall_trace_id = 0')).toBe(2);
    const protocol = enum_name('l7_protocol', 80);
    expect(await one(`SELECT attribute, l7_protocol_str FROM l7_flow_log WHERE biz_protocol = '${protocol}'`)).toEqual({
      attribute: '{"a":"1"}',
      l7_protocol_str: protocol,
    });
    expect(await one('SELECT Uniq(ip_version) AS n FROM l7_flow_log')).toEqual({ n: 1 });
  });
});

it('columns that nothing records are there, empty', async () => {
  for (const definition of DEFINITIONS) {
    const table = tables_of(definition.database).find((t) => t.definition === definition)!;
    for (const { name } of unrecorded_columns(definition)) {
      expect(table.tag(name)?.recorded, `${definition.table}.${name}`).toBe(false);
      if (definition.table !== 'l7_flow_log') continue;
      const tag = table.tag(name)!;
      const rows = await world.ask(
        `SELECT \`${name}\`, Count(row) AS n FROM l7_flow_log WHERE NOT exist(\`${name}\`) GROUP BY \`${name}\``,
        'flow_log',
      );
      expect(rows, name).toHaveLength(1);
      expect(rows[0]!.n, name).toBe(2);
      expect(['', 0, null, '00:00:00:00'].includes(rows[0]![name] as string) || tag.kind === 'array', name).toBe(true);
    }
  }
});

it('tables of sums and of traces', async () => {
  const all =
    'SELECT file_dir, Sum(count) AS n, Avg(duration) AS mean, Max(duration) AS most, Sum(bytes) AS bytes FROM file_event_metrics';
  expect(await world.ask(`${all} GROUP BY file_dir ORDER BY file_dir`, 'event')).toEqual([
    { file_dir: '/a', n: 3, mean: 30, most: 60, bytes: 15 },
    { file_dir: '/b', n: 1, mean: 1, most: 1, bytes: 1 },
  ]);
  expect((await one('SELECT Sum(profile_value) AS n FROM in_process_metrics', 'profile')).n).toBe(0);
  for (const table of ['span_with_trace_id', 'trace_tree'])
    expect(await world.ask(`SELECT * FROM ${table} WHERE search_index = 5 AND trace_id = 'x'`, 'flow_log')).toEqual([]);
  const names = (await world.ask("SHOW TABLES WHERE name like '*_metrics'", 'event')).map((r) => r.name);
  expect(names).toEqual(['file_event_metrics']);
  for (const old of ['perf_event', 'resource_event', 'alarm_event'])
    expect((await one(`SELECT Count(row) AS n FROM ${old}`, 'event')).n).toBe(0);
});

it('TopK with how often each value occurs', async () => {
  expect(await one('SELECT TopK(auto_instance_0, 2) AS t, Count(row) AS n FROM l4_flow_log')).toEqual({
    t: ['cart-1'],
    n: 2,
    array_t: ['cart-1'],
    counts_t: [2],
  });
  const { 'counts_TopK(server_port, protocol, 5)': counts } = await one(
    'SELECT TopK(server_port, protocol, 5) FROM l4_flow_log',
  );
  expect(counts).toEqual([1, 1]);
});

it('functions in the forms that clients write', async () => {
  const bucket = `time(time, '60', '1', '') AS t`;
  expect(
    await one(`SELECT ${bucket}, Time_interval, Time_interval() AS again FROM l4_flow_log GROUP BY t`),
  ).toMatchObject({
    Time_interval: 60,
    again: 60,
  });
  expect((await one('SELECT Time_interval FROM network', 'flow_metrics')) ?? {}).toEqual({});
  const rise = 'nonNegativeDerivative(Sum(count)) AS rise, time(time, 1) AS t';
  expect(await world.ask(`SELECT ${rise} FROM file_event_metrics GROUP BY t ORDER BY t`, 'event')).toEqual([
    { rise: null, t: BEGIN },
    { rise: 0, t: BEGIN + 1 },
  ]);
  const { h } = await one('SELECT Histogram(Max(byte_tx), 2) AS h FROM l4_flow_log');
  expect(h).toHaveLength(2);
  expect(await one('SELECT Counter_Avg(byte_tx) AS a, toString(Sum(byte_tx)) AS b FROM l4_flow_log')).toEqual({
    a: 5.5,
    b: '11',
  });
});

it('SHOW in the spellings of DeepFlow’s documents', async () => {
  for (const form of ['METRIC FUNCTION', 'METRIC FUNCTIONS', 'METRICS FUNCTION', 'METRICS FUNCTIONS'])
    expect((await world.ask(`SHOW ${form}`)).map((row) => row.name)).toContain('TopK');
  const values = await world.ask('SHOW TAG VALUES');
  expect(values).toEqual(await world.ask('SHOW TAG-VALUES FROM l7_flow_log', 'flow_log'));
  expect((await world.ask("SHOW METRIC FROM network WHERE name = 'rtt'")).length).toBe(1);
  expect((await world.ask("SHOW METRICS ON DB WHERE name = 'metric_value'", '')).map((row) => row.table)).toEqual([
    'alert_event',
    'alert_record',
  ]);
  const types = new Map((await world.ask('SHOW TAGS FROM l4_flow_log', 'flow_log')).map((row) => [row.name, row.type]));
  const wanted = {
    pod: 'resource',
    'k8s.label': 'map',
    mac: 'mac',
    is_new_flow: 'bool',
    _id: 'id',
    ip: 'ip',
    protocol: 'int_enum',
  };
  for (const [name, type] of Object.entries(wanted)) expect(types.get(name), name).toBe(type);
});
