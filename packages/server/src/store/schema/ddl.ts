// Tables from record definitions.
import { createHash } from 'node:crypto';
import { type Column, interval_name, physical_intervals, type RecordDefinition } from '@sonde/records';
import { SKETCH_TYPE } from '@sonde/records/codec';
import { physical_table, quote_name, type TableRef } from '../store.ts';
import { codec_of } from './codecs.ts';

/** Indexes of a part up to this size share one file: creating files is a fifth of what a small insert costs (measured). */
const PACKED_INDEX_BYTES_MAX = 1024 * 1024;
/** Blocks a table remembers for deduplication: hours of batches of many agents. */
const DEDUP_WINDOW_BLOCKS = 10_000;

/**
 * Parts that were merged away are looked for at least so often (s). Left alone the engine does so every five minutes, and a part costs
 * some 100 KB of memory: at 10 batches a second those were 300 MB.
 */
export const CLEANUP = 'cleanup_delay_period = 5, max_cleanup_delay_period = 15, cleanup_delay_period_random_add = 2';

export interface PhysicalColumn {
  readonly name: string;
  /** As the store writes it in system.columns. */
  readonly type: string;
  readonly codec: string;
  readonly index: string | undefined;
}

export interface PhysicalTable {
  readonly ref: TableRef;
  readonly database: string;
  /** Unquoted: 'application_map.1s'. */
  readonly name: string;
  readonly columns: readonly PhysicalColumn[];
  readonly engine: string;
  readonly primary_key: readonly string[];
  readonly sorting_key: readonly string[];
  readonly partition_hours: number;
  readonly ttl_hours: number;
}

/** The engine's type of a column. Columns of windowed tables that merge are aggregate functions: rows of one key are parts. */
function physical_type(column: Column, windowed: boolean): string {
  if (column.type === 'Sketch') return SKETCH_TYPE;
  if (!windowed || column.kind !== 'metric' || column.merge === 'none') return column.type;
  return `SimpleAggregateFunction(${column.merge}, ${column.type})`;
}

/** All physical tables of one definition: one an interval. */
export function physical_tables(definition: RecordDefinition): PhysicalTable[] {
  const windowed = definition.intervals_s.length > 0;
  const columns = definition.columns.map((column) => ({
    name: column.name,
    type: physical_type(column, windowed),
    codec: codec_of(column),
    index: column.index,
  }));
  // Merging rows must agree in every tag, so all tags are in the sorting key; the primary index keeps the short prefix.
  const tags = definition.columns.filter((c) => c.kind === 'tag').map((c) => c.name);
  const rest = windowed ? tags.filter((name) => !definition.order_by.includes(name)) : (definition.sort_within ?? []);
  return physical_intervals(definition).map((interval_s) => {
    const ref = { database: definition.database, table: definition.table, interval_s };
    return {
      ref,
      database: definition.database,
      name: physical_table(ref),
      columns,
      engine: windowed ? 'AggregatingMergeTree' : definition.dictionary ? 'ReplacingMergeTree' : 'MergeTree',
      primary_key: definition.order_by,
      sorting_key: [...definition.order_by, ...rest],
      partition_hours: definition.partition_hours[interval_s] ?? 24,
      ttl_hours: definition.ttl_hours[interval_s] ?? 168,
    };
  });
}

export const full_name = (table: Pick<PhysicalTable, 'database' | 'name'>): string =>
  `${quote_name(table.database)}.${quote_name(table.name)}`;
const list = (names: readonly string[]): string => `(${names.map(quote_name).join(', ')})`;
const index_name = (column: string): string => quote_name(`${column}_idx`);

export const column_ddl = (column: PhysicalColumn): string =>
  `${quote_name(column.name)} ${column.type} CODEC(${column.codec})`;
export const index_ddl = (column: PhysicalColumn): string =>
  `INDEX ${index_name(column.name)} ${quote_name(column.name)} TYPE ${column.index}`;
export const ttl_ddl = (hours: number): string => `time + toIntervalHour(${hours})`;
export const sorting_key_ddl = (table: PhysicalTable): string => list(table.sorting_key);

export function create_table(table: PhysicalTable): string {
  const lines = [
    ...table.columns.map(column_ddl),
    ...table.columns.filter((c) => c.index !== undefined).map(index_ddl),
  ];
  return `CREATE TABLE IF NOT EXISTS ${full_name(table)} (
  ${lines.join(',\n  ')}
) ENGINE = ${table.engine}
PARTITION BY toStartOfInterval(time, toIntervalHour(${table.partition_hours}))
PRIMARY KEY ${list(table.primary_key)}
ORDER BY ${sorting_key_ddl(table)}
TTL ${ttl_ddl(table.ttl_hours)}
SETTINGS ttl_only_drop_parts = 1, non_replicated_deduplication_window = ${DEDUP_WINDOW_BLOCKS},
  packed_skip_index_max_bytes = ${PACKED_INDEX_BYTES_MAX}, ${CLEANUP}`;
}

/** A coarser table that the engine fills from a finer one whenever rows arrive there. */
export interface Rollup {
  readonly database: string;
  /** Unquoted: 'application_map.1h_mv'. */
  readonly name: string;
  readonly ddl: string;
  /** Changes with everything that the view does. */
  readonly version: string;
}

/** What becomes of a column in a rollup. Gauges are weighed by time, so that an hour shows the mean of its minutes. */
function rolled(column: Column, from_s: number, to_s: number): string {
  const name = quote_name(column.name);
  if (column.name === 'time') return `toStartOfInterval(time, toIntervalSecond(${to_s}), 'UTC') AS time`;
  if (column.kind === 'tag') return name;
  if (column.type === 'Sketch') return `${SKETCH_MERGE}(${name}) AS ${name}`;
  const share = column.metric === 'gauge' ? ` * ${from_s} / ${to_s}` : '';
  return `${column.merge}(${name}${share}) AS ${name}`;
}
const SKETCH_MERGE = SKETCH_TYPE.replace(/^AggregateFunction\(quantilesDD(\([^)]*\)), .*$/, 'quantilesDDMergeState$1');

/** Views from each coarsest interval that agents send to the first rollup, and from rollup to rollup. */
export function rollups(definition: RecordDefinition): Rollup[] {
  const { database } = definition;
  const intervals = [definition.intervals_s.at(-1) ?? 0, ...(definition.rollups_s ?? [])];
  const tags = definition.columns.filter((c) => c.kind === 'tag').map((c) => quote_name(c.name));
  return intervals.slice(1).map((to_s, i) => {
    const from_s = intervals[i]!;
    const table = (interval_s: number) =>
      full_name({ database, name: physical_table({ table: definition.table, interval_s }) });
    const name = `${definition.table}.${interval_name(to_s)}_mv`;
    const columns = definition.columns.map((column) => rolled(column, from_s, to_s)).join(', ');
    const body = `TO ${table(to_s)} AS SELECT ${columns} FROM ${table(from_s)} GROUP BY ${tags.join(', ')}`;
    const version = createHash('sha256').update(body).digest('hex').slice(0, 16);
    const ddl = `CREATE MATERIALIZED VIEW ${full_name({ database, name })} ${body} COMMENT '${version}'`;
    return { database, name, ddl, version };
  });
}
