// GET /api/v1/status: what the page's status strip and `sonde status` show.
import type { Counters } from './counters.ts';

/** Rows a second over the last few seconds. */
export class Rate {
  private readonly points: { at_ms: number; total: number }[] = [];
  private readonly window_ms: number;

  constructor(window_ms = 10_000) {
    this.window_ms = window_ms;
  }

  /** To be called every second or so with a total that only grows. */
  tick(total: number, at_ms = Date.now()): void {
    this.points.push({ at_ms, total });
    while (this.points.length > 2 && this.points[1]!.at_ms <= at_ms - this.window_ms) this.points.shift();
  }

  get per_second(): number {
    const first = this.points[0];
    const last = this.points.at(-1);
    if (first === undefined || last === undefined || last.at_ms <= first.at_ms) return 0;
    return ((last.total - first.total) * 1000) / (last.at_ms - first.at_ms);
  }
}

/**
 * Counters of agents that mean lost observations, by the ending of their names. Throttled calls are not lost (metrics
 * have them), and `events_lost` is what `ring_full` says, counted once more where the gap is met.
 */
const IS_DROP = /(^|_)(lost|dropped|full|overflow|failed|missed|cut|evicted|refused|exhausted)$/;
const COUNTED_ELSEWHERE: ReadonlySet<string> = new Set(['events_lost']);

/** reason -> count over the server and all agents heard of. */
export function drops(
  agents: readonly { readonly counters: Readonly<Record<string, number>> }[],
  counters: Counters,
): Record<string, number> {
  const sums: Record<string, number> = counters.group('drop');
  for (const agent of agents) {
    for (const [name, value] of Object.entries(agent.counters)) {
      if (value > 0 && IS_DROP.test(name) && !COUNTED_ELSEWHERE.has(name)) sums[name] = (sums[name] ?? 0) + value;
    }
  }
  return sums;
}

interface Size {
  readonly database: string;
  readonly table: string;
  readonly rows: number;
  readonly bytes: number;
}
export interface StatusParts {
  readonly version: string;
  readonly started_ms: number;
  readonly data_dir: string;
  readonly problems: readonly string[];
  readonly agents: readonly { readonly counters: Readonly<Record<string, number>> }[];
  readonly rows_s: number;
  readonly sizes: readonly Size[];
  readonly free_bytes: number;
  readonly entities_exhausted: number;
  readonly counters: Counters;
}

export function server_status(parts: StatusParts): object {
  const { version, started_ms, data_dir, sizes, entities_exhausted } = parts;
  return {
    server: { version, started_ms, data_dir, problems: parts.problems.filter((problem) => problem !== '') },
    agents: parts.agents,
    rows_s: parts.rows_s,
    store: {
      bytes: sizes.reduce((sum, t) => sum + t.bytes, 0),
      free_bytes: parts.free_bytes,
      rows: Object.fromEntries(sizes.map((t) => [`${t.database}.${t.table}`, t.rows])),
      tables: sizes,
    },
    drops: { ...drops(parts.agents, parts.counters), ...(entities_exhausted > 0 && { entities: entities_exhausted }) },
    counters: Object.fromEntries(parts.counters.snapshot()),
  };
}
