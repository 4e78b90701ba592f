// Counters of the agent as increases since the last report, in groups that the server stores as virtual tables.
import type { Counters } from '../call.ts';

export interface Group {
  readonly table: string;
  readonly tags: readonly (readonly [string, string])[];
  readonly metrics: readonly (readonly [string, number])[];
}

export class Stats {
  private readonly last = new Map<string, number>();

  /** One group a CPU. */
  per_cpu(table: string, counters: ReadonlyMap<string, readonly number[]>): Group[] {
    const cpus = Math.max(0, ...[...counters.values()].map((values) => values.length));
    return Array.from({ length: cpus }, (_, cpu) => ({
      table,
      tags: [['cpu', String(cpu)] as const],
      metrics: [...counters].flatMap(([name, values]) => {
        const value = values[cpu];
        return value === undefined ? [] : [[name, this.increase(`${table} ${cpu} ${name}`, value)] as const];
      }),
    }));
  }

  /** `totals` are counters since boot, `gauges` are told as they are. */
  group(
    table: string,
    totals: Iterable<readonly [string, number]>,
    gauges: readonly (readonly [string, number])[] = [],
  ): Group {
    const metrics = [...totals].map(([name, value]) => [name, this.increase(`${table} ${name}`, value)] as const);
    return { table, tags: [], metrics: [...metrics, ...gauges] };
  }

  private increase(key: string, value: number): number {
    const before = this.last.get(key) ?? 0;
    this.last.set(key, value);
    return value - before;
  }
}

/** All counters since boot by name, CPUs summed: what the page's status strip shows. */
export function totals_of(
  capture: ReadonlyMap<string, readonly number[]>,
  own: Counters,
  more: Readonly<Record<string, number>>,
): Record<string, number> {
  const totals: Record<string, number> = {};
  for (const [name, values] of capture) totals[name] = values.reduce((sum, value) => sum + value, 0);
  for (const [name, value] of own.entries()) totals[name] = value;
  return Object.assign(totals, more);
}
