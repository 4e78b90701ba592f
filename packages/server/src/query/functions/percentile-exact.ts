import { argument, constant, sampled, sketch_quantile } from './arguments.ts';
import { metric_value, type QueryFunction } from './function.ts';

export const percentile_exact: QueryFunction = {
  name: 'PercentileExact',
  kind: 'aggregate',
  usage: 'metric, percentile',
  arity: [2, 2],
  meaning:
    'As Percentile, without its error, slower; delays of metric tables, which keep no single times, come out of sketches within 1 %',
  example: 'PercentileExact(response_duration, 95)',
  translate(call, scope) {
    const metric = scope.metric(argument(call, 0));
    const level = constant(call.args[1], 0, 100, 'the percentile', call) / 100;
    const sketch = metric.parts?.sketch;
    if (sketch) return metric_value(sketch_quantile(scope, sketch, level), metric.unit);
    return metric_value(`ifNotFinite(${sampled(scope, metric, 'quantileExact', String(level))}, NULL)`, metric.unit);
  },
};
