import { additive } from './arguments.ts';
import { metric_value, type QueryFunction } from './function.ts';

export const sum: QueryFunction = {
  name: 'Sum',
  kind: 'aggregate',
  usage: 'metric',
  arity: [1, 1],
  meaning: 'Total of a counter; of a delay, the sum of all its times',
  example: 'Sum(request)',
  translate(call, scope) {
    const metric = additive(call, scope);
    if (metric.rows) return metric_value(scope.aggregate('count', []), metric.unit, 'range');
    const row = metric.parts?.sum ?? metric.row(scope.bind);
    return metric_value(scope.aggregate('sum', [row]), metric.unit, 'range');
  },
};
