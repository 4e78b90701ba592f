// Whole random statements against an evaluator of plain loops, written from docs/sql.md alone: nested conditions with every operator, groups,
// HAVING, order, LIMIT and OFFSET, SLIMIT, time() with fill. A hundredth of SONDE_FUZZ is the number; a failing statement is made smaller and printed.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { BEGIN, BELONGINGS, type Edge, ENTITIES, make_edges, open_world, random, type World } from './testing/world.ts';

const STATEMENTS = process.env.SONDE_FUZZ === undefined ? 150 : Math.ceil(Number(process.env.SONDE_FUZZ) / 100);
const SECONDS = 600;
let world: World;
beforeAll(async () => {
  world = await open_world(make_edges(250, 21));
});
afterAll(() => world?.close());

const entity = (id: number) => ENTITIES.find((e) => e.id === id)!;
const of = (id: number) => BELONGINGS[id]!;
const octets = (address: string): number => address.split('.').reduce((n, part) => n * 256 + Number(part), 0);

/** Values of a tag in a row: one, or those of both ends where the name has no suffix; the server's is the last. */
interface TestTag {
  readonly sql: string;
  readonly values: (e: Edge) => readonly (string | number)[];
  readonly samples: readonly (string | number)[];
  readonly ip?: true;
}
const NAMES = ['shop', 'front', 'data', '', 'none'];
const TAGS: readonly TestTag[] = [
  { sql: 'pod_ns_0', values: (e) => [of(e.client).pod_ns], samples: NAMES },
  { sql: 'pod_ns', values: (e) => [of(e.client).pod_ns, of(e.server).pod_ns], samples: NAMES },
  { sql: 'region_1', values: (e) => [of(e.server).region], samples: ['north', 'south', ''] },
  {
    sql: 'auto_instance',
    values: (e) => [entity(e.client).name, entity(e.server).name],
    samples: ['cart-1', 'redis', 'x'],
  },
  { sql: '`k8s.label.app_1`', values: (e) => [of(e.server).app], samples: ['cart', 'edge', ''] },
  { sql: 'endpoint', values: (e) => [e.endpoint], samples: ['/a', '/b/*', "it's"] },
  {
    sql: 'Enum(observation_point)',
    values: (e) => [e.point === 'c-p' ? 'Client Process' : 'Server Process'],
    samples: ['Client Process', 'c-p'],
  },
  { sql: 'l7_protocol', values: (e) => [e.protocol], samples: [20, 80, 50] },
  { sql: 'auto_service_type_0', values: (e) => [entity(e.client).service_type], samples: [0, 20, 120] },
  {
    sql: 'ip_1',
    values: (e) => [`10.0.1.${e.server}`],
    samples: ['10.0.1.3', '10.0.1.0/30', '10.0.0.0/16', '10.0.1.2-10.0.1.3'],
    ip: true,
  },
];

interface Condition {
  readonly sql: string;
  readonly holds: (e: Edge) => boolean;
  readonly parts?: readonly Condition[];
}
type Next = () => number;
const pick = <T>(next: Next, all: readonly T[]): T => all[Math.floor(next() * all.length)]!;
const literal = (value: string | number): string =>
  typeof value === 'number' ? String(value) : `'${value.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
/** A negative condition must hold for both ends, a positive one for either. */
const over_ends = (tag: TestTag, negative: boolean, holds: (value: string | number) => boolean) => (e: Edge) =>
  negative ? tag.values(e).every(holds) : tag.values(e).some(holds);

function block(text: string): readonly [number, number] {
  const [begin = '', end] = text.split('-');
  if (end !== undefined) return [octets(begin), octets(end)];
  const [address = '', bits = '32'] = begin.split('/');
  const size = 2 ** (32 - Number(bits));
  const first = Math.floor(octets(address) / size) * size;
  return [first, first + size - 1];
}

function address_condition(next: Next, tag: TestTag): Condition {
  const op = pick(next, ['=', '!=', '<', '<=', '>', '>=', 'in', 'not in']);
  const samples = op.endsWith('in') ? [pick(next, tag.samples), pick(next, tag.samples)] : [pick(next, tag.samples)];
  const blocks = samples.map((s) => block(String(s)));
  const [low, high] = blocks[0]!;
  const inside = (n: number) => blocks.some(([a, b]) => n >= a && n <= b);
  const holds: Readonly<Record<string, (n: number) => boolean>> = {
    '=': inside,
    in: inside,
    '!=': (n) => !inside(n),
    'not in': (n) => !inside(n),
    '<': (n) => n < low,
    '<=': (n) => n <= high,
    '>': (n) => n > high,
    '>=': (n) => n >= low,
  };
  const right = op.endsWith('in') ? `(${samples.map(literal).join(', ')})` : literal(samples[0]!);
  return { sql: `${tag.sql} ${op} ${right}`, holds: (e) => holds[op]!(octets(String(tag.values(e)[0]))) };
}

function simple(next: Next): Condition {
  const tag = pick(next, TAGS);
  if (tag.ip) return address_condition(next, tag);
  const sample = pick(next, tag.samples);
  const other = pick(next, tag.samples);
  const number = typeof sample === 'number';
  const made = (sql: string, negative: boolean, holds: (v: string | number) => boolean): Condition => ({
    sql: `${tag.sql} ${sql}`,
    holds: over_ends(tag, negative, holds),
  });
  switch (
    pick(
      next,
      number
        ? ['=', '!=', 'in', 'not in', '<', '>=', 'between']
        : ['=', '!=', 'in', 'not in', 'like', 'not like', 'regexp', 'not regexp'],
    )
  ) {
    case '=':
      return made(`= ${literal(sample)}`, false, (v) => v === sample);
    case '!=':
      return made(`!= ${literal(sample)}`, true, (v) => v !== sample);
    case 'in':
      return made(`in (${literal(sample)}, ${literal(other)})`, false, (v) => v === sample || v === other);
    case 'not in':
      return made(`not in (${literal(sample)}, ${literal(other)})`, true, (v) => v !== sample && v !== other);
    case '<':
      return made(`< ${sample}`, false, (v) => Number(v) < Number(sample));
    case '>=':
      return made(`>= ${sample}`, false, (v) => Number(v) >= Number(sample));
    case 'between':
      return made(`between 10 and ${sample}`, false, (v) => Number(v) >= 10 && Number(v) <= Number(sample));
    case 'like':
      return made(`like ${literal(`*${String(sample).slice(1, 3).replaceAll('*', '\\*')}*`)}`, false, (v) =>
        String(v).includes(String(sample).slice(1, 3)),
      );
    case 'not like':
      return made(
        `not like ${literal(`${String(sample).slice(0, 2)}*`)}`,
        true,
        (v) => !String(v).startsWith(String(sample).slice(0, 2)),
      );
    case 'regexp':
      return made("regexp '^[a-f/]'", false, (v) => /^[a-f/]/.test(String(v)));
    default:
      return made("not regexp 't$'", true, (v) => !/t$/.test(String(v)));
  }
}

function condition(next: Next, depth: number): Condition {
  const kind = depth === 0 ? 0 : next();
  if (kind < 0.4) return simple(next);
  if (kind < 0.55) {
    const part = condition(next, depth - 1);
    return { sql: `NOT (${part.sql})`, holds: (e) => !part.holds(e), parts: [part] };
  }
  const parts = [condition(next, depth - 1), condition(next, depth - 1)];
  const and = next() < 0.5;
  return {
    sql: `(${parts[0]!.sql} ${and ? 'AND' : 'OR'} ${parts[1]!.sql})`,
    holds: (e) => (and ? parts.every((p) => p.holds(e)) : parts.some((p) => p.holds(e))),
    parts,
  };
}

type Key = readonly [sql: string, value: (e: Edge) => string | number];
const KEYS: readonly Key[] = [
  ['pod_ns_0', (e) => of(e.client).pod_ns],
  ['region_1', (e) => of(e.server).region],
  ['endpoint', (e) => e.endpoint],
  ['l7_protocol', (e) => e.protocol],
  ['ip_0', (e) => `10.0.0.${e.client}`],
  ['`k8s.label.app_1`', (e) => of(e.server).app],
  ['auto_instance_1', (e) => entity(e.server).name],
];
const total = (g: readonly Edge[]): number => g.reduce((n, e) => n + e.request, 0);
function windows(g: readonly Edge[]): number[] {
  const sums = new Map<number, number>();
  for (const e of g) sums.set(e.time, (sums.get(e.time) ?? 0) + e.request);
  return [...sums.values()];
}
type Metric = readonly [sql: string, value: (g: readonly Edge[]) => number | null];
const METRICS: readonly Metric[] = [
  ['Max(request)', (g) => Math.max(...windows(g))],
  ['AAvg(request)', (g) => windows(g).reduce((a, b) => a + b, 0) / windows(g).length],
  [
    'Avg(rrt)',
    (g) => {
      const times = g.flatMap((e) => e.rrt);
      return times.length === 0 ? null : times.reduce((a, b) => a + b, 0) / times.length;
    },
  ],
  ['Avg(error_ratio)', (g) => (total(g) === 0 ? null : (100 * g.reduce((n, e) => n + e.server_error, 0)) / total(g))],
  ['UniqExact(endpoint)', (g) => new Set(g.map((e) => e.endpoint)).size],
];
const BUCKET_S = 60;

interface Statement {
  readonly where: Condition | undefined;
  readonly keys: readonly Key[];
  readonly metrics: readonly Metric[];
  readonly having: number | undefined;
  readonly limit: readonly [count: number, offset: number] | undefined;
  readonly slimit: number | undefined;
  readonly fill: 'none' | '0' | 'null' | undefined;
}

function statement(next: Next): Statement {
  const some = <T>(all: readonly T[], most: number): T[] => all.filter(() => next() < most / all.length).slice(0, most);
  const keys = some(KEYS, 3);
  const fill = next() < 0.35 ? pick(next, ['none', '0', 'null'] as const) : undefined;
  const filled = fill !== undefined && fill !== 'none';
  return {
    where: next() < 0.85 ? condition(next, 3) : undefined,
    keys,
    metrics: some(METRICS, 2),
    having: !filled && next() < 0.3 ? Math.floor(next() * 120) : undefined,
    limit: !filled && next() < 0.4 ? [1 + Math.floor(next() * 5), Math.floor(next() * 3)] : undefined,
    slimit: keys.length > 0 && next() < 0.3 ? 1 + Math.floor(next() * 3) : undefined,
    fill,
  };
}

function sql_of(s: Statement): string {
  const time = s.fill === undefined ? [] : [`time(time, ${BUCKET_S}, 1, ${s.fill === '0' ? 0 : `'${s.fill}'`}) AS t`];
  const keys = s.keys.map(([sql], i) => `${sql} AS k${i}`);
  const metrics = s.metrics.map(([sql], i) => `${sql} AS m${i}`);
  const names = [...time.map(() => 't'), ...s.keys.map((_k, i) => `k${i}`)];
  return [
    `SELECT ${[...time, ...keys, 'Sum(request) AS total', ...metrics].join(', ')} FROM application_map.1s`,
    `WHERE time >= ${BEGIN} AND time < ${BEGIN + SECONDS}${s.where ? ` AND ${s.where.sql}` : ''}`,
    ...(names.length > 0 ? [`GROUP BY ${names.join(', ')}`] : []),
    ...(s.having === undefined ? [] : [`HAVING Sum(request) > ${s.having}`]),
    `ORDER BY ${['total DESC', ...names].join(', ')}`,
    ...(s.slimit === undefined ? [] : [`SLIMIT ${s.slimit}`]),
    ...(s.limit === undefined ? [] : [`LIMIT ${s.limit[0]} OFFSET ${s.limit[1]}`]),
  ].join(' ');
}

type Line = readonly (string | number | null)[];
const compare = (a: string | number, b: string | number): number => (a < b ? -1 : a > b ? 1 : 0);

/** Groups by key, in the statement's order: most requests first, then by the keys. */
function grouped(edges: readonly Edge[], keys: readonly Key[]): { key: (string | number)[]; members: Edge[] }[] {
  const groups = new Map<string, { key: (string | number)[]; members: Edge[] }>();
  for (const e of edges) {
    const key = keys.map(([, value]) => value(e));
    const group = groups.get(JSON.stringify(key)) ?? { key, members: [] };
    group.members.push(e);
    groups.set(JSON.stringify(key), group);
  }
  return [...groups.values()].sort(
    (a, b) =>
      total(b.members) - total(a.members) ||
      a.key.map((k, i) => compare(k, b.key[i]!)).find((order) => order !== 0) ||
      0,
  );
}

function evaluate(s: Statement): Line[] {
  let kept = world.edges.filter((e) => s.where?.holds(e) ?? true);
  if (s.slimit !== undefined) {
    const series = new Set(
      grouped(kept, s.keys)
        .slice(0, s.slimit)
        .flatMap((g) => g.members),
    );
    kept = kept.filter((e) => series.has(e));
  }
  const time: Key = ['t', (e) => Math.floor(e.time / BUCKET_S) * BUCKET_S];
  const groups = grouped(kept, s.fill === undefined ? s.keys : [time, ...s.keys]);
  const [count, offset] = s.limit ?? [Number.POSITIVE_INFINITY, 0];
  const lines = groups
    .filter((g) => s.having === undefined || total(g.members) > s.having)
    .slice(offset, offset + count)
    .map((g): Line => [...g.key, total(g.members), ...s.metrics.map(([, value]) => value(g.members))]);
  if (s.fill === undefined || s.fill === 'none') return lines;
  const have = new Map(lines.map((line) => [JSON.stringify(line.slice(0, s.keys.length + 1)), line]));
  const series = new Map(
    lines.map((line) => [JSON.stringify(line.slice(1, s.keys.length + 1)), line.slice(1, s.keys.length + 1)]),
  );
  const empty = s.fill === '0' ? 0 : null;
  return [...series.values()].flatMap((key) =>
    Array.from({ length: SECONDS / BUCKET_S }, (_, i): Line => {
      const begin = [BEGIN + i * BUCKET_S, ...key];
      return have.get(JSON.stringify(begin)) ?? [...begin, empty, ...s.metrics.map(() => empty)];
    }),
  );
}

const same = (a: Line[], b: Line[]): boolean =>
  a.length === b.length &&
  a.every((line, i) =>
    line.every((cell, c) => {
      const other = b[i]![c]!;
      if (typeof cell !== 'number' || typeof other !== 'number') return cell === other;
      return Math.abs(cell - other) <= 1e-9 * Math.max(1, Math.abs(other));
    }),
  );

/** undefined where both agree; else what each says. */
async function difference(s: Statement): Promise<string | undefined> {
  let actual: Line[];
  try {
    actual = (await world.ask(sql_of(s))).map((row) => Object.values(row) as Line);
  } catch (error) {
    return `refused: ${(error as Error).message}`;
  }
  let expected = evaluate(s);
  // Without keys there is a group even of no rows; what its metrics are is the engine's own business.
  if (expected.length === 0 && s.keys.length === 0 && s.fill === undefined) return undefined;
  if (s.fill !== undefined && s.fill !== 'none') {
    // Within a series filled rows stand in order of time; the order of series is that of their first rows.
    const by_text = (a: Line, b: Line): number => compare(JSON.stringify(a), JSON.stringify(b));
    actual = [...actual].sort(by_text);
    expected = [...expected].sort(by_text);
  }
  if (same(actual, expected)) return undefined;
  return `gives ${JSON.stringify(actual.slice(0, 8))}\nnot   ${JSON.stringify(expected.slice(0, 8))}`;
}

/** Leaves out whatever the difference does not need. */
async function smallest(s: Statement): Promise<Statement> {
  const drop = <K extends keyof Statement>(key: K, value: Statement[K]): Statement => ({ ...s, [key]: value });
  const smaller: Statement[] = [
    drop('where', undefined),
    ...(s.where?.parts ?? []).map((part) => drop('where', part)),
    drop('having', undefined),
    drop('limit', undefined),
    drop('slimit', undefined),
    drop('fill', undefined),
    ...s.metrics.map((m) =>
      drop(
        'metrics',
        s.metrics.filter((o) => o !== m),
      ),
    ),
    ...s.keys.map((k) =>
      drop(
        'keys',
        s.keys.filter((o) => o !== k),
      ),
    ),
  ];
  for (const candidate of smaller)
    if (sql_of(candidate) !== sql_of(s) && (await difference(candidate)) !== undefined) return smallest(candidate);
  return s;
}

it(`${STATEMENTS} whole statements give what plain loops give`, { timeout: 120_000 + STATEMENTS * 100 }, async () => {
  const next = random(2026);
  let rows = 0;
  for (let i = 0; i < STATEMENTS; i++) {
    const made = statement(next);
    if ((await difference(made)) === undefined) {
      rows += evaluate(made).length;
      continue;
    }
    const small = await smallest(made);
    expect.fail(`statement ${i}: ${sql_of(small)}\n${await difference(small)}\nmade smaller from: ${sql_of(made)}`);
  }
  // The statements are no empty talk.
  expect(rows).toBeGreaterThan(STATEMENTS * 3);
});
