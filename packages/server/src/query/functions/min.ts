import { argument, sampled, sketch_quantile } from './arguments.ts';
import { metric_value, type QueryFunction } from './function.ts';

export const min: QueryFunction = {
  name: 'Min',
  kind: 'aggregate',
  usage: 'metric',
  arity: [1, 1],
  meaning:
    'Smallest value of a row, or of a window of a metric table; of a delay, the shortest time, within 1 % out of a sketch',
  example: 'Min(rrt)',
  translate(call, scope) {
    const metric = scope.metric(argument(call, 0));
    const sketch = metric.parts?.sketch;
    return metric_value(sketch ? sketch_quantile(scope, sketch, 0) : sampled(scope, metric, 'min'), metric.unit);
  },
};
