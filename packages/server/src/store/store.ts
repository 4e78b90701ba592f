// The contract of a store: what the rest of the server may ask of the engine that keeps the rows. Every implementation
// passes conformance.test.ts. SQL is ClickHouse's. Values reach a statement only as typed parameters, {name:Type} in the
// text and `name` in `params`; nothing here pastes a value into SQL.
import { interval_name } from '@sonde/records';

/** Where rows go: a table of a record definition, by the definition's own words. */
export interface TableRef {
  readonly database: string;
  readonly table: string;
  /** Window of metric tables in seconds; 0 for plain rows. */
  readonly interval_s: number;
}

/** A parameter's value as text or number; arrays for Array(T) parameters. bigint for 64-bit values above 2^53. */
export type Param = string | number | bigint | boolean | readonly (string | number | bigint)[];

/** Output formats the store can be asked for; bytes come back as the engine writes them. */
export type QueryFormat =
  | 'JSONCompact'
  | 'JSONEachRow'
  | 'JSONCompactEachRowWithNamesAndTypes'
  | 'CSVWithNames'
  | 'TSVWithNames'
  | 'Native'
  | 'Null';

export interface QueryOptions {
  /** Default 'JSONCompact': {meta:[{name,type}], data:[[...]], rows, statistics}; 64-bit integers as strings. */
  readonly format?: QueryFormat;
  /** Rows of the result; more is an error of code 'too_many_rows', never a silent cut. Default 1,000,000. */
  readonly max_rows?: number;
  /** Bytes of memory the statement may use. Default 1 GiB. */
  readonly max_memory_bytes?: number;
  /** Seconds the statement may run. Default 30. */
  readonly timeout_s?: number;
  /** Aborting stops the statement in the engine too; the promise rejects with code 'cancelled'. */
  readonly signal?: AbortSignal;
  /**
   * The text was written by a user: it must be one statement that only reads; what reaches files or other hosts is refused
   * with code 'read_only'. It must not have a SETTINGS clause of its own at the end.
   */
  readonly untrusted?: boolean;
  /** A short question of the server itself: does not wait behind those of people. */
  readonly urgent?: boolean;
  /** Default database of unqualified names. */
  readonly database?: string;
  /** Further engine settings of this statement (names are checked against a list: [a-z0-9_]+; values numbers or words). */
  readonly settings?: Readonly<Record<string, string | number>>;
}

export interface QueryResult {
  /** The result in the format asked for. */
  readonly bytes: Uint8Array;
  /** The same as text (UTF-8). */
  text(): string;
  readonly elapsed_ms: number;
  readonly rows_read: number;
  readonly bytes_read: number;
}

/** Stable words; http/ maps them to status codes, query/ to DeepFlow's OPT_STATUS. */
export type StoreErrorCode =
  | 'unknown_table'
  | 'unknown_column'
  | 'syntax'
  | 'bad_parameter'
  | 'too_many_rows'
  | 'memory'
  | 'timeout'
  | 'cancelled'
  | 'busy'
  | 'read_only'
  | 'disk_full'
  | 'bad_block'
  | 'schema'
  | 'closed'
  | 'engine';

/** Every failure of a store. `message` is a sentence for people. */
export class StoreError extends Error {
  readonly code: StoreErrorCode;
  /** The engine's own error number, 0 when it has none. */
  readonly engine_code: number;
  constructor(code: StoreErrorCode, message: string, engine_code = 0, options?: ErrorOptions) {
    super(message, options);
    this.name = 'StoreError';
    this.code = code;
    this.engine_code = engine_code;
  }
}

export interface TableSize {
  readonly database: string;
  /** Physical name, e.g. 'application_map.1s'. */
  readonly table: string;
  readonly rows: number;
  /** Compressed bytes on disk. */
  readonly bytes: number;
  readonly uncompressed_bytes: number;
}

export interface Store {
  /**
   * Stores one Native block. Resolves when the rows are durable: a killed process finds them again. The same token a
   * second time (within the window of some ten thousand blocks a table) stores nothing and resolves too.
   * Columns may be in any order and may be fewer than the table's (the rest take their defaults). Rejects with a StoreError;
   * 'bad_block' and 'unknown_table' mean that a retry cannot help, everything else that it may.
   * `block` must not be changed until the promise settles.
   */
  insert(table: TableRef, block: Uint8Array, dedup_token: string): Promise<void>;

  /** Runs a reading statement without FORMAT or SETTINGS clause at its end; it cannot write. At most a few run at once, the rest wait; too many waiting is 'busy'. */
  query(sql: string, params?: Readonly<Record<string, Param>>, options?: QueryOptions): Promise<QueryResult>;

  /** Runs a writing or administrative statement of our own (DDL, SYSTEM ...). Never given text of users. */
  exec(sql: string, params?: Readonly<Record<string, Param>>): Promise<void>;

  /** Sizes of all tables that hold records, as the engine reports them. */
  sizes(): Promise<readonly TableSize[]>;

  /** Finishes running inserts, stops queries, releases the data. A second call is harmless. */
  close(): Promise<void>;
}

/** Physical name of a table: 'application_map.1s', 'l7_flow_log'. Unquoted. */
export function physical_table(ref: Pick<TableRef, 'table' | 'interval_s'>): string {
  return ref.interval_s === 0 ? ref.table : `${ref.table}.${interval_name(ref.interval_s)}`;
}

/** A name as an SQL identifier. */
export const quote_name = (name: string): string => `\`${name.replaceAll('\\', '\\\\').replaceAll('`', '\\`')}\``;
