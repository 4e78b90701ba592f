// Tables from record definitions.
import type { Column, RecordDefinition } from '@sonde/records';
import { SKETCH_TYPE } from '@sonde/records/codec';
import { physical_table, quote_name, type TableRef } from '../store.ts';
import { codec_of } from './codecs.ts';

/** Indexes of a part up to this size share one file: creating files is a fifth of what a small insert costs (measured). */
const PACKED_INDEX_BYTES_MAX = 1024 * 1024;
/** Blocks a table remembers for deduplication: hours of batches of many agents. */
const DEDUP_WINDOW_BLOCKS = 10_000;

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
  return (windowed ? definition.intervals_s : [0]).map((interval_s) => {
    const ref = { database: definition.database, table: definition.table, interval_s };
    return {
      ref,
      database: definition.database,
      name: physical_table(ref),
      columns,
      engine: windowed ? 'AggregatingMergeTree' : 'MergeTree',
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
  packed_skip_index_max_bytes = ${PACKED_INDEX_BYTES_MAX}`;
}
