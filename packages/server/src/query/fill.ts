// time(time, n, windows, fill): adds the buckets without rows, for every series of the result.
import type { Cell } from './engine.ts';
import { QueryError } from './error.ts';
import type { FillPlan, ResultColumn } from './translate/select.ts';

/** Rows that filling may make; a chart shows a few thousand. */
export const FILLED_ROWS_MAX = 100_000;

function bounds(rows: readonly Cell[][], plan: FillPlan): { first: number; last: number } {
  const { bucket, range, time_column } = plan;
  const begin = (seconds: number) =>
    Math.floor((seconds - bucket.offset_s) / bucket.seconds) * bucket.seconds + bucket.offset_s;
  let low = Infinity;
  let high = -Infinity;
  for (const row of rows) {
    const time = Number(row[time_column]);
    if (time < low) low = time;
    if (time > high) high = time;
  }
  return {
    first: range.from === undefined ? low : begin(range.from),
    last: range.to === undefined ? high : begin(range.to),
  };
}

/**
 * Series are the combinations of the result's tags; within one, its rows stand in order of time afterwards. A statement that
 * orders by time downwards gets it downwards. Without any row there is no series, so nothing is filled.
 */
export function fill_buckets(rows: Cell[][], columns: readonly ResultColumn[], plan: FillPlan): Cell[][] {
  const { bucket, time_column } = plan;
  if (bucket.fill === 'none' || rows.length === 0) return rows;
  const { first, last } = bounds(rows, plan);
  const series = new Map<string, Map<number, Cell[]>>();
  for (const row of rows) {
    const key = JSON.stringify(row.filter((_cell, i) => i !== time_column && !columns[i]!.metric));
    const known = series.get(key) ?? new Map<number, Cell[]>();
    known.set(Number(row[time_column]), row);
    series.set(key, known);
  }
  const buckets = Math.max(0, Math.round((last - first) / bucket.seconds) + 1);
  if (buckets * series.size > FILLED_ROWS_MAX)
    throw new QueryError(
      'LIMIT_REACHED',
      `filling ${series.size} series of ${buckets} buckets makes more than ${FILLED_ROWS_MAX} rows; take wider buckets or use SLIMIT`,
    );
  const descending = rows.length > 1 && Number(rows[0]![time_column]) > Number(rows.at(-1)![time_column]);
  const empty: Cell = bucket.fill === '0' ? 0 : null;
  const filled: Cell[][] = [];
  for (const known of series.values()) {
    const pattern = known.values().next().value!;
    for (let i = 0; i < buckets; i++) {
      const time = first + (descending ? buckets - 1 - i : i) * bucket.seconds;
      filled.push(
        known.get(time) ?? pattern.map((cell, c) => (c === time_column ? time : columns[c]!.metric ? empty : cell)),
      );
    }
  }
  return filled;
}
