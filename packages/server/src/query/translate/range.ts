// The range of time a statement asks for, and the precision of the table that answers it.
import { interval_name, physical_intervals, type RecordDefinition } from '@sonde/records';
import { invalid, QueryError } from '../error.ts';
import type { Expr } from '../sql/ast.ts';

/** Seconds since 1970, both inclusive; an open side is undefined. */
export interface TimeRange {
  readonly from: number | undefined;
  readonly to: number | undefined;
}

function seconds_of(expr: Expr): number | undefined {
  if (expr.kind === 'number') return Number(expr.text);
  if (expr.kind !== 'string') return undefined;
  if (/^\d+(?:\.\d+)?$/.test(expr.text)) return Number(expr.text);
  const ms = Date.parse(
    `${expr.text.replace(' ', 'T').replace(/Z$/, '')}${expr.text.length === 10 ? 'T00:00:00' : ''}Z`,
  );
  return Number.isNaN(ms) ? undefined : ms / 1000;
}

const MIRRORED: Readonly<Record<string, string>> = { '<': '>', '>': '<', '<=': '>=', '>=': '<=', '=': '=' };

/** From comparisons of `time` that must all hold; what stands under OR and NOT is not looked at. */
export function time_range(where: Expr | undefined): TimeRange {
  let from: number | undefined;
  let to: number | undefined;
  const visit = (expr: Expr): void => {
    if (expr.kind === 'logic' && expr.operator === 'and') {
      visit(expr.left);
      visit(expr.right);
    }
    if (expr.kind !== 'compare') return;
    const straight = expr.left.kind === 'name' && expr.left.name === 'time';
    const turned = expr.right.kind === 'name' && expr.right.name === 'time';
    if (!straight && !turned) return;
    const bound = seconds_of(straight ? expr.right : expr.left);
    const op = straight ? expr.operator : MIRRORED[expr.operator];
    if (bound === undefined) return;
    const low = op === '>' ? Math.floor(bound) + 1 : op === '>=' || op === '=' ? Math.ceil(bound) : undefined;
    const high = op === '<' ? Math.ceil(bound) - 1 : op === '<=' || op === '=' ? Math.floor(bound) : undefined;
    if (low !== undefined) from = from === undefined ? low : Math.max(from, low);
    if (high !== undefined) to = to === undefined ? high : Math.min(to, high);
  };
  if (where) visit(where);
  return { from, to };
}

const UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };

export function parse_precision(text: string): number {
  const match = /^(\d{1,4})([smhd])$/.exec(text);
  if (!match)
    throw new QueryError('INVALID_PARAMETERS', `\`${text.slice(0, 32)}\` is no precision; write 1s, 1m, 1h or 1d`);
  return Number(match[1]) * UNITS[match[2]!]!;
}

export interface PrecisionWish {
  /** Suffix of the table's name, wins over `parameter` (data_precision of the request). */
  readonly suffix: string | undefined;
  readonly parameter: string | undefined;
  /** Width of time()'s buckets, when the statement has one. */
  readonly bucket_s: number | undefined;
  readonly range: TimeRange;
  /** Epoch seconds. */
  readonly now: number;
  readonly at: number;
  readonly keeps?: KeepsHours | undefined;
}
/** Hours that an interval of a table keeps its rows now. */
export type KeepsHours = (definition: RecordDefinition, interval_s: number) => number;

/** Ranges above are asked of the minute table. */
const SECONDS_TABLE_RANGE_S = 3600;

/**
 * Interval of the physical table, 0 for tables of plain rows. Asked for: suffix, then parameter. Else the finest, unless
 * buckets are whole multiples of a coarser one, the range is above an hour, or its begin is older than the finest keeps. Hours and
 * days answer unasked only where nothing finer goes back far enough: a range that begins within one of them would lose its begin.
 */
export function choose_interval(definition: RecordDefinition, wish: PrecisionWish): number {
  const intervals = physical_intervals(definition);
  if (definition.intervals_s.length === 0) return 0;
  const asked = wish.suffix ?? wish.parameter;
  if (asked !== undefined) {
    const wanted = parse_precision(asked);
    if (intervals.includes(wanted)) return wanted;
    throw invalid(
      `${definition.table} is kept at ${intervals.map(interval_name).join(', ')}, not at ${asked}`,
      wish.at,
    );
  }
  const { from, to } = wish.range;
  const long = from === undefined || (to ?? wish.now) - from > SECONDS_TABLE_RANGE_S;
  let chosen = 0;
  for (const [i, interval_s] of definition.intervals_s.entries()) {
    const multiple = wish.bucket_s !== undefined && wish.bucket_s % interval_s === 0;
    if (i === 0 || long || multiple) chosen = i;
  }
  const keeps = (i: number) =>
    (wish.keeps?.(definition, intervals[i]!) ?? definition.ttl_hours[intervals[i]!] ?? Infinity) * 3600;
  while (
    from !== undefined &&
    from < wish.now - keeps(chosen) &&
    chosen + 1 < intervals.length &&
    keeps(chosen + 1) > keeps(chosen)
  )
    chosen++;
  return intervals[chosen]!;
}
