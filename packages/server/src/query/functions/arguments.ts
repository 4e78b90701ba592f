// What several functions need of their arguments.
import { invalid } from '../error.ts';
import { is_additive, type Metric } from '../metrics.ts';
import type { Expr } from '../sql/ast.ts';
import type { Call, Scope } from './function.ts';

/** A constant number within bounds. */
export function constant(expr: Expr | undefined, low: number, high: number, what: string, call: Call): number {
  // DeepFlow's clients put some of them in quotes.
  const written = expr?.kind === 'number' || (expr?.kind === 'string' && expr.text.trim() !== '');
  const value = written ? Number(expr.text) : Number.NaN;
  if (value >= low && value <= high) return value;
  throw invalid(`${call.name}: ${what} is a number from ${low} to ${high}`, expr?.at ?? call.at);
}

export function argument(call: Call, index: number): Expr {
  return call.args[index]!;
}

export function additive(call: Call, scope: Scope): Metric {
  const metric = scope.metric(argument(call, 0));
  if (is_additive(metric) || metric.metric === 'delay' || metric.metric === 'gauge') return metric;
  throw invalid(
    `${call.name}: \`${metric.name}\` is a ${metric.metric} and does not add up; use Avg`,
    call.args[0]!.at,
  );
}

/**
 * An aggregate over single measurements: the rows of a log, the windows of a metric table. On metric tables several rows
 * make up one window, so their totals are taken first.
 */
export function sampled(scope: Scope, metric: Metric, name: string, parameters?: string): string {
  if (scope.windowed)
    return scope.over_windows(
      name,
      (aggregate) => metric.total(aggregate, scope.bind),
      parameters === undefined ? {} : { parameters },
    );
  return scope.aggregate(name, [metric.row(scope.bind)], parameters);
}

/** Accuracy of every sketch (records/sketch.ts); the engine refuses to merge others. */
const SKETCH_ACCURACY = '0.01';
/** A quantile of a delay out of its sketch; NaN of an empty one becomes NULL. */
export function sketch_quantile(scope: Scope, sketch: string, level: number): string {
  return `ifNotFinite(${scope.quantile(sketch, level, SKETCH_ACCURACY)}, NULL)`;
}
