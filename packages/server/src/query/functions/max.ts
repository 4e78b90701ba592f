import { argument, sampled } from './arguments.ts';
import { metric_value, type QueryFunction } from './function.ts';

export const max: QueryFunction = {
  name: 'Max',
  kind: 'aggregate',
  usage: 'metric',
  arity: [1, 1],
  meaning: 'Largest value of a row, or of a window of a metric table; of a delay, the longest time',
  example: 'Max(rrt)',
  translate(call, scope) {
    const metric = scope.metric(argument(call, 0));
    const sql = metric.parts
      ? scope.aggregate('max', [`nullIf(${metric.parts.max}, 0)`])
      : sampled(scope, metric, 'max');
    return metric_value(sql, metric.unit);
  },
};
