// The contract of a function of the dialect. Each is one file here and one line in index.ts.
import type { Aggregate, Metric } from '../metrics.ts';
import type { Bind } from '../params.ts';
import type { ValueKind } from '../predicate.ts';
import type { Expr } from '../sql/ast.ts';
import type { Tag } from '../tags/tag.ts';

export type Call = Extract<Expr, { kind: 'call' }>;

/** An expression as SQL and what is known of it. */
export interface Value {
  readonly sql: string;
  readonly kind: ValueKind;
  readonly unit: string;
  /** Metric or tag: `type` of the result's schema. */
  readonly metric: boolean;
  /** Of what PerSecond divides by: the amount of the whole range or bucket, or of one window of the table. */
  readonly over?: 'range' | 'window';
  /** Set when the expression is nothing but this tag. */
  readonly tag?: Tag;
  /** Columns that come with it, at the end of the result: prefix of the name, and value. */
  readonly more?: readonly { readonly prefix: string; readonly value: Value }[];
}

export interface OverWindows {
  readonly parameters?: string;
  /** The begin of the window as a second argument. */
  readonly by_time?: boolean;
}

/** What a function may ask of the statement that it stands in. */
export interface Scope {
  readonly bind: Bind;
  /** Seconds of one window of the table; 1 for tables of single rows. */
  readonly interval_s: number;
  /** Whether the table keeps windows of several requests, so that one row is no measurement. */
  readonly windowed: boolean;
  /** An aggregate over the rows of a group of the result; `args` are SQL over rows. */
  readonly aggregate: Aggregate;
  /** A quantile (0 to 1) of the merged sketches of a column. */
  readonly quantile: (sketch: string, level: number, accuracy: string) => string;
  /** An aggregate over the windows of the table: first `total` within each window, then `name` over them. */
  readonly over_windows: (name: string, total: (aggregate: Aggregate) => string, how?: OverWindows) => string;
  /** The argument as a value of the place where the function stands: of a row in WHERE, of a group elsewhere. */
  readonly value: (expr: Expr) => Value;
  /** The argument as a value of a row, wherever the function stands: what aggregates take. */
  readonly row: (expr: Expr) => Value;
  /** The argument as a condition. */
  readonly condition: (expr: Expr) => string;
  /** The metric that the argument names; refuses what is none. */
  readonly metric: (expr: Expr) => Metric;
  readonly tag: (expr: Expr) => Tag;
  /** Value of a tag in this place. */
  readonly tag_value: (tag: Tag) => Value;
  /** SQL of the seconds that a group of the result stretches over: the bucket of time(), else the range of WHERE. */
  readonly seconds: () => string;
  /** SQL of the begin of the bucket, and of the keys beside it; for differences along time. */
  readonly bucket: () => string | undefined;
  readonly series: () => readonly string[];
}

export interface QueryFunction {
  readonly name: string;
  /** `aggregate` makes a statement a statement of groups; the rest works on what it is given. */
  readonly kind: 'aggregate' | 'math' | 'tag' | 'time';
  /** Arguments for people: 'metric, percentile'. */
  readonly usage: string;
  /** Least and most arguments. */
  readonly arity: readonly [number, number];
  readonly meaning: string;
  readonly example: string;
  readonly also?: readonly string[];
  readonly translate: (call: Call, scope: Scope) => Value;
}

export const metric_value = (sql: string, unit: string, over: 'range' | 'window' = 'window'): Value => ({
  sql,
  kind: 'number',
  unit,
  metric: true,
  over,
});
