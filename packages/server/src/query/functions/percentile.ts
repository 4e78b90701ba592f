import { argument, constant, sampled, sketch_quantile } from './arguments.ts';
import { metric_value, type QueryFunction } from './function.ts';

export const percentile: QueryFunction = {
  name: 'Percentile',
  kind: 'aggregate',
  usage: 'metric, percentile',
  arity: [2, 2],
  meaning:
    'The value below which so many percent of all values lie (0 to 100); delays of metric tables within 1 %, out of sketches',
  example: 'Percentile(rrt, 95)',
  translate(call, scope) {
    const metric = scope.metric(argument(call, 0));
    const level = constant(call.args[1], 0, 100, 'the percentile', call) / 100;
    const sketch = metric.parts?.sketch;
    const sql = sketch
      ? sketch_quantile(scope, sketch, level)
      : `ifNotFinite(${sampled(scope, metric, 'quantile', String(level))}, NULL)`;
    return metric_value(sql, metric.unit);
  },
};
