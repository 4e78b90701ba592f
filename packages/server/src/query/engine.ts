// What the querier needs of a store; store/store.ts fits it. Values travel as typed parameters beside the SQL.
import { QueryError, type QueryErrorCode } from './error.ts';
import type { ParamValue } from './params.ts';

export type EngineFormat = 'JSONCompact' | 'JSONEachRow' | 'CSVWithNames' | 'TSVWithNames' | 'Native';
export interface EngineOptions {
  readonly format?: EngineFormat;
  readonly max_rows?: number;
  readonly timeout_s?: number;
  readonly signal?: AbortSignal;
  readonly database?: string;
  /** The statement is a user's own text: the store refuses whatever does more than read its tables. */
  readonly untrusted?: boolean;
  /** Settings of the engine for this statement. */
  readonly settings?: Readonly<Record<string, string | number>>;
}
export interface EngineResult {
  readonly bytes: Uint8Array;
  text(): string;
  readonly elapsed_ms: number;
  readonly rows_read: number;
  readonly bytes_read: number;
}
export interface QueryEngine {
  query(sql: string, params?: Readonly<Record<string, ParamValue>>, options?: EngineOptions): Promise<EngineResult>;
}

/** A value of a reply. */
export type Cell = string | number | boolean | null | readonly Cell[];
export interface Rows {
  readonly types: readonly string[];
  readonly values: Cell[][];
}

/** 64-bit integers come as text; those that a double holds exactly become numbers, the others stay text. */
function integer(cell: unknown): Cell {
  if (typeof cell !== 'string') return cell as Cell;
  const value = Number(cell);
  return Number.isSafeInteger(value) ? value : cell;
}

function decoder(type: string): ((cell: unknown) => Cell) | undefined {
  if (/^(?:Nullable\()?(?:SimpleAggregateFunction\(\w+, )?U?Int64/.test(type)) return integer;
  if (!type.startsWith('Array(')) return undefined;
  const inner = decoder(type.slice(6, -1));
  return inner && ((cell) => (Array.isArray(cell) ? cell.map(inner) : (cell as Cell)));
}

/** Decodes JSONCompact. */
export function decode_rows(text: string): Rows {
  const { meta, data } = JSON.parse(text) as { meta: { name: string; type: string }[]; data: Cell[][] };
  const decoders = meta.map((column) => decoder(column.type));
  decoders.forEach((decode, i) => {
    if (decode) for (const row of data) row[i] = decode(row[i]);
  });
  return { types: meta.map((column) => column.type), values: data };
}

const CODES: Readonly<Record<string, QueryErrorCode>> = {
  too_many_rows: 'LIMIT_REACHED',
  memory: 'LIMIT_REACHED',
  timeout: 'TIMEOUT',
  cancelled: 'CANCELLED',
  busy: 'BUSY',
  syntax: 'INVALID_SQL',
  unknown_table: 'RESOURCE_NOT_FOUND',
  unknown_column: 'INVALID_SQL',
  bad_parameter: 'INVALID_SQL',
  read_only: 'INVALID_SQL',
};

/** Engine errors that are the statement's fault: CANNOT_COMPILE_REGEXP. */
const STATEMENT_ERRORS = new Set([427]);

/** A failure of the store as an error of the querier. */
export function from_engine(error: unknown): QueryError {
  if (error instanceof QueryError) return error;
  const { code, message, engine_code } = error as { code?: unknown; message?: unknown; engine_code?: unknown };
  const mapped = STATEMENT_ERRORS.has(engine_code as number) ? 'INVALID_SQL' : CODES[String(code)];
  return new QueryError(mapped ?? 'SERVER_ERROR', typeof message === 'string' ? message : String(error));
}
