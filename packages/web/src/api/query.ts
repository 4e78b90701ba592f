// POST /v1/query: a statement of the dialect -> columns and rows.
import type { Statement } from '../model/sql.ts';
import { ApiError, send_json } from './client.ts';

export interface Result {
  readonly columns: readonly string[];
  readonly values: readonly (readonly unknown[])[];
}
export type Row = Readonly<Record<string, unknown>>;

function result_of(body: unknown): Result {
  const result = (body as { result?: unknown } | null)?.result as Partial<Result> | null | undefined;
  return { columns: result?.columns ?? [], values: result?.values ?? [] };
}

export async function run_query(statement: Statement, signal?: AbortSignal): Promise<Result> {
  const request = {
    db: statement.db,
    sql: statement.sql,
    ...(statement.precision ? { data_precision: statement.precision } : {}),
  };
  const body = await send_json('/v1/query', 'POST', request, signal);
  const status = (body as { OPT_STATUS?: string; DESCRIPTION?: string } | null) ?? {};
  if (status.OPT_STATUS !== undefined && status.OPT_STATUS !== 'SUCCESS')
    throw new ApiError('refused', status.DESCRIPTION || status.OPT_STATUS);
  return result_of(body);
}

export async function query_rows(statement: Statement, signal?: AbortSignal): Promise<Row[]> {
  const { columns, values } = await run_query(statement, signal);
  return values.map((value) => Object.fromEntries(columns.map((column, i) => [column, value[i]])));
}

export const number_of = (row: Row, column: string): number => {
  const n = Number(row[column] ?? 0);
  return Number.isFinite(n) ? n : 0;
};
/** null, NaN and absent stay unknown. */
export const number_or_null = (row: Row, column: string): number | null => {
  const v = row[column];
  if (v === null || v === undefined || v === '') return null;
  const n = Number(v);
  return Number.isFinite(n) ? n : null;
};
export const text_of = (row: Row, column: string): string => {
  const v = row[column];
  return v === null || v === undefined ? '' : String(v);
};
