import { invalid } from '../error.ts';
import type { Metric } from '../metrics.ts';
import { constant, sampled } from './arguments.ts';
import type { QueryFunction } from './function.ts';

const BUCKETS_MAX = 250;
const OF_ONE: ReadonlySet<string> = new Set(['sum', 'max', 'min', 'avg', 'aavg', 'last']);

export const histogram: QueryFunction = {
  name: 'Histogram',
  kind: 'aggregate',
  usage: 'metric or Sum(metric), Max(metric) ..., buckets',
  arity: [2, 2],
  meaning:
    'Distribution of the positive values of rows, or of windows: a list of [from, to, height], adaptive and approximate',
  example: 'Histogram(Sum(request), 10)',
  translate(call, scope) {
    const [given, buckets] = call.args;
    // Of one row or one window each of these is its value.
    const single = given?.kind === 'call' && OF_ONE.has(given.name.toLowerCase());
    const named = single ? given.args[0] : given;
    if (named === undefined) throw invalid('Histogram: expected a metric', call.at);
    const metric = scope.metric(named);
    const positive = (sql: string) => `if(${sql} > 0, ${sql}, NULL)`;
    const shown: Metric = {
      ...metric,
      row: (bind) => positive(metric.row(bind)),
      total: (aggregate, bind) => positive(metric.total(aggregate, bind)),
    };
    const count = Math.trunc(constant(buckets, 1, BUCKETS_MAX, 'the number of buckets', call));
    return { sql: sampled(scope, shown, 'histogram', String(count)), kind: 'array', unit: metric.unit, metric: true };
  },
};
