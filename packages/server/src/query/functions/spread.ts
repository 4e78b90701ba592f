import { argument, sampled } from './arguments.ts';
import { metric_value, type QueryFunction } from './function.ts';

export const stddev: QueryFunction = {
  name: 'Stddev',
  kind: 'aggregate',
  usage: 'metric',
  arity: [1, 1],
  meaning: 'Standard deviation of the population of rows, or of windows',
  example: 'Stddev(request)',
  translate(call, scope) {
    const metric = scope.metric(argument(call, 0));
    return metric_value(`ifNotFinite(${sampled(scope, metric, 'stddevPopStable')}, NULL)`, metric.unit);
  },
};

export const spread: QueryFunction = {
  name: 'Spread',
  kind: 'aggregate',
  usage: 'metric',
  arity: [1, 1],
  meaning: 'Largest minus smallest value of rows, or of windows',
  example: 'Spread(request)',
  translate(call, scope) {
    const metric = scope.metric(argument(call, 0));
    return metric_value(`(${sampled(scope, metric, 'max')} - ${sampled(scope, metric, 'min')})`, metric.unit);
  },
};

export const rspread: QueryFunction = {
  name: 'Rspread',
  kind: 'aggregate',
  usage: 'metric',
  arity: [1, 1],
  meaning: 'Largest over smallest value of rows, or of windows; both are raised by 1e-15, so that zero divides',
  example: 'Rspread(request)',
  translate(call, scope) {
    const metric = scope.metric(argument(call, 0));
    return metric_value(
      `((${sampled(scope, metric, 'max')} + 1e-15) / (${sampled(scope, metric, 'min')} + 1e-15))`,
      '',
    );
  },
};
