// What Pyroscope's query API answers, over rows of agents and of pushed profiles alike.
import { NAME_LABEL, PERIOD_TYPE_LABEL, PERIOD_UNIT_LABEL } from '../../formats/kinds.ts';
import { ProfileBuilder } from '../../formats/profile.ts';
import { pprof_message } from '../../formats/pprof/encode.ts';
import { Reader } from '../../formats/protobuf.ts';
import { decode_rows, type QueryEngine } from '../engine.ts';
import { QueryError } from '../error.ts';
import { explain } from '../profile/explain.ts';
import { from_protobuf, type Message } from './codec.ts';
import { type Costs, flamegraph } from './flamegraph.ts';
import { type Method, RESPONSE } from './messages.ts';
import { COLUMNS, parse_type, type_of_row, VALUE, Where } from './selector.ts';

const STACKS_MAX = 100_000;
const SERIES_MAX = 10_000;
const SELECTORS_MAX = 16;
const POINTS_MAX = 11_000;
const VALUES_MAX = 20_000;
const FORMAT_TREE = 2;
/** What is asked for without a time. */
const RECENT_MS = 3_600_000;

const text = (message: Message, name: string): string =>
  typeof message[name] === 'string' ? (message[name] as string) : '';
const number = (message: Message, name: string): number =>
  typeof message[name] === 'number' ? (message[name] as number) : 0;
const texts = (message: Message, name: string): string[] =>
  Array.isArray(message[name]) ? (message[name] as string[]) : [];
const inner = (message: Message, name: string): Message => (message[name] as Message | undefined) ?? {};

export class PyroscopeQueries {
  private readonly engine: QueryEngine;
  private readonly signal: AbortSignal | undefined;

  constructor(engine: QueryEngine, signal?: AbortSignal) {
    this.engine = engine;
    this.signal = signal;
  }

  async answer(method: Method, request: Message): Promise<Message> {
    return METHODS[method](this, request);
  }

  async rows(sql: string, where: Where): Promise<unknown[][]> {
    const options = this.signal === undefined ? {} : { signal: this.signal };
    return decode_rows((await this.engine.query(sql, where.params, options)).text()).values;
  }

  /** Conditions of the range, the selector and the matchers of a request. */
  where(request: Message, type = text(request, 'profileTypeID')): Where {
    const where = new Where();
    const end = number(request, 'end') || Date.now();
    where.range(number(request, 'start') || end - RECENT_MS, end);
    if (type !== '') where.type(parse_type(type));
    where.selector(text(request, 'labelSelector'));
    const matchers = texts(request, 'matchers');
    if (matchers.length > SELECTORS_MAX)
      throw new QueryError('INVALID_PARAMETERS', `There are more than ${SELECTORS_MAX} selectors.`);
    for (const matcher of matchers) where.selector(matcher);
    const spans = texts(request, 'spanSelector');
    if (spans.length > 0) where.conditions.push(`${where.label('span_id')} IN (${bound(where, spans)})`);
    const ids = texts(request, 'profileIdSelector');
    if (ids.length > 0) where.conditions.push(`profile_id IN (${bound(where, ids)})`);
    return where;
  }

  async costs(request: Message): Promise<Costs> {
    const where = this.where(request);
    if (text(request, 'profileTypeID') === '')
      throw new QueryError('INVALID_PARAMETERS', '`profileTypeID` is missing.');
    if (number(request, 'format') === FORMAT_TREE)
      throw new QueryError('INVALID_PARAMETERS', 'The format PROFILE_FORMAT_TREE is not written.');
    const sql = `SELECT toString(stack_id), sum(${VALUE}) AS cost FROM profile.in_process WHERE ${where.sql}
      GROUP BY stack_id HAVING cost != 0 ORDER BY cost DESC LIMIT ${STACKS_MAX}`;
    const found = await this.rows(sql, where);
    const options = this.signal === undefined ? {} : { signal: this.signal };
    const { stacks, frames } = await explain(
      this.engine,
      found.map(([id]) => String(id)),
      options,
    );
    return { stacks: found.map(([, cost], i) => ({ frames: stacks[i] ?? [], value: Number(cost) })), frames };
  }
}
const bound = (where: Where, values: readonly string[]): string =>
  values
    .slice(0, 1000)
    .map((value) => where.bind(value, 'String'))
    .join(', ');

type Answer = (queries: PyroscopeQueries, request: Message) => Promise<Message>;
const METHODS: Readonly<Record<Method, Answer>> = {
  ProfileTypes: profile_types,
  LabelNames: label_names,
  LabelValues: label_values,
  Series: series,
  SelectMergeStacktraces: stacktraces,
  SelectMergeSpanProfile: stacktraces,
  SelectMergeProfile: merged_profile,
  SelectSeries: select_series,
  Diff: diff,
};

async function profile_types(queries: PyroscopeQueries, request: Message): Promise<Message> {
  const where = queries.where(request);
  const kept = [NAME_LABEL, PERIOD_TYPE_LABEL, PERIOD_UNIT_LABEL].map((label) => where.label(label)).join(', ');
  const sql = `SELECT DISTINCT toString(profile_event_type), toString(profile_value_unit), ${kept}
    FROM profile.in_process WHERE ${where.sql} LIMIT ${VALUES_MAX}`;
  const types = (await queries.rows(sql, where)).map(([type, unit, ...labels]) =>
    type_of_row(String(type), String(unit), labels as [string, string, string]),
  );
  const by_id = new Map(types.map((type) => [type.ID, { ...type }]));
  return { profileTypes: [...by_id.keys()].sort().map((id) => by_id.get(id)!) };
}

async function label_names(queries: PyroscopeQueries, request: Message): Promise<Message> {
  const where = queries.where(request);
  const sql = `SELECT DISTINCT arrayJoin(tag_names) FROM profile.in_process WHERE ${where.sql} LIMIT ${VALUES_MAX}`;
  const names = new Set((await queries.rows(sql, where)).map(([name]) => String(name)));
  for (const name of Object.keys(COLUMNS)) names.add(name);
  names.add('__profile_type__');
  return { names: [...names].sort() };
}

async function label_values(queries: PyroscopeQueries, request: Message): Promise<Message> {
  const name = text(request, 'name');
  if (name === '') throw new QueryError('INVALID_PARAMETERS', '`name` is missing.');
  if (name === '__profile_type__') {
    const { profileTypes } = await profile_types(queries, request);
    return { names: (profileTypes as unknown as { ID: string }[]).map(({ ID }) => ID) };
  }
  const where = queries.where(request);
  const sql = `SELECT DISTINCT ${where.label(name)} AS v FROM profile.in_process WHERE ${where.sql} AND v != '' ORDER BY v LIMIT ${VALUES_MAX}`;
  return { names: (await queries.rows(sql, where)).map(([value]) => String(value)) };
}

/** Labels that are asked for, or those that every row has. */
async function series(queries: PyroscopeQueries, request: Message): Promise<Message> {
  const asked = texts(request, 'labelNames').slice(0, 64);
  const names = asked.length > 0 ? asked : ['service_name', NAME_LABEL, '__type__', '__unit__'];
  const where = queries.where(request);
  const values = names.map((name) => where.label(name)).join(', ');
  const sql = `SELECT DISTINCT ${values} FROM profile.in_process WHERE ${where.sql} LIMIT ${SERIES_MAX}`;
  const sets = (await queries.rows(sql, where)).map((row) => ({ labels: pairs(names, row) }));
  return { labelsSet: sets };
}
const pairs = (names: readonly string[], values: readonly unknown[]): Message[] =>
  names.map((name, i) => ({ name, value: String(values[i]) })).filter(({ value }) => value !== '');

async function stacktraces(queries: PyroscopeQueries, request: Message): Promise<Message> {
  const { names, levels, total, maxSelf } = flamegraph([await queries.costs(request)], number(request, 'maxNodes'));
  return { flamegraph: { names, levels, total, maxSelf } };
}

async function diff(queries: PyroscopeQueries, request: Message): Promise<Message> {
  const [left, right] = [inner(request, 'left'), inner(request, 'right')];
  const sides = [await queries.costs(left), await queries.costs(right)];
  const { names, levels, total, maxSelf, ticks } = flamegraph(sides, number(left, 'maxNodes'));
  return { flamegraph: { names, levels, total, maxSelf, leftTicks: ticks[0]!, rightTicks: ticks[1]! } };
}

async function merged_profile(queries: PyroscopeQueries, request: Message): Promise<Message> {
  const { sampleType, sampleUnit, periodType, periodUnit } = parse_type(text(request, 'profileTypeID'));
  const { stacks, frames } = await queries.costs(request);
  const builder = new ProfileBuilder();
  const type = builder.type(sampleType, sampleUnit);
  const ids = frames.map((f) => builder.frame(f?.type ?? 'A', f?.name ?? '[unknown]', f?.module ?? ''));
  for (const { frames: path, value } of stacks) builder.add(builder.stack(path.map((f) => ids[f]!)), type, value);
  builder.period = { name: periodType, unit: periodUnit, value: 0 };
  builder.start_ms = number(request, 'start');
  builder.duration_ms = number(request, 'end') - number(request, 'start');
  return from_protobuf(new Reader(pprof_message(builder.build())), RESPONSE.SelectMergeProfile);
}

async function select_series(queries: PyroscopeQueries, request: Message): Promise<Message> {
  const step_s = Math.max(1, Math.round(number(request, 'step') || 15));
  const seconds = (number(request, 'end') - number(request, 'start')) / 1000;
  if (seconds / step_s > POINTS_MAX)
    throw new QueryError('INVALID_PARAMETERS', `\`step\` makes more than ${POINTS_MAX} points.`);
  const names = texts(request, 'groupBy').slice(0, 64);
  const where = queries.where(request);
  if (text(request, 'profileTypeID') === '') throw new QueryError('INVALID_PARAMETERS', '`profileTypeID` is missing.');
  const labels = names.map((name, i) => `${where.label(name)} AS l${i}`);
  const keys = names.map((_, i) => `l${i}`);
  const value = number(request, 'aggregation') === 1 ? `sum(${VALUE}) / uniqExact(time)` : `sum(${VALUE})`;
  const sql = `SELECT ${[...labels, `intDiv(toUInt32(time), ${step_s}) * ${step_s} AS at`, `toFloat64(${value})`].join(', ')}
    FROM profile.in_process WHERE ${where.sql} GROUP BY ${[...keys, 'at'].join(', ')} ORDER BY at`;
  const groups = new Map<string, { labels: Message[]; points: Message[]; total: number }>();
  for (const row of await queries.rows(sql, where)) {
    const of = pairs(names, row);
    const key = JSON.stringify(of);
    let group = groups.get(key);
    if (group === undefined) {
      group = { labels: of, points: [], total: 0 };
      groups.set(key, group);
    }
    const cost = Number(row[names.length + 1]);
    group.points.push({ value: cost, timestamp: Number(row[names.length]) * 1000 });
    group.total += cost;
  }
  const sorted = [...groups.values()].sort((a, b) => b.total - a.total);
  const limit = number(request, 'limit');
  return {
    series: (limit > 0 ? sorted.slice(0, limit) : sorted).map(({ labels: of, points }) => ({ labels: of, points })),
  };
}
