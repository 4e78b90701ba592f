// Costs as people read them.
import { change_of, shares_of } from '../../model/profile/difference.ts';
import { type Fn, sum_of, type Tree } from '../../model/profile/tree.ts';
import { bytes_text, count_text, duration_text, ratio_text } from '../../widgets/format.ts';

/** Units of time: agents' and that of profiles of other programs; how many of them are a microsecond. */
const PER_US: Readonly<Record<string, number>> = { us: 1, nanoseconds: 1000 };
const is_time = (unit: string): boolean => PER_US[unit] !== undefined;

export const cost_text = (value: number, unit: string): string =>
  is_time(unit) ? duration_text(value / PER_US[unit]!) : unit === 'bytes' ? bytes_text(value) : count_text(value);

export const share = (value: number, of: number): number => (of > 0 ? value / of : 0);

/** Change of a share, in percentage points. */
export function points_text(before: number, now: number): string {
  const points = (now - before) * 100;
  if (Math.abs(points) < 0.005) return '±0';
  return `${points > 0 ? '+' : '−'}${Math.abs(points) < 10 ? Math.abs(points).toFixed(2) : Math.abs(points).toFixed(1)}`;
}

/** A cost over time: how many CPUs were busy, threads waited, or bytes a second. */
export const rate_name = (event: string, unit: string): string =>
  unit === 'bytes'
    ? 'bytes/s'
    : is_time(unit)
      ? /^(on-)?cpu$/.test(event)
        ? 'CPUs used'
        : 'threads'
      : `${unit || 'units'}/s`;
export const rate_value = (per_s: number, unit: string): number =>
  is_time(unit) ? per_s / PER_US[unit]! / 1e6 : per_s;

export interface FrameValues {
  readonly fn: Fn;
  readonly total: number;
  readonly self: number;
  readonly of: number;
  readonly before?: { readonly total: number; readonly self: number; readonly of: number };
  /** -1 .. 1 of a difference. */
  readonly change: number;
}
/** Numbers of a frame in the unit of the event; of a difference, those of both sides. */
export function values_of(tree: Tree, node: number): FrameValues {
  const fn = tree.functions[tree.fn[node]!]!;
  const { sides } = tree;
  if (!sides) return { fn, total: tree.total[node]!, self: tree.self[node]!, of: sum_of(tree), change: 0 };
  const side = (s: { self: Float64Array; total: Float64Array }) => ({
    total: s.total[node]!,
    self: s.self[node]!,
    of: s.total[0]!,
  });
  return { fn, ...side(sides.now), before: side(sides.before), change: change_of(shares_of(tree, node)) };
}

export const share_text = (value: number, of: number): string => ratio_text(share(value, of));
