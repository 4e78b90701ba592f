import { argument, sampled } from './arguments.ts';
import { metric_value, type QueryFunction } from './function.ts';

export const aavg: QueryFunction = {
  name: 'AAvg',
  kind: 'aggregate',
  usage: 'metric',
  arity: [1, 1],
  also: ['Counter_Avg', 'Delay_Avg'],
  meaning: 'Plain mean of the rows of a log, or of the windows of a metric table that have rows',
  example: 'AAvg(request)',
  translate(call, scope) {
    const metric = scope.metric(argument(call, 0));
    return metric_value(sampled(scope, metric, 'avg'), metric.unit);
  },
};
