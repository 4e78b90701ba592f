// The statements behind the views, and their rows as typed values.
import { number_of, number_or_null, type Row, text_of } from '../api/query.ts';
import type { TimeWindow } from '../state/range.ts';
import { CLIENT_POINT, type EdgeRow, NO_TYPE, SERVER_POINT, type Service } from './edges.ts';
import { HANDSHAKES } from './protocols.ts';
import {
  type Condition,
  condition_sql,
  identifier,
  literal,
  type Span,
  type Statement,
  select_sql,
  span_sql,
} from './sql.ts';

export const ROWS_MAX = 10_000;

/** Process-level rows only (design, principle 9). */
const PROCESS_POINTS = `observation_point IN (${literal(CLIENT_POINT)}, ${literal(SERVER_POINT)})`;

const COUNTS = ['request', 'response', 'client_error', 'server_error', 'timeout'] as const;
const CONNECTION_COUNTS = ['byte', 'new_flow'] as const;
const sums = (names: readonly string[]): string[] => names.map((name) => `Sum(${name}) AS sum_${name}`);
const PERCENTILES = [50, 95, 99].map((p) => `Percentile(rrt, ${p}) AS p${p}`);
const FAILED_CONNECTS = 'Sum(tcp_establish_fail) AS sum_establish_fail';
const METRICS = [...sums(COUNTS), ...sums(CONNECTION_COUNTS), FAILED_CONNECTS, ...PERCENTILES];

const CLIENT = ['auto_service_0', 'auto_service_type_0'];
const SERVER = ['auto_service_1', 'auto_service_type_1'];
const WHAT = ['l7_protocol', 'is_tls', 'observation_point'];

const map_statement = (
  w: TimeWindow,
  tags: readonly string[],
  metrics: readonly string[],
  where: readonly string[],
) => ({
  db: 'flow_metrics',
  precision: w.precision,
  sql: select_sql({
    select: [...tags, ...metrics],
    from: 'application_map',
    where: [span_sql(w), PROCESS_POINTS, ...where],
    group_by: tags.map((tag) => / AS (\w+)$/.exec(tag)?.[1] ?? tag),
    limit: ROWS_MAX,
  }),
});

/** Of what is asked: conditions that calls must fulfil, and the tag whose values stand in place of services ('' = services). */
export interface Asked {
  readonly conditions: readonly Condition[];
  readonly group_by: string;
}
export const EVERYTHING: Asked = { conditions: [], group_by: '' };
const ends_of = ({ group_by }: Asked): { client: readonly string[]; server: readonly string[] } =>
  group_by === ''
    ? { client: CLIENT, server: SERVER }
    : { client: [identifier(`${group_by}_0`)], server: [identifier(`${group_by}_1`)] };

/** Every edge of the window, a row a point. */
export const edges_statement = (w: TimeWindow, asked: Asked = EVERYTHING, by_endpoint = false): Statement => {
  const { client, server } = ends_of(asked);
  const tags = [...client, ...server, ...WHAT, ...(by_endpoint ? ['endpoint'] : [])];
  return map_statement(w, tags, METRICS, asked.conditions.map(condition_sql));
};

/** Response times of what is served: by server and protocol, or by endpoint too; all clients together. */
export const served_times_statement = (w: TimeWindow, by_endpoint: boolean, asked: Asked = EVERYTHING): Statement =>
  map_statement(
    w,
    [...ends_of(asked).server, ...WHAT, ...(by_endpoint ? ['endpoint'] : [])],
    ['Sum(response) AS sum_response', ...PERCENTILES],
    asked.conditions.map(condition_sql),
  );

/** What a detail is about: one service as server or as client, or one edge. */
export interface Subject {
  readonly client?: Service;
  readonly server?: Service;
  readonly protocol?: number;
  readonly is_tls?: boolean;
  readonly endpoint?: string;
  /** What is asked beside that. */
  readonly conditions?: readonly Condition[];
}

export function subject_conditions(s: Subject): Condition[] {
  const all: Condition[] = [];
  const end = (service: Service, suffix: 0 | 1): void => {
    if (service.tag !== undefined) {
      all.push({ column: `${service.tag}_${suffix}`, op: '=', value: service.name });
      return;
    }
    all.push({ column: `auto_service_${suffix}`, op: '=', value: service.name });
    all.push({ column: `auto_service_type_${suffix}`, op: '=', value: service.type });
  };
  if (s.client) end(s.client, 0);
  if (s.server) end(s.server, 1);
  if (s.protocol !== undefined) all.push({ column: 'l7_protocol', op: '=', value: s.protocol });
  if (s.is_tls !== undefined) all.push({ column: 'is_tls', op: '=', value: s.is_tls ? 1 : 0 });
  if (s.endpoint !== undefined) all.push({ column: 'endpoint', op: '=', value: s.endpoint });
  return [...all, ...(s.conditions ?? [])];
}

/** Counts over time: a row a bucket, edge and point, so that each call can be counted once. */
export const series_counts_statement = (w: TimeWindow, bucket_s: number, subject: Subject): Statement =>
  map_statement(
    aligned(w, bucket_s),
    [`time(time, ${literal(bucket_s)}) AS bucket`, ...CLIENT, ...SERVER, ...WHAT],
    [...sums(COUNTS), ...sums(CONNECTION_COUNTS), FAILED_CONNECTS],
    subject_conditions(subject).map(condition_sql),
  );

const NO_HANDSHAKES: Condition = { column: 'l7_protocol', op: '!=', value: HANDSHAKES };

/** Response times over time: a row a bucket and point. */
export const series_times_statement = (w: TimeWindow, bucket_s: number, subject: Subject): Statement =>
  map_statement(
    aligned(w, bucket_s),
    [`time(time, ${literal(bucket_s)}) AS bucket`, 'observation_point'],
    ['Sum(response) AS sum_response', ...PERCENTILES],
    [...subject_conditions(subject), NO_HANDSHAKES].map(condition_sql),
  );

/** A window widened to whole buckets. */
export const aligned = (w: TimeWindow, bucket_s: number): TimeWindow => ({
  ...w,
  from_s: Math.floor(w.from_s / bucket_s) * bucket_s,
  to_s: Math.ceil(w.to_s / bucket_s) * bucket_s,
});

export interface RequestList {
  readonly span: Span;
  readonly columns: readonly string[];
  readonly conditions: readonly Condition[];
  readonly sort: string;
  readonly descending: boolean;
  readonly limit: number;
}

/** The log lies in order of `time`: the newest rows are found without reading the rest. */
const order_of = (sort: string, way: 'ASC' | 'DESC'): string =>
  sort === 'end_time' ? `time ${way}, end_time ${way}` : `${identifier(sort)} ${way}`;

export const requests_statement = (list: RequestList): Statement => ({
  db: 'flow_log',
  sql: select_sql({
    select: list.columns.map(identifier),
    from: 'l7_flow_log',
    where: [span_sql(list.span), ...list.conditions.map(condition_sql)],
    order_by: order_of(list.sort, list.descending ? 'DESC' : 'ASC'),
    limit: Math.min(list.limit, ROWS_MAX),
  }),
});

export const service_of = (row: Row, end: 0 | 1, group_by = ''): Service =>
  group_by === ''
    ? { name: text_of(row, `auto_service_${end}`), type: number_of(row, `auto_service_type_${end}`) }
    : { name: text_of(row, `${group_by}_${end}`), type: NO_TYPE, tag: group_by };

export const edge_row_of = (row: Row, group_by = ''): EdgeRow => ({
  client: service_of(row, 0, group_by),
  server: service_of(row, 1, group_by),
  protocol: number_of(row, 'l7_protocol'),
  is_tls: number_of(row, 'is_tls') !== 0,
  point: text_of(row, 'observation_point'),
  ...calls_of(row),
  byte: number_of(row, 'sum_byte'),
  new_flow: number_of(row, 'sum_new_flow'),
  establish_fail: number_of(row, 'sum_establish_fail'),
  ...(is_handshakes(row) ? NO_TIMES : times_of(row)),
});

const is_handshakes = (row: Row): boolean => number_of(row, 'l7_protocol') === HANDSHAKES;
const NO_TIMES = { p50: null, p95: null, p99: null };

function calls_of(row: Row): Pick<EdgeRow, (typeof COUNTS)[number]> {
  const count = (name: (typeof COUNTS)[number]): number => (is_handshakes(row) ? 0 : number_of(row, `sum_${name}`));
  return {
    request: count('request'),
    response: count('response'),
    client_error: count('client_error'),
    server_error: count('server_error'),
    timeout: count('timeout'),
  };
}

/** Percentiles mean nothing without responses. */
export function times_of(row: Row): Pick<EdgeRow, 'p50' | 'p95' | 'p99'> {
  if (number_of(row, 'sum_response') === 0) return NO_TIMES;
  return { p50: number_or_null(row, 'p50'), p95: number_or_null(row, 'p95'), p99: number_or_null(row, 'p99') };
}
