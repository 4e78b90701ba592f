// Arithmetic over aggregates.
import { invalid } from '../error.ts';
import { argument } from './arguments.ts';
import { metric_value, type QueryFunction, type Value } from './function.ts';

function number(value: Value, at: number): string {
  if (value.kind === 'number' || value.kind === 'integer') return value.sql;
  throw invalid('expected a number', at);
}

export const per_second: QueryFunction = {
  name: 'PerSecond',
  kind: 'math',
  usage: 'expression',
  arity: [1, 1],
  meaning:
    'Totals (Sum, Count) divided by the seconds of the range or bucket; the rest by those of one window of the table',
  example: 'PerSecond(Sum(request))',
  translate(call, scope) {
    const value = scope.value(argument(call, 0));
    const seconds = value.over === 'range' ? scope.seconds() : String(scope.interval_s);
    return metric_value(`${number(value, call.at)} / ${seconds}`, value.unit === '' ? '/s' : `${value.unit}/s`);
  },
};

export const percentage: QueryFunction = {
  name: 'Percentage',
  kind: 'math',
  usage: 'expression, total',
  arity: [2, 2],
  meaning: 'Hundredfold of the first over the second; null where the second is 0',
  example: 'Percentage(Sum(server_error), Sum(response))',
  translate(call, scope) {
    const [part, total] = call.args.map((arg) => number(scope.value(arg), arg.at));
    return metric_value(`${part} / nullIf(${total}, 0) * 100`, '%');
  },
};
