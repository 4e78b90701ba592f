import { invalid } from '../error.ts';
import { additive } from './arguments.ts';
import { has_aggregate } from './index.ts';
import { metric_value, type QueryFunction } from './function.ts';

export const non_negative_derivative: QueryFunction = {
  name: 'nonNegativeDerivative',
  kind: 'aggregate',
  usage: 'metric or aggregate',
  arity: [1, 1],
  meaning:
    'Difference to the bucket before, of the same series; 0 where it would be negative. Needs time() in group by',
  example: 'nonNegativeDerivative(request)',
  translate(call, scope) {
    const [given] = call.args;
    const aggregate = given && has_aggregate(given) ? scope.value(given) : undefined;
    if (aggregate && aggregate.kind !== 'number' && aggregate.kind !== 'integer')
      throw invalid('nonNegativeDerivative: expected a number', given!.at);
    const metric = aggregate ? undefined : additive(call, scope);
    const bucket = scope.bucket();
    if (bucket === undefined) throw invalid('nonNegativeDerivative needs time(time, seconds) in group by', call.at);
    const value = `toFloat64(${aggregate?.sql ?? metric!.total(scope.aggregate, scope.bind)})`;
    const series = scope.series();
    const partition = series.length > 0 ? `PARTITION BY ${series.join(', ')} ` : '';
    const frame = `(${partition}ORDER BY ${bucket} ASC ROWS BETWEEN 1 PRECEDING AND CURRENT ROW)`;
    const difference = `(${value} - lagInFrame(toNullable(${value})) OVER ${frame})`;
    return metric_value(`if(isNull(${difference}), NULL, greatest(${difference}, 0))`, aggregate?.unit ?? metric!.unit);
  },
};
