import { argument } from './arguments.ts';
import { metric_value, type QueryFunction } from './function.ts';

export const last: QueryFunction = {
  name: 'Last',
  kind: 'aggregate',
  usage: 'metric',
  arity: [1, 1],
  meaning: 'Value of the newest row, or of the newest window',
  example: 'Last(request)',
  translate(call, scope) {
    const metric = scope.metric(argument(call, 0));
    const sql = scope.windowed
      ? scope.over_windows('argMax', (aggregate) => metric.total(aggregate, scope.bind), { by_time: true })
      : scope.aggregate('argMax', [metric.row(scope.bind), 'time']);
    return metric_value(sql, metric.unit);
  },
};
