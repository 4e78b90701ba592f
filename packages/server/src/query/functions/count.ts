import { metric_value, type QueryFunction } from './function.ts';

export const count: QueryFunction = {
  name: 'Count',
  kind: 'aggregate',
  usage: '[row | tag | *]',
  arity: [0, 1],
  meaning: 'Number of rows; of a tag that may be missing, the rows that have it',
  example: 'Count(row)',
  translate(call, scope) {
    const arg = call.args[0];
    if (!arg || arg.kind === 'star' || (arg.kind === 'name' && arg.name === 'row'))
      return metric_value(scope.aggregate('count', []), '', 'range');
    return metric_value(scope.aggregate('count', [scope.row(arg).sql]), '', 'range');
  },
};
