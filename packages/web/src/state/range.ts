// The time range of the page, and the spans of time that a refresh at a given moment asks for.
import type { Span } from '../model/sql.ts';

export type Range =
  | { readonly kind: 'last'; readonly seconds: number }
  | { readonly kind: 'fixed'; readonly from_s: number; readonly to_s: number };

export const LAST_SECONDS = [300, 900, 3600, 21_600, 86_400] as const;

/** What one refresh looks at. All views of one refresh share it, so that their numbers agree. */
export interface TimeWindow extends Span {
  /** Length that rates are divided by: ends now where `to_s` lies in the future. */
  readonly seconds: number;
  readonly precision: '1s' | '1m';
}

/**
 * Longer ranges read the minute tables, whose far fewer sketches merge in a tenth of the time; so do ranges older than
 * the second tables are kept (24 h).
 */
const SECOND_TABLE_SPAN_S = 600;
const SECOND_TABLE_AGE_S = 23 * 3600;

export function resolve(range: Range, now_s: number): TimeWindow {
  const to = range.kind === 'last' ? now_s : range.to_s;
  const from = range.kind === 'last' ? now_s - range.seconds : range.from_s;
  const fine = to - from <= SECOND_TABLE_SPAN_S && now_s - from <= SECOND_TABLE_AGE_S;
  if (fine) return { from_s: from, to_s: to, seconds: Math.max(1, to - from), precision: '1s' };
  const from_s = Math.floor(from / 60) * 60;
  const to_s = Math.ceil(to / 60) * 60;
  return { from_s, to_s, seconds: Math.max(60, Math.min(to_s, now_s) - from_s), precision: '1m' };
}

/** The range just before, of the same length: what "got worse" is measured against. */
export function before(window: TimeWindow): TimeWindow {
  const length = window.to_s - window.from_s;
  return { ...window, from_s: window.from_s - length, to_s: window.from_s, seconds: length };
}

const STEPS_S = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 21_600, 86_400];
const BUCKETS_MAX = 72;

/** Seconds of one point of a chart: at most 72 points, never finer than the table. */
export function bucket_seconds(window: TimeWindow): number {
  const least = Math.max((window.to_s - window.from_s) / BUCKETS_MAX, window.precision === '1m' ? 60 : 1);
  return STEPS_S.find((s) => s >= least) ?? 86_400;
}
