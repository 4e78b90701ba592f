// What the profile view asks: the tree of functions, what has profiles at all, and cost over time.
import { number_of, type Row, text_of } from '../../api/query.ts';
import { type Condition, condition_sql, literal, type Span, type Statement, select_sql, span_sql } from '../sql.ts';

export interface ProfileQuestion {
  readonly span: Span;
  readonly event: string;
  /** '' = all. */
  readonly service: string;
  readonly conditions: readonly Condition[];
}

const LIST_MAX = 1000;

const where_of = (q: Omit<ProfileQuestion, 'event'> & { readonly event?: string }): string[] => [
  span_sql(q.span),
  ...(q.event === undefined ? [] : [`profile_event_type = ${literal(q.event)}`]),
  ...(q.service === '' ? [] : [`app_service = ${literal(q.service)}`]),
  ...q.conditions.map(condition_sql),
];

const statement = (
  select: readonly string[],
  where: readonly string[],
  group_by: readonly string[],
  order_by: string,
): Statement => ({
  db: 'profile',
  sql: select_sql({ select, from: 'in_process', where, group_by, order_by, limit: LIST_MAX }),
});

/** Body of POST /v1/profile/ProfileTracing; its range includes both ends. */
export const tracing_body = (q: ProfileQuestion): object => ({
  app_service: q.service,
  profile_event_type: q.event,
  time_start: q.span.from_s,
  time_end: q.span.to_s - 1,
  tag_filter: q.conditions.map(condition_sql).join(' AND '),
});

const COST = 'Sum(profile_value) AS cost';

/** A line for each value of the tags, costliest first. */
const costs_by = (tags: readonly string[], where: readonly string[]): Statement =>
  statement([...tags, COST], where, tags, 'cost DESC');

/** Event types that have samples. */
export const events_statement = (q: Omit<ProfileQuestion, 'event'>): Statement =>
  costs_by(['profile_event_type', 'profile_value_unit'], where_of(q));
/** Applications, and processes of one. */
export const services_statement = (span: Span, event: string): Statement =>
  costs_by(['app_service'], where_of({ span, event, service: '', conditions: [] }));
export const processes_statement = (span: Span, event: string, service: string): Statement =>
  costs_by(['process_id'], where_of({ span, event, service, conditions: [] }));
export const cost_over_time_statement = (q: ProfileQuestion, bucket_s: number): Statement =>
  statement([`time(time, ${literal(bucket_s)}) AS bucket`, COST], where_of(q), ['bucket'], 'bucket ASC');

export interface EventType {
  readonly type: string;
  readonly unit: string;
  readonly cost: number;
}
const event_type_of = (row: Row): EventType => ({
  type: text_of(row, 'profile_event_type'),
  unit: text_of(row, 'profile_value_unit'),
  cost: number_of(row, 'cost'),
});

/** A line a type; programs that name one type in two units are told by the costlier one. */
export function event_types(rows: readonly Row[]): EventType[] {
  const by_type = new Map<string, EventType>();
  for (const event of rows.map(event_type_of)) if (!by_type.has(event.type)) by_type.set(event.type, event);
  return [...by_type.values()];
}

/** On the CPU, and waiting: shown side by side when both were measured. */
export const ON_CPU = 'on-cpu';
export const OFF_CPU = 'off-cpu';

/** What is shown of what there is, when nothing was chosen or what was chosen is not there. */
export function shown_events(known: readonly EventType[], chosen: string): readonly EventType[] {
  const one = known.find((e) => e.type === chosen);
  if (one) return [one];
  const on = known.find((e) => e.type === ON_CPU);
  const off = known.find((e) => e.type === OFF_CPU);
  if (on && off) return [on, off];
  return [on ?? known[0]].filter((e) => e !== undefined);
}

/** Points of a series of cost a second; buckets without rows are zero. */
export function cost_series(rows: readonly Row[], span: Span, bucket_s: number): { time_s: number[]; per_s: number[] } {
  const by_time = new Map(rows.map((row) => [number_of(row, 'bucket'), number_of(row, 'cost')]));
  const time_s: number[] = [];
  for (let t = Math.floor(span.from_s / bucket_s) * bucket_s; t < span.to_s; t += bucket_s) time_s.push(t);
  return { time_s, per_s: time_s.map((t) => (by_time.get(t) ?? 0) / bucket_s) };
}
