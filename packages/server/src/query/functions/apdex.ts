import { invalid } from '../error.ts';
import { argument, constant } from './arguments.ts';
import { metric_value, type QueryFunction } from './function.ts';

const MICROSECONDS_MAX = 1e15;

export const apdex: QueryFunction = {
  name: 'Apdex',
  kind: 'aggregate',
  usage: 'delay, satisfied below',
  arity: [2, 2],
  meaning:
    'Satisfied (up to T) and half of the tolerating (up to 4 T) in percent of all; rows of metric tables count by the mean of their times',
  example: 'Apdex(response_duration, 100000)',
  translate(call, scope) {
    const metric = scope.metric(argument(call, 0));
    if (metric.metric !== 'delay') throw invalid(`Apdex: \`${metric.name}\` is no delay`, call.args[0]!.at);
    const satisfied = constant(call.args[1], 0, MICROSECONDS_MAX, 'T', call);
    const row = metric.row(scope.bind);
    const weight = metric.parts?.count ?? '1';
    const up_to = (limit: number) => scope.aggregate('sumIf', [weight, `${row} <= ${scope.bind(limit, 'Float64')}`]);
    const all = scope.aggregate('sumIf', [weight, `isNotNull(${row})`]);
    // The tolerating are those up to 4 T less the satisfied.
    return metric_value(`(${up_to(satisfied)} + ${up_to(4 * satisfied)}) / 2 / nullIf(${all}, 0) * 100`, '%');
  },
};
