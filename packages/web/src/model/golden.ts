// Golden signals over time, each call counted once as on the map.
import { number_of, type Row, text_of } from '../api/query.ts';
import type { TimeWindow } from '../state/range.ts';
import { type EdgeRow, merge_edge, service_key, sum_counts } from './edges.ts';
import { group_by } from './group.ts';
import { aligned, edge_row_of, times_of } from './queries.ts';
import { choose_times } from './served.ts';

/** Parallel arrays, one entry a bucket. null = nothing to show there. */
export interface GoldenSeries {
  readonly time_s: readonly number[];
  readonly request_s: readonly (number | null)[];
  readonly client_error_percent: readonly (number | null)[];
  readonly server_error_percent: readonly (number | null)[];
  readonly timeout_percent: readonly (number | null)[];
  readonly p50: readonly (number | null)[];
  readonly p95: readonly (number | null)[];
  readonly p99: readonly (number | null)[];
  readonly byte_s: readonly (number | null)[];
  readonly totals: { readonly request: number; readonly error: number; readonly timeout: number };
}

/** Rows are on their way for this long; a bucket that ended later than this ago is not drawn yet. */
const LATE_S = 5;

/** `time(time, n)` comes as seconds or as the store's text in UTC. */
export function bucket_of(value: unknown): number {
  if (typeof value === 'number') return value;
  const text = String(value ?? '');
  if (/^\d+$/.test(text)) return Number(text);
  const ms = Date.parse(`${text.replace(' ', 'T')}${/Z|[+-]\d\d:?\d\d$/.test(text) ? '' : 'Z'}`);
  return Number.isNaN(ms) ? 0 : Math.floor(ms / 1000);
}

const edge_of_row = (r: EdgeRow): string =>
  `${service_key(r.client)}\n${service_key(r.server)}\n${r.protocol}\n${r.is_tls}`;

/**
 * The point of an edge is chosen over the whole window, not a bucket at a time: the two ends of a call may fall into
 * different buckets.
 */
function counts_by_bucket(rows: readonly Row[]): Map<number, EdgeRow[]> {
  const items = rows.map((row) => ({ bucket: bucket_of(row.bucket), row: edge_row_of(row) }));
  const kept: typeof items = [];
  for (const edge of group_by(items, (i) => edge_of_row(i.row)).values()) {
    const point = merge_edge(
      '',
      edge.map((i) => i.row),
    )?.point;
    kept.push(...edge.filter((i) => i.row.point === point));
  }
  const buckets = group_by(kept, (i) => i.bucket);
  return new Map([...buckets].map(([bucket, list]) => [bucket, list.map((i) => i.row)]));
}

function times_by_bucket(rows: readonly Row[]): Map<number, Row> {
  const points = [...group_by(rows, (r) => text_of(r, 'observation_point'))].map(([point, list]) => ({
    point,
    response: list.reduce((n, r) => n + number_of(r, 'sum_response'), 0),
    list,
  }));
  const chosen = choose_times(points);
  return new Map((chosen?.list ?? []).map((row) => [bucket_of(row.bucket), row]));
}

export function golden_series(
  counts: readonly Row[],
  times: readonly Row[],
  window: TimeWindow,
  bucket_s: number,
  now_s: number,
): GoldenSeries {
  const span = aligned(window, bucket_s);
  const by_bucket = counts_by_bucket(counts);
  const times_at = times_by_bucket(times);
  const time_s: number[] = [];
  for (let t = span.from_s; t < span.to_s && t + bucket_s <= now_s - LATE_S; t += bucket_s) time_s.push(t);
  const sums = time_s.map((t) => {
    const rows = by_bucket.get(t) ?? [];
    return { ...sum_counts(rows), byte: rows.reduce((n, r) => n + r.byte, 0) };
  });
  const total = sum_counts([...by_bucket.values()].flat());
  const share = (part: number, whole: number): number | null => (whole > 0 ? (part / whole) * 100 : null);
  const latency = time_s.map((t) => {
    const row = times_at.get(t);
    return row ? times_of(row) : { p50: null, p95: null, p99: null };
  });
  return {
    time_s,
    request_s: sums.map((s) => s.request / bucket_s),
    client_error_percent: sums.map((s) => share(s.client_error, s.response)),
    server_error_percent: sums.map((s) => share(s.server_error, s.response)),
    timeout_percent: sums.map((s) => share(s.timeout, s.request)),
    p50: latency.map((l) => l.p50),
    p95: latency.map((l) => l.p95),
    p99: latency.map((l) => l.p99),
    byte_s: sums.map((s) => s.byte / bucket_s),
    totals: {
      request: total.request,
      error: total.client_error + total.server_error,
      timeout: total.timeout,
    },
  };
}
