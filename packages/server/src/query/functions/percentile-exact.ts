import { invalid } from '../error.ts';
import { argument, constant, sampled } from './arguments.ts';
import { metric_value, type QueryFunction } from './function.ts';

export const percentile_exact: QueryFunction = {
  name: 'PercentileExact',
  kind: 'aggregate',
  usage: 'metric, percentile',
  arity: [2, 2],
  meaning: 'As Percentile, without its error; slower, and not for delays of metric tables, which keep no single times',
  example: 'PercentileExact(response_duration, 95)',
  translate(call, scope) {
    const metric = scope.metric(argument(call, 0));
    const level = constant(call.args[1], 0, 100, 'the percentile', call) / 100;
    if (metric.parts?.sketch)
      throw invalid(
        `PercentileExact: this table keeps no single times of \`${metric.name}\`; use Percentile, or ask flow_log.l7_flow_log`,
        call.at,
      );
    return metric_value(`ifNotFinite(${sampled(scope, metric, 'quantileExact', String(level))}, NULL)`, metric.unit);
  },
};
