// Statements on plain rows: the request log and the counters; values that try to be more than values.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BEGIN, open_world, random, type World } from './testing/world.ts';

interface Request {
  readonly id: bigint;
  readonly time: number;
  readonly server: number;
  readonly resource: string;
  readonly code: number | null;
  readonly duration: number;
  readonly user: string | undefined;
}
const HOSTILE = [
  "'; DROP TABLE flow_log.l7_flow_log; --",
  '{p0:String}',
  '\\',
  "\\'",
  '`',
  'a\0b\tc\nd',
  '%_*',
  '"',
  '\u{1f600}\u202e',
  '$$',
  '{{x}}',
  '',
];

let world: World;
let rows: Request[] = [];
beforeAll(async () => {
  world = await open_world([]);
  const next = random(3);
  rows = Array.from({ length: 200 }, (_, i) => ({
    id: (BigInt(BEGIN) << 32n) + BigInt(i),
    time: BEGIN + Math.floor(next() * 100),
    server: 2 + Math.floor(next() * 3),
    resource: HOSTILE[i % HOSTILE.length]!,
    code: i % 5 === 0 ? null : 200 + (i % 3) * 100,
    duration: i % 7 === 0 ? 0 : 1 + Math.floor(next() * 1e6),
    user: i % 4 === 0 ? undefined : HOSTILE[(i + 3) % HOSTILE.length]!,
  }));
  for (const r of rows)
    await world.store.exec(
      `INSERT INTO flow_log.l7_flow_log (_id, time, end_time, entity_id_1, request_resource, response_code, response_duration, attribute_names, attribute_values)
       SELECT {id:UInt64}, {time:UInt32}, fromUnixTimestamp64Micro({us:Int64}), {server:UInt32}, {resource:String}, {code:Nullable(Int32)}, {duration:UInt64}, {names:Array(String)}, {values:Array(String)}`.replace(
        '{code:Nullable(Int32)}',
        r.code === null ? 'NULL' : '{code:Int32}',
      ),
      {
        id: r.id,
        time: r.time,
        us: BigInt(r.time) * 1_000_000n,
        server: r.server,
        resource: r.resource,
        code: r.code ?? 0,
        duration: r.duration,
        names: r.user === undefined ? [] : ["it's", 'user'],
        values: r.user === undefined ? [] : ['x', r.user],
      },
    );
});
afterAll(() => world?.close());

const ask = (sql: string) => world.ask(sql, 'flow_log');
/** A text of the dialect in quotes. */
const text = (value: string) => `'${value.replaceAll('\\', '\\\\').replaceAll("'", "''").replaceAll('\0', '\\0')}'`;

describe('values that try to be more', () => {
  it.each(HOSTILE)('%j is compared, selected, matched as it is', async (value) => {
    const same = rows.filter((r) => r.resource === value);
    const [count] = await ask(`SELECT Count(row) AS n FROM l7_flow_log WHERE request_resource = ${text(value)}`);
    expect(count).toEqual({ n: same.length });
    const [other] = await ask(`SELECT Count(row) AS n FROM l7_flow_log WHERE request_resource not in (${text(value)})`);
    expect(other).toEqual({ n: rows.length - same.length });
    const exactly = text(value.replace(/[\\%*]/g, '\\$&'));
    const [liked] = await ask(`SELECT Count(row) AS n FROM l7_flow_log WHERE request_resource like ${exactly}`);
    expect(liked).toEqual({ n: same.length });
    const selected = await ask(
      `SELECT ${text(value)} AS v, attribute.user AS u FROM l7_flow_log WHERE attribute.user = ${text(value)} LIMIT 1`,
    );
    const has = value === '' || rows.some((r) => r.user === value);
    expect(selected).toEqual(has ? [{ v: value, u: value }] : []);
    const named = await ask(`SELECT Count(row) AS \`${value.replaceAll('`', '``') || 'x'}\` FROM l7_flow_log`);
    expect(named).toEqual([{ [value || 'x']: rows.length }]);
    const attribute = `attribute.${value.replaceAll('`', '``') || 'x'}`;
    expect(await ask(`SELECT Count(row) AS n FROM l7_flow_log WHERE exist(\`${attribute}\`)`)).toEqual([{ n: 0 }]);
  });

  it('and the table is still there', async () => {
    expect(await ask('SELECT Count(row) AS n FROM l7_flow_log')).toEqual([{ n: rows.length }]);
  });
});

describe('rows in order of time', () => {
  const by_id = (a: Request, b: Request) => (a.id < b.id ? -1 : 1);
  it.each([
    ['DESC', 'LIMIT 7', '', () => true],
    ['ASC', 'LIMIT 7 OFFSET 3', '', () => true],
    ['DESC', 'LIMIT 5 OFFSET 30', "auto_service_1 = 'cart'", (r: Request) => [2, 3, 4].includes(r.server)],
    ['ASC', 'LIMIT 4', 'response_code = 400', (r: Request) => r.code === 400],
    ['DESC', 'LIMIT 1000', 'response_code = 400', (r: Request) => r.code === 400],
    ['DESC', 'LIMIT 9', 'response_code = 999', () => false],
    ['DESC', 'LIMIT 0', '', () => true],
    ['ASC', '', '', () => true],
  ] as const)('%s %s %s are the first of all', async (way, limit, where, chosen) => {
    const sorted = rows
      .filter(chosen)
      .sort((a, b) => (way === 'DESC' ? b.time - a.time : a.time - b.time) || by_id(a, b));
    const [count = sorted.length, offset = 0] = [...limit.matchAll(/\d+/g)].map(Number);
    const condition = where === '' ? '' : ` WHERE ${where}`;
    const answer = await ask(`SELECT _id, time FROM l7_flow_log${condition} ORDER BY time ${way}, _id ${limit}`);
    expect(answer.map((row) => String(row._id))).toEqual(sorted.slice(offset, offset + count).map((r) => String(r.id)));
  });

  it('called by another name, time is what the name says', async () => {
    const answer = await ask('SELECT response_duration AS time FROM l7_flow_log ORDER BY time DESC LIMIT 5');
    const longest = rows.map((r) => r.duration).sort((a, b) => b - a);
    expect(answer.map((row) => row.time)).toEqual(longest.slice(0, 5));
  });
});

describe('l7_flow_log', () => {
  it('delays ignore zeros', async () => {
    const times = rows.map((r) => r.duration).filter((d) => d > 0);
    const [row] = await ask(
      'SELECT Min(rrt) AS low, Max(rrt) AS high, Avg(response_duration) AS mean, PercentileExact(rrt, 100) AS top, Apdex(rrt, 1000) AS apdex FROM l7_flow_log',
    );
    const share = (limit: number) => times.filter((t) => t <= limit).length;
    expect(row).toEqual({
      low: Math.min(...times),
      high: Math.max(...times),
      mean: expect.closeTo(times.reduce((a, b) => a + b, 0) / times.length, 6),
      top: Math.max(...times),
      apdex: expect.closeTo(((share(1000) + share(4000)) / 2 / times.length) * 100, 9),
    });
  });

  it('shows rows as they are, ids whole', async () => {
    const found = await ask(
      `SELECT _id, time, end_time, response_code, auto_instance_1, rrt FROM l7_flow_log WHERE time >= ${BEGIN} ORDER BY _id DESC LIMIT 3`,
    );
    const newest = rows.slice(-3).reverse();
    expect(found).toEqual(
      newest.map((r) => ({
        _id: String(r.id),
        time: r.time,
        end_time: r.time * 1_000_000,
        response_code: r.code,
        auto_instance_1: { 2: 'cart-1', 3: 'cart-2', 4: 'redis' }[r.server],
        rrt: r.duration,
      })),
    );
    const [one] = await ask(`SELECT Count(row) AS n FROM l7_flow_log WHERE _id = ${rows[5]!.id}`);
    expect(one).toEqual({ n: 1 });
  });

  it('knows what is missing', async () => {
    const [row] = await ask(
      'SELECT Count(response_code) AS known, Count(row) AS n FROM l7_flow_log WHERE not exist(response_code)',
    );
    expect(row).toEqual({ known: 0, n: rows.filter((r) => r.code === null).length });
    const [nulls] = await ask('SELECT Count(row) AS n FROM l7_flow_log WHERE response_code is not null');
    expect(nulls).toEqual({ n: rows.filter((r) => r.code !== null).length });
  });

  it('compares times as seconds, microseconds or text', async () => {
    const late = rows.filter((r) => r.time >= BEGIN + 50).length;
    const iso = new Date((BEGIN + 50) * 1000).toISOString().slice(0, 19).replace('T', ' ');
    for (const where of [
      `time >= ${BEGIN + 50}`,
      `time >= '${iso}'`,
      `time > ${BEGIN + 49.5}`,
      `end_time >= ${(BEGIN + 50) * 1e6}`,
      `end_time >= '${iso}.000000'`,
    ])
      expect(await ask(`SELECT Count(row) AS n FROM l7_flow_log WHERE ${where}`), where).toEqual([{ n: late }]);
  });

  it('* is every tag and metric', async () => {
    const [row] = await ask('SELECT * FROM l7_flow_log LIMIT 1');
    expect(Object.keys(row!)).toEqual(
      expect.arrayContaining(['time', '_id', 'ip_0', 'auto_service_1', 'response_duration', 'row']),
    );
    expect(Object.keys(row!)).not.toContain('entity_id_0');
  });

  it.each([
    ['SELECT request_resorce FROM l7_flow_log', /Did you mean `request_resource`/],
    ['SELECT Summ(rrt) FROM l7_flow_log', /no function `Summ`.*Did you mean `Sum`/],
    ['SELECT rrt FROM l7_flowlog', /Did you mean `l7_flow_log`/],
    ['SELECT Sum(request_resource) FROM l7_flow_log', /is a tag and no number/],
    ['SELECT rrt FROM l7_flow_log WHERE Sum(rrt) > 1', /having/],
    ['SELECT rrt FROM l7_flow_log HAVING rrt > 1', /having needs groups/],
    ["SELECT Sum(rrt) FROM l7_flow_log HAVING endpoint = 'x'", /neither grouped nor aggregated/],
    ["SELECT rrt FROM l7_flow_log WHERE response_code = 'x'", /is a number/],
    ["SELECT rrt FROM l7_flow_log WHERE ip_0 = 'x'", /no address/],
    ["SELECT rrt FROM l7_flow_log WHERE time >= 'yesterday'", /no moment/],
    ['SELECT rrt FROM l7_flow_log WHERE endpoint', /expected a condition/],
    ['SELECT rrt FROM l7_flow_log WHERE endpoint in (rrt)', /expected a value/],
    ['SELECT Percentile(rrt) FROM l7_flow_log', /takes \(metric, percentile\)/],
    ['SELECT Percentile(rrt, 101) FROM l7_flow_log', /from 0 to 100/],
    ['SELECT Enum(endpoint) FROM l7_flow_log', /has no enumeration/],
    ['SELECT time(endpoint, 60) FROM l7_flow_log', /first argument is the tag `time`/],
    ['SELECT time(time, 60), time(time, 30) FROM l7_flow_log', /second, different one/],
    ['SELECT Max(Sum(rrt)) FROM l7_flow_log', /name of a metric/],
    ['SELECT endpoint + 1 FROM l7_flow_log', /is no number/],
    ['SELECT rrt FROM l7_flow_log WHERE _id = 99999999999999999999', /64 bits/],
  ])('refuses %s', async (sql, message) => {
    await expect(ask(sql)).rejects.toThrow(message);
  });
});

it('counters are tables of their own', async () => {
  for (const [i, full] of [3, 5].entries())
    await world.store.exec(
      `INSERT INTO deepflow_tenant.deepflow_collector (time, virtual_table_name, agent_id, tag_names, tag_values, metrics_float_names, metrics_float_values)
       SELECT now() - ${10 - i}, 'deepflow_agent_ring', 1, ['cpu'], [{cpu:String}], ['full', 'read'], [{full:Float64}, 10]`,
      { cpu: String(i), full },
    );
  const tenant = (sql: string) => world.ask(sql, 'deepflow_tenant');
  expect(await tenant('SELECT Sum(metrics.full) AS f, Max(`metrics.read`) AS r FROM deepflow_agent_ring')).toEqual([
    { f: 8, r: 10 },
  ]);
  expect(await tenant("SELECT Last(metrics.full) AS f FROM deepflow_agent_ring WHERE tag.cpu = '0'")).toEqual([
    { f: 3 },
  ]);
  expect(await tenant('SELECT tag.cpu, metrics.full FROM deepflow_agent_ring ORDER BY time')).toEqual([
    { 'tag.cpu': '0', 'metrics.full': 3 },
    { 'tag.cpu': '1', 'metrics.full': 5 },
  ]);
  expect(await tenant('SELECT Count(row) AS n FROM deepflow_agent_rings')).toEqual([{ n: 0 }]);
  expect((await tenant('SHOW TABLES')).map((t) => t.name)).toEqual(['deepflow_agent_ring']);
  expect((await tenant('SHOW METRICS FROM deepflow_agent_ring')).map((m) => m.name)).toEqual([
    'metrics.full',
    'metrics.read',
  ]);
});

describe('SHOW', () => {
  it('tags with the names of their ends, metrics, functions, values', async () => {
    const tags = await ask('SHOW TAGS FROM l7_flow_log');
    expect(tags.find((t) => t.name === 'auto_service')).toMatchObject({
      client_name: 'auto_service_0',
      server_name: 'auto_service_1',
      type: 'resource',
    });
    expect(tags.find((t) => t.name === 'response_status')).toMatchObject({
      client_name: 'response_status',
      type: 'int_enum',
    });
    expect(tags.some((t) => String(t.name).startsWith('entity_id'))).toBe(false);
    for (const tag of tags) expect(tag.description, String(tag.name)).not.toBe('');
    const metrics = await ask("SHOW METRICS FROM flow_metrics.application WHERE type = 'delay'");
    expect(metrics.map((m) => m.name)).toEqual(['rrt_max', 'rrt']);
    expect((await ask('SHOW METRICS FUNCTIONS')).map((f) => f.name)).toContain('Percentile');
    expect(
      (await ask("SHOW TAG auto_instance_1 VALUES FROM l7_flow_log WHERE value like 'cart*'"))
        .map((v) => v.value)
        .sort(),
    ).toEqual(['cart-1', 'cart-2']);
    expect(
      (await ask("SHOW TAG response_status VALUES FROM l7_flow_log WHERE display_name like '*Error'")).map(
        (v) => v.value,
      ),
    ).toEqual([3, 4]);
    expect(
      await ask(`SHOW TAG request_resource VALUES FROM l7_flow_log WHERE value = ${text(HOSTILE[0]!)}`),
    ).toHaveLength(1);
    await expect(ask('SHOW TAG endpoin VALUES FROM l7_flow_log')).rejects.toThrow(/Did you mean `endpoint`/);
  });

  it('every tag can be selected, filtered, grouped by and listed; every metric aggregated', async () => {
    for (const [db, table] of [
      ['flow_log', 'l7_flow_log'],
      ['flow_metrics', 'application'],
      ['flow_metrics', 'application_map'],
    ] as const) {
      const tags = await world.ask(`SHOW TAGS FROM ${table}`, db);
      for (const tag of tags) {
        if (tag.type === 'array') continue;
        for (const name of new Set([tag.client_name, tag.server_name, tag.name] as string[])) {
          await world.ask(
            `SELECT ${name}, Count(row) AS n FROM ${table} WHERE exist(${name}) GROUP BY ${name} ORDER BY ${name} LIMIT 1`,
            db,
          );
          const value = tag.type === 'ip' ? "'10.0.0.0/8'" : "'1'";
          await world.ask(
            `SELECT ${name} FROM ${table} WHERE ${name} != ${value} OR ${name} in (${value}) LIMIT 1`,
            db,
          );
        }
      }
      for (const metric of await world.ask(`SHOW METRICS FROM ${table}`, db))
        for (const fn of [
          'Max(x)',
          'Min(x)',
          'Avg(x)',
          'AAvg(x)',
          'Percentile(x, 50)',
          'Stddev(x)',
          'Spread(x)',
          'Rspread(x)',
          'Last(x)',
        ])
          await world.ask(`SELECT ${fn.replace(/\bx\b/, metric.name as string)} AS v FROM ${table}`, db);
    }
  });
});
