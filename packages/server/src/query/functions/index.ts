// The functions of the dialect. A new one is a file and a line here; SHOW METRICS FUNCTIONS and docs/sql.md follow.
import { invalid } from '../error.ts';
import { hint } from '../nearest.ts';
import type { Expr } from '../sql/ast.ts';
import { children } from '../sql/ast.ts';
import { aavg } from './aavg.ts';
import { any, group_array, top_k } from './any.ts';
import { apdex } from './apdex.ts';
import { avg } from './avg.ts';
import { count } from './count.ts';
import { non_negative_derivative } from './derivative.ts';
import { enumeration } from './enum.ts';
import { exist } from './exist.ts';
import type { Call, QueryFunction } from './function.ts';
import { histogram } from './histogram.ts';
import { last } from './last.ts';
import { mask } from './mask.ts';
import { max } from './max.ts';
import { min } from './min.ts';
import { icon_id, node_type } from './node-type.ts';
import { percentile } from './percentile.ts';
import { percentile_exact } from './percentile-exact.ts';
import { per_second, percentage } from './rates.ts';
import { SCALARS } from './scalars.ts';
import { rspread, spread, stddev } from './spread.ts';
import { sum } from './sum.ts';
import { time, time_interval } from './time.ts';
import { uniq, uniq_exact } from './uniq.ts';

export const FUNCTIONS: readonly QueryFunction[] = [
  sum,
  max,
  min,
  avg,
  aavg,
  percentile,
  percentile_exact,
  stddev,
  spread,
  rspread,
  apdex,
  count,
  uniq,
  uniq_exact,
  last,
  any,
  top_k,
  group_array,
  histogram,
  non_negative_derivative,
  per_second,
  percentage,
  time,
  time_interval,
  enumeration,
  node_type,
  icon_id,
  mask,
  exist,
  ...SCALARS,
];

const BY_NAME = new Map<string, QueryFunction>();
for (const fn of FUNCTIONS) for (const name of [fn.name, ...(fn.also ?? [])]) BY_NAME.set(name.toLowerCase(), fn);

/** Refuses unknown names and wrong numbers of arguments. */
export function find_function(call: Call): QueryFunction {
  const fn = BY_NAME.get(call.name.toLowerCase());
  if (!fn) {
    const known = FUNCTIONS.map((f) => f.name);
    throw invalid(`there is no function \`${call.name.slice(0, 64)}\`.${hint(call.name, known)}`, call.at);
  }
  const [least, most] = fn.arity;
  if (call.args.length < least || call.args.length > most)
    throw invalid(`${fn.name} takes (${fn.usage}); there are ${call.args.length} arguments`, call.at);
  return fn;
}

export function has_aggregate(expr: Expr): boolean {
  if (expr.kind === 'call' && BY_NAME.get(expr.name.toLowerCase())?.kind === 'aggregate') return true;
  return children(expr).some(has_aggregate);
}
