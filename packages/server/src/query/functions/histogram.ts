import { invalid } from '../error.ts';
import type { Metric } from '../metrics.ts';
import { constant, sampled } from './arguments.ts';
import type { QueryFunction } from './function.ts';

const BUCKETS_MAX = 250;

export const histogram: QueryFunction = {
  name: 'Histogram',
  kind: 'aggregate',
  usage: 'metric or Sum(metric), buckets',
  arity: [2, 2],
  meaning:
    'Distribution of the positive values of rows, or of windows: a list of [from, to, height], adaptive and approximate',
  example: 'Histogram(Sum(request), 10)',
  translate(call, scope) {
    const [given, buckets] = call.args;
    const named = given?.kind === 'call' && given.name.toLowerCase() === 'sum' ? given.args[0] : given;
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
