// One statement from text to reply.
import { type Cell, decode_rows, from_engine, type QueryEngine } from './engine.ts';
import { describe_error, QueryError } from './error.ts';
import { fill_buckets } from './fill.ts';
import { show } from './show/show.ts';
import { parse } from './sql/parse.ts';
import { LIMIT_DEFAULT, type ResultColumn, translate_select } from './translate/select.ts';
import type { KeepsHours } from './translate/range.ts';
import { translate_with } from './translate/with.ts';

export interface QueryRequest {
  readonly db: string;
  readonly sql: string;
  readonly data_precision?: string;
  readonly debug?: boolean;
}
export interface ColumnSchema {
  readonly unit: string;
  /** 0 tag, 1 metric. */
  readonly type: 0 | 1;
  readonly value_type: string;
  readonly pre_as: string;
}
export interface QueryReply {
  readonly OPT_STATUS: string;
  readonly DESCRIPTION: string;
  readonly result: {
    readonly columns: readonly string[];
    readonly values: readonly (readonly Cell[])[];
    readonly schemas: readonly ColumnSchema[];
  } | null;
  readonly debug: unknown;
}

const schema_of = (column: ResultColumn): ColumnSchema => ({
  unit: column.unit,
  type: column.metric ? 1 : 0,
  value_type: column.value_type,
  pre_as: column.pre_as,
});
const SHOWN: ColumnSchema = { unit: '', type: 0, value_type: 'String', pre_as: '' };

/**
 * With ORDER BY and LIMIT, columns that neither filter nor order are read for the rows that are left only. The engine does so up to 10
 * rows; measured over 5 million requests of a day, the newest 500 then take an eighth, the slowest 500 half of the time.
 */
const SETTINGS = {
  query_plan_max_limit_for_lazy_materialization: LIMIT_DEFAULT,
  // What a left join does not find is unknown, not 0.
  join_use_nulls: 1,
};

export interface RunOptions {
  readonly signal?: AbortSignal;
  /** Epoch seconds; the present by default. */
  readonly now?: number;
  readonly keeps?: KeepsHours | undefined;
}

/** Rejects with a QueryError whose message says where and what. */
export async function run_query(
  engine: QueryEngine,
  request: QueryRequest,
  options: RunOptions = {},
): Promise<QueryReply> {
  try {
    return await run(engine, request, options);
  } catch (error) {
    const known = from_engine(error);
    throw new QueryError(known.code, describe_error(known, request.sql));
  }
}

async function run(engine: QueryEngine, request: QueryRequest, options: RunOptions): Promise<QueryReply> {
  const statement = parse(request.sql);
  const signal = options.signal && { signal: options.signal };
  if (statement.kind === 'show') {
    const { columns, values } = await show(statement, {
      engine,
      database: request.db,
      keeps: options.keeps,
      ...signal,
    });
    const result = { columns, values, schemas: columns.map(() => SHOWN) };
    return { OPT_STATUS: 'SUCCESS', DESCRIPTION: '', result, debug: null };
  }
  const asked = {
    database: request.db,
    now: options.now ?? Math.floor(Date.now() / 1000),
    keeps: options.keeps,
    ...(request.data_precision && { data_precision: request.data_precision }),
  };
  const translated = statement.kind === 'with' ? translate_with(statement, asked) : translate_select(statement, asked);
  const answer = await engine.query(translated.sql, translated.params, { settings: SETTINGS, ...signal });
  const { values } = decode_rows(answer.text());
  const filled = translated.fill ? fill_buckets(values, translated.columns, translated.fill) : values;
  return {
    OPT_STATUS: 'SUCCESS',
    DESCRIPTION: '',
    result: {
      columns: translated.columns.map((c) => c.name),
      values: filled,
      schemas: translated.columns.map(schema_of),
    },
    debug: request.debug
      ? { sql: translated.sql, params: translated.params, elapsed_ms: answer.elapsed_ms, rows_read: answer.rows_read }
      : null,
  };
}
