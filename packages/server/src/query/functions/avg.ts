import { is_additive } from '../metrics.ts';
import { argument } from './arguments.ts';
import { metric_value, type QueryFunction } from './function.ts';

export const avg: QueryFunction = {
  name: 'Avg',
  kind: 'aggregate',
  usage: 'metric',
  arity: [1, 1],
  meaning:
    'Counters: total a window of the table (its precision, 1 s for logs) over the range or the bucket of time(). Delays: sum of times over their number. Ratios: recomputed from sums',
  example: 'Avg(rrt)',
  translate(call, scope) {
    const metric = scope.metric(argument(call, 0));
    const total = metric.total(scope.aggregate, scope.bind);
    if (!is_additive(metric)) return metric_value(total, metric.unit);
    return metric_value(`${total} / (${scope.seconds()} / ${scope.interval_s})`, metric.unit);
  },
};
