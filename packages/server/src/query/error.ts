// Every refusal of the querier. `OPT_STATUS` of the reply is the code; positions are offsets into the statement.

/** Code -> HTTP status. */
export const QUERY_ERRORS = {
  INVALID_SQL: 400,
  INVALID_PARAMETERS: 400,
  RESOURCE_NOT_FOUND: 404,
  CANCELLED: 499,
  LIMIT_REACHED: 422,
  TIMEOUT: 408,
  BUSY: 429,
  SERVER_ERROR: 500,
} as const;
export type QueryErrorCode = keyof typeof QUERY_ERRORS;

export class QueryError extends Error {
  readonly code: QueryErrorCode;
  /** Offset of the first character that is wrong, in UTF-16 units; -1 = nowhere in particular. */
  readonly at: number;
  constructor(code: QueryErrorCode, message: string, at = -1) {
    super(message);
    this.name = 'QueryError';
    this.code = code;
    this.at = at;
  }
}

export const invalid = (message: string, at: number): QueryError => new QueryError('INVALID_SQL', message, at);

/** `line 1, column 8` of an offset, and the line itself with a caret under the place. */
export function describe_position(sql: string, at: number): string {
  const before = sql.slice(0, at);
  const line = before.split('\n').length;
  const column = at - (before.lastIndexOf('\n') + 1) + 1;
  return line === 1 ? `at character ${column}` : `at line ${line}, character ${column}`;
}

export function describe_error(error: QueryError, sql: string): string {
  return error.at < 0 ? error.message : `${error.message} (${describe_position(sql, error.at)})`;
}
