import { invalid } from '../error.ts';
import type { Select } from '../sql/ast.ts';
import { constant } from './arguments.ts';
import type { Call, QueryFunction } from './function.ts';

/** What fills buckets without rows: zeros, nulls, or nothing. */
export type Fill = '0' | 'null' | 'none';
export interface Bucket {
  readonly seconds: number;
  /** A row counts in so many buckets, its own and the ones before. */
  readonly windows: number;
  readonly fill: Fill;
  readonly offset_s: number;
}
const WINDOWS_MAX = 1000;
const SECONDS_MAX = 366 * 86_400;

const is_time = (expr: Select['group_by'][number]): expr is Call =>
  expr.kind === 'call' && expr.name.toLowerCase() === 'time';

/** time(time, seconds[, windows[, fill[, offset]]]); the bucket is rounded up to whole windows of the table. */
export function bucket_of(call: Call, interval_s: number): Bucket {
  const [column, seconds, windows, fill, offset] = call.args;
  if (column?.kind !== 'name' || column.name !== 'time')
    throw invalid('time: the first argument is the tag `time`', column?.at ?? call.at);
  const asked = constant(seconds, Number.MIN_VALUE, SECONDS_MAX, 'the bucket in seconds', call);
  const fill_text =
    fill === undefined ? 'none' : 'text' in fill ? fill.text || 'none' : fill.kind === 'name' ? fill.name : fill.kind;
  if (fill_text !== '0' && fill_text !== 'null' && fill_text !== 'none')
    throw invalid("time: the fill is 0, 'null' or 'none'", fill!.at);
  return {
    seconds: Math.ceil(asked / interval_s) * interval_s,
    windows: windows === undefined ? 1 : Math.trunc(constant(windows, 1, WINDOWS_MAX, 'the number of windows', call)),
    fill: fill_text,
    offset_s: offset === undefined ? 0 : Math.trunc(constant(offset, -SECONDS_MAX, SECONDS_MAX, 'the offset', call)),
  };
}

/** The one time() of a statement, wherever it stands; two different ones are refused. */
export function find_time_call(
  exprs: Iterable<Select['group_by'][number]>,
  same: (a: Call, b: Call) => boolean,
): Call | undefined {
  let found: Call | undefined;
  for (const expr of exprs) {
    if (!is_time(expr)) continue;
    if (found && !same(found, expr))
      throw invalid('a statement has one time(); this is a second, different one', expr.at);
    found = expr;
  }
  return found;
}

/** SQL of the begin of the bucket, seconds since 1970, from SQL of the row's seconds. */
export function bucket_sql(seconds: string, bucket: Bucket): string {
  const { seconds: width, windows, offset_s: offset } = bucket;
  const shifted = offset === 0 ? `toInt64(${seconds})` : `(toInt64(${seconds}) - (${offset}))`;
  const begin = `intDiv(${shifted}, ${width}) * ${width}${offset === 0 ? '' : ` + (${offset})`}`;
  return windows === 1 ? begin : `${begin} + arrayJoin(range(${windows})) * ${width}`;
}

export const time: QueryFunction = {
  name: 'time',
  kind: 'time',
  usage: 'time, seconds[, windows[, fill[, offset]]]',
  arity: [2, 5],
  meaning:
    "Begin of the bucket, seconds since 1970. With windows = n a row counts in n buckets, for moving totals; fill 0 or 'null' adds the buckets without rows; offset moves their begin",
  example: 'time(time, 60)',
  translate(call, scope) {
    const sql = scope.bucket();
    if (sql === undefined) throw invalid('time() goes into select and group by', call.at);
    return { sql, kind: 'moment', unit: 's', metric: false };
  },
};

export const time_interval: QueryFunction = {
  name: 'Time_interval',
  kind: 'time',
  usage: '',
  arity: [0, 0],
  meaning: 'Seconds of one bucket of time(), else of one window of the table; the parentheses may be left out',
  example: 'Time_interval()',
  translate: (_call, scope) => ({
    sql: `toUInt32(${scope.bucket() === undefined ? scope.interval_s : scope.seconds()})`,
    kind: 'integer',
    unit: 's',
    metric: false,
  }),
};
