// A record type is a list of columns. DDL, Native encoding, the querier's catalogue (SHOW TAGS, SHOW METRICS), API types
// and the page's column picker are all derived from that list; nothing repeats it.

/** Types of the store that columns may have, as ClickHouse writes them. */
export type ColumnType =
  | 'UInt8'
  | 'UInt16'
  | 'UInt32'
  | 'UInt64'
  | 'Int32'
  | 'Int64'
  | 'Float64'
  | 'DateTime'
  | 'DateTime64(6)'
  | 'IPv4'
  | 'IPv6'
  | 'String'
  | 'LowCardinality(String)'
  | 'Nullable(Int32)'
  | 'Nullable(Int64)'
  | 'Nullable(UInt64)'
  | 'Nullable(UInt8)'
  | 'Array(LowCardinality(String))'
  | 'Array(String)'
  | 'Array(Float64)'
  | 'Array(UInt64)'
  | 'Sketch';

/** How the querier treats a metric (deepflow.md section 5, "Metric classes"). */
export type MetricClass = 'counter' | 'gauge' | 'bounded_gauge' | 'delay' | 'percentage' | 'quotient' | 'other';

interface Base {
  readonly name: string;
  readonly type: ColumnType;
  /** One sentence for people: SHOW TAGS, SHOW METRICS, docs and the page quote it. */
  readonly meaning: string;
  /** 'us', 'byte', 's', '' (a count or a name). */
  readonly unit?: string;
  /** Compression codec, when measurement chose another than the type's default. */
  readonly codec?: string;
  /** Skip index clause body, e.g. 'bloom_filter GRANULARITY 2'. */
  readonly index?: string;
  /** Who fills it: the agent (default), or the server on receipt. */
  readonly filled_by?: 'agent' | 'server';
  /** Category of SHOW TAGS / SHOW METRICS, e.g. 'Application Layer'. */
  readonly category?: string;
}
export interface TagColumn extends Base {
  readonly kind: 'tag';
  /** Name of the enumeration that translates the value (`Enum(x)`), see enums.ts. */
  readonly enumeration?: string;
  /** 0 client end, 1 server end; both columns share one tag name without suffix. */
  readonly end?: 0 | 1;
  /** Shown and compared as a hardware address of six bytes, or as the last four of one. */
  readonly format?: 'mac' | 'nic';
  /** Not shown by SHOW TAGS (physical help only). */
  readonly hidden?: boolean;
}
export interface MetricColumn extends Base {
  readonly kind: 'metric';
  readonly metric: MetricClass;
  /** How rows of one key merge: in the agent's windows, in rollups, in the engine. */
  readonly merge: 'sum' | 'max' | 'sketch' | 'none';
  /** Physical help of a derived metric, not shown by SHOW METRICS. */
  readonly hidden?: boolean;
}
export type Column = TagColumn | MetricColumn;

/** A metric without a column of its own: computed from sums at query time. */
export interface DerivedMetric {
  readonly name: string;
  readonly metric: MetricClass;
  readonly unit: string;
  readonly meaning: string;
  readonly category?: string;
  /** delay: sum / count (Avg), max (Max), sketch (Percentile). quotient/percentage: numerator / denominator of sums. sum: total of columns, missing ones being 0. */
  readonly from:
    | {
        readonly form: 'delay';
        readonly sum: string;
        readonly count: string;
        readonly max: string;
        readonly sketch?: string;
      }
    | {
        readonly form: 'ratio';
        readonly numerator: string;
        readonly denominator: string;
        readonly scale: number;
        /** What is missing to the whole: scale less the ratio. */
        readonly complement?: boolean;
      }
    | { readonly form: 'sum'; readonly of: readonly string[] }
    /** Rows whose column has one of the values, or none of them. */
    | { readonly form: 'rows_with'; readonly column: string; readonly in: readonly number[]; readonly not?: boolean }
    | { readonly form: 'count' }
    /** No row carries it yet: always unknown. */
    | { readonly form: 'unrecorded' };
}

export interface RecordDefinition {
  /** Database and table as people name them: 'flow_metrics', 'application_map'. */
  readonly database: string;
  readonly table: string;
  /** Intervals in seconds, one physical table each ('application_map.1s'); empty = one physical table of plain rows. */
  readonly intervals_s: readonly number[];
  /** Coarser intervals that the store makes out of the coarsest of intervals_s, each out of the one before; nobody sends them. */
  readonly rollups_s?: readonly number[];
  readonly columns: readonly Column[];
  readonly derived: readonly DerivedMetric[];
  /** Rows only explain ids of other tables: they are keyed by order_by, equal ones merge, and the querier does not list the table. */
  readonly dictionary?: true;
  /** Column names; the first is `time` unless it is a dictionary. */
  readonly order_by: readonly string[];
  /** Further sorting of plain rows behind order_by, not indexed: neighbours that compress well (docs/decisions/0022). */
  readonly sort_within?: readonly string[];
  /** Hours of time in one partition, and default retention, per interval (key 0 = plain rows). */
  readonly partition_hours: Readonly<Record<number, number>>;
  readonly ttl_hours: Readonly<Record<number, number>>;
}

/** Every interval that has a physical table, finest first; [0] for plain rows. */
export const physical_intervals = (definition: RecordDefinition): readonly number[] =>
  definition.intervals_s.length === 0 ? [0] : [...definition.intervals_s, ...(definition.rollups_s ?? [])];

/** '1s', '1m', '1h', '1d': suffix of a table, and how people write an interval. */
export function interval_name(interval_s: number): string {
  if (interval_s % 86_400 === 0) return `${interval_s / 86_400}d`;
  if (interval_s % 3600 === 0) return `${interval_s / 3600}h`;
  return interval_s % 60 === 0 ? `${interval_s / 60}m` : `${interval_s}s`;
}

/** The columns that the agent sends, in the definition's order: all but those the server fills. */
export const agent_columns = (definition: RecordDefinition): readonly Column[] =>
  definition.columns.filter((column) => column.filled_by !== 'server');
