// Statements that are misspelt, mistyped or hostile: each is refused in a sentence that helps, or is harmless; nothing changes.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BEGIN, make_edges, open_world, type World } from './testing/world.ts';

let world: World;
beforeAll(async () => {
  world = await open_world(make_edges(40));
});
afterAll(() => world?.close());

const stored = async (): Promise<string> => {
  const sql = `SELECT (SELECT count() FROM flow_metrics.\`application_map.1s\`), (SELECT groupArray((id, name)) FROM (SELECT id, name FROM flow_tag.entity_map ORDER BY id)),
    (SELECT groupArray(name) FROM (SELECT concat(database, '.', name) AS name FROM system.tables WHERE database NOT IN ('system', 'INFORMATION_SCHEMA', 'information_schema') ORDER BY name))`;
  return (await world.store.query(sql)).text().replace(/"statistics"[\s\S]*/, '');
};

describe('misspelt', () => {
  it.each<[sql: string, message: RegExp, db?: string]>([
    [
      'SELECT Sum(byt) FROM network_map',
      /`byt` is no metric of flow_metrics\.network_map\. Did you mean `byte`\? .*12/,
    ],
    ['SELECT rgion_0 FROM network_map', /`rgion_0` is no tag or metric.*Did you mean `region_0`.*character 8/],
    ['SELECT pod_nss FROM application', /Did you mean `pod_ns`/],
    ['SELECT Sum(request) FROM aplication', /no table `aplication` in flow_metrics.*Did you mean `application`/],
    ['SELECT Summ(request) FROM application', /no function `Summ`\. Did you mean `Sum`/],
    ["SELECT pod_ns FROM application WHERE pod_group_typ = 'x'", /Did you mean `pod_group_type`/],
    ['SELECT k8s.lable.app_0 FROM network_map', /`k8s\.lable\.app_0` is no tag or metric/],
    ['SELECT pod_ns FROM application.2m', /application is kept at 1s, 1m, 1h, 1d, not at 2m/],
    ['WHIT a AS (SELECT 1 FROM application) SELECT b FROM a', /Did you mean `with`/],
    [
      'WITH q AS (SELECT pod_ns FROM application) SELECT q.pod_n FROM q',
      /`q\.pod_n` is no column of q\. Did you mean `pod_ns`/,
    ],
    ['WITH q AS (SELECT pod_ns FROM application) SELECT pod_ns FROM p', /no query `p`; there are q/],
    ['SHOW TAG regoin VALUES FROM application', /`regoin` is no tag.*Did you mean `region`/],
    ['SHOW TAG region VALUES FROM application WHERE vcp = 1', /`vcp` is no tag or metric.*Did you mean `vpc`/],
    ['SHOW ENUM close_typ VALUES', /Did you mean `close_type`/],
    ['SELECT Sum(byte) FROM l4_flow_lgo', /Did you mean `l4_flow_log`/, 'flow_log'],
  ])('%s', async (sql, message, db) => {
    await expect(world.ask(sql, db)).rejects.toThrow(message);
  });
});

describe('mistyped', () => {
  it.each<[sql: string, message: RegExp, db?: string]>([
    ['SELECT Sum(pod_ns) FROM application', /`pod_ns` is a tag and no number/],
    ['SELECT Sum(error_ratio) FROM application', /does not add up; use Avg/],
    ['SELECT Apdex(request, 100) FROM application', /`request` is no delay/],
    ["SELECT pod_ns FROM application WHERE pod_ns_id = 'shop'", /number/],
    ["SELECT pod_ns FROM application WHERE time >= 'yesterday'", /no moment/],
    ["SELECT ip_0 FROM network_map WHERE ip_0 = '10.0.0.0/99'", /no address and no block/],
    ['SELECT TopK(pod_ns, 101) FROM application', /number from 1 to 100/],
    ['SELECT TopK(pod_ns, pod) FROM application', /number from 1 to 100/],
    ['SELECT Percentile(rrt, 101) FROM application', /number from 0 to 100/],
    ['SELECT Enum(pod_ns) FROM application', /has no enumeration/],
    ['SELECT pod_ns + 1 FROM application', /`pod_ns` is no number/],
    ["SELECT pod_ns FROM application WHERE pod_ns regexp '('", /./],
    ["SHOW ENUM status VALUES WHERE display_name regexp '('", /./],
    ['SELECT nonNegativeDerivative(request) FROM application', /needs time\(time, seconds\)/],
    ['SELECT pod_ns FROM application GROUP BY pod_ns HAVING az = 1', /neither grouped nor aggregated/],
    ['WITH q AS (SELECT pod_ns FROM application) SELECT Sum(pod_ns) FROM q', /columns and arithmetic/],
    ['WITH q AS (SELECT pod_ns FROM application) SELECT pod_ns FROM q GROUP BY pod_ns', /group within the queries/],
    [
      'WITH a AS (SELECT pod_ns FROM application), b AS (SELECT pod_ns FROM application) SELECT a.pod_ns FROM a JOIN b ON 1 = 1',
      /`on` takes `a\.x = b\.x`/,
    ],
    [
      'WITH a AS (SELECT pod_ns FROM application), b AS (SELECT pod_ns FROM application) SELECT pod_ns FROM a JOIN b ON a.pod_ns = b.pod_ns',
      /in several queries/,
    ],
    ['WITH a AS (SELECT pod FROM application), a AS (SELECT pod FROM application) SELECT pod FROM a', /there twice/],
    ['SELECT Sum(byte) FROM a JOIN b ON a.x = b.x', /end of the statement/],
    ['SELECT acl_gids FROM l4_flow_log WHERE acl_gids > 1', /several values, which have no order/, 'flow_log'],
    ["SELECT mac_0 FROM l4_flow_log WHERE mac_0 = '0:1'", /no address as `00:00:00:00:00:00`/, 'flow_log'],
  ])('%s', async (sql, message, db) => {
    await expect(world.ask(sql, db)).rejects.toThrow(message);
  });
});

describe('hostile', () => {
  const REFUSED = [
    'DROP TABLE application_map',
    'SELECT 1 FROM application; DROP DATABASE flow_tag',
    'INSERT INTO application (request) VALUES (1)',
    "SELECT file('/etc/passwd') FROM application",
    "SELECT url('http://127.0.0.1/') FROM application",
    "SELECT dictGet('flow_tag.entity_dict', 'name', 1) FROM application",
    'SELECT request FROM system.tables',
    'SELECT request FROM `application.1s` FORMAT CSV',
    'SELECT request FROM application SETTINGS max_threads = 1000',
    'SELECT (SELECT 1) FROM application',
    'SELECT request FROM (SELECT 1)',
    'SELECT request FROM application UNION ALL SELECT 1',
    'SELECT sleep(3) FROM application',
    'SELECT `request` AS c0, c1 FROM application',
    "SELECT request FROM application INTO OUTFILE '/tmp/x'",
    'SELECT `request, (SELECT 1)` FROM application',
    'SELECT {p0:String} FROM application',
    `SHOW TAG pod_ns VALUES FROM application WHERE pod_ns IN (SELECT 1)`,
    `WITH q AS (SELECT pod_ns FROM application) SELECT q.c0 FROM q`,
    `WITH q AS (INSERT INTO application VALUES (1)) SELECT 1 FROM q`,
    `SELECT ${'('.repeat(5000)}1${')'.repeat(5000)} FROM application`,
    `WITH ${Array.from({ length: 40 }, (_, i) => `q${i} AS (SELECT pod_ns FROM application)`).join(', ')} SELECT pod_ns FROM q0`,
  ];
  /** Texts that would be harmful where a value is pasted into a statement. */
  const TEXTS = [
    "' OR 1 = 1 --",
    "'; DROP TABLE flow_tag.entity_map; --",
    "\\' OR \\'1\\'=\\'1",
    '{p0:String}',
    '`; SELECT 1; `',
    "') UNION ALL SELECT name FROM system.tables --",
    '\u0000\u0001',
    '%',
    '\\',
  ];
  const quote = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;

  it.each(REFUSED)('is refused: %s', async (sql) => {
    const before = await stored();
    await expect(world.ask(sql)).rejects.toThrow(/\S/);
    expect(await stored()).toBe(before);
  });

  it.each<[what: string, sql: string, message: RegExp]>([
    ['a megabyte', `SELECT request FROM application WHERE endpoint = '${'x'.repeat(1 << 20)}'`, /more than 131072/],
    [
      'a chain of conditions',
      `SELECT request FROM application WHERE ${'role=1 or '.repeat(12_000)}role=1`,
      /more than 1000 operators/,
    ],
    ['a chain of sums', `SELECT ${'1+'.repeat(50_000)}1 FROM application`, /more than 1000 operators/],
    ['signs without end', `SELECT ${'-'.repeat(999)}1 + ${'!'.repeat(9999)}1 FROM application`, /deep|character/],
    [
      'a text without end',
      "SELECT request FROM application WHERE endpoint = 'abc",
      /opened here and not closed.*character 50/,
    ],
    ['a comment without end', 'SELECT request /* FROM application', /comment is opened here.*character 16/],
    [
      'a number beyond 64 bits',
      'SELECT request FROM application WHERE role = 99999999999999999999999',
      /does not fit 64 bits/,
    ],
    ['other letters', 'SELECT ｒequest FROM application', /no tag or metric.*Did you mean `request`/],
    ['a direction mark', 'SELECT \u202erequest FROM application', /means nothing here/],
    ['half a letter', 'SELECT \ud800 FROM application', /means nothing here/],
  ])('is refused soon: %s', async (_what, sql, message) => {
    const [before, began] = [await stored(), performance.now()];
    await expect(world.ask(sql)).rejects.toThrow(message);
    expect(performance.now() - began).toBeLessThan(2000);
    expect(await stored()).toBe(before);
  });

  it('long filters that a person may still mean run', async () => {
    const many = Array.from({ length: 480 }, (_, i) => `server_port = ${i}`).join(' or ');
    expect(await world.ask(`SELECT Sum(request) AS n FROM application WHERE ${many}`)).toHaveLength(1);
  });

  it.each(TEXTS)('is a value and no more: %s', async (text) => {
    const before = await stored();
    const range = `time >= ${BEGIN} AND time < ${BEGIN + 600}`;
    for (const tag of ['endpoint', 'pod_ns_1', 'auto_service_0', '`k8s.label.app_1`'])
      expect(
        await world.ask(
          `SELECT ${tag}, Sum(request) AS r FROM application_map WHERE ${range} AND ${tag} = ${quote(text)} GROUP BY ${tag}`,
        ),
      ).toEqual([]);
    const name = text.replaceAll('`', '``');
    expect(
      await world.ask(`SELECT \`k8s.label.${name}_1\` AS label FROM application_map.1s WHERE ${range} LIMIT 3`),
    ).toEqual([{ label: '' }, { label: '' }, { label: '' }]);
    expect(await world.ask(`SELECT \`metrics.${name}\` AS m FROM \`${name}\``, 'ext_metrics')).toEqual([]);
    expect(await world.ask(`SELECT Sum(request) AS \`${name}\` FROM application_map.1s WHERE ${range}`)).toHaveLength(
      1,
    );
    expect(await world.ask(`SHOW TAG pod_ns VALUES FROM application_map WHERE pod_ns = ${quote(text)}`)).toEqual([]);
    expect(await stored()).toBe(before);
  });
});
