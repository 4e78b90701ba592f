// Statements of the querier's dialect. Values enter a statement through `literal` and nowhere else.

/** A value as a literal of the dialect (MySQL rules: backslash escapes, single quotes). */
export function literal(value: string | number): string {
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw new Error(`BUG: not a number to query with: ${value}`);
    return String(value);
  }
  return `'${value.replaceAll('\\', '\\\\').replaceAll("'", "\\'").replaceAll('\0', '')}'`;
}

/** A column name; anything but a plain name is backquoted, backquotes and control characters are dropped. */
export function identifier(name: string): string {
  if (/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) return name;
  let clean = '';
  for (const c of name) if (c !== '`' && c !== '\\' && c >= ' ') clean += c;
  return `\`${clean}\``;
}

export const OPERATORS = ['=', '!=', '>', '>=', '<', '<=', 'like', 'not like', 'regexp', 'not regexp'] as const;
export type Operator = (typeof OPERATORS)[number];
export const is_operator = (s: string): s is Operator => (OPERATORS as readonly string[]).includes(s);

export interface Condition {
  readonly column: string;
  readonly op: Operator;
  readonly value: string | number;
}

export const condition_sql = (c: Condition): string => `${identifier(c.column)} ${c.op} ${literal(c.value)}`;

/** Seconds since the epoch; `to_s` is not part of the span. */
export interface Span {
  readonly from_s: number;
  readonly to_s: number;
}

export const span_sql = (span: Span): string => `time >= ${literal(span.from_s)} AND time < ${literal(span.to_s)}`;

export interface Statement {
  readonly db: string;
  readonly sql: string;
  /** Interval of a windowed table: '1s' | '1m'. */
  readonly precision?: string;
}

export interface SelectParts {
  readonly select: readonly string[];
  readonly from: string;
  readonly where: readonly string[];
  readonly group_by?: readonly string[];
  readonly order_by?: string;
  readonly limit: number;
}

export function select_sql(p: SelectParts): string {
  const parts = [`SELECT ${p.select.join(', ')} FROM ${p.from} WHERE ${p.where.join(' AND ')}`];
  if (p.group_by?.length) parts.push(`GROUP BY ${p.group_by.join(', ')}`);
  if (p.order_by) parts.push(`ORDER BY ${p.order_by}`);
  parts.push(`LIMIT ${literal(p.limit)}`);
  return parts.join(' ');
}
