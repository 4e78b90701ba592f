// Metrics of a table: stored columns and what is computed from their sums. The class of a metric says how functions treat
// it (deepflow.md section 5): delays ignore zeros, ratios are recomputed from sums, counters add up.
import type { DerivedMetric, MetricClass, MetricColumn, RecordDefinition } from '@sonde/records';
import type { Bind } from './params.ts';

export interface Metric {
  readonly name: string;
  readonly metric: MetricClass;
  readonly unit: string;
  readonly meaning: string;
  readonly category: string;
  readonly hidden?: boolean;
  /** Value of one row, NULL where the row says nothing. */
  readonly row: (bind: Bind) => string;
  /** Value of one row as SELECT shows it. */
  readonly shown: (bind: Bind) => string;
  /** What a group of rows adds up to, by an aggregate function that the caller renders. */
  readonly total: (aggregate: Aggregate, bind: Bind) => string;
  /** Delays kept as sum, count, maximum and sketch. */
  readonly parts?: { readonly sum: string; readonly count: string; readonly max: string; readonly sketch?: string };
  /** Counts rows: its argument does not matter. */
  readonly rows?: boolean;
  /** A gauge of windows: rows of one window add up, windows do not; Avg is the mean of windows as for counters. */
  readonly per_window?: boolean;
  /** Rows may say nothing. */
  readonly nullable?: boolean;
}
/** Renders an aggregate function over rows as SQL. */
export type Aggregate = (name: string, args: readonly string[], parameters?: string) => string;

/** Additive metrics: only these can be summed up, differentiated, divided by time. */
export const is_additive = (metric: Metric): boolean =>
  metric.metric === 'counter' || metric.metric === 'other' || metric.rows === true || metric.per_window === true;

function column_metric(column: MetricColumn): Metric {
  const { name } = column;
  // A delay of 0 is unknown, not fast.
  const row = column.metric === 'delay' ? `nullIf(${name}, 0)` : name;
  const total: Metric['total'] = (aggregate) => {
    if (column.metric === 'counter' || column.merge === 'sum') return aggregate('sum', [name]);
    if (column.merge === 'max') return aggregate('max', [row]);
    return aggregate('avg', [row]);
  };
  return {
    name,
    metric: column.metric,
    unit: column.unit ?? '',
    meaning: column.meaning,
    category: column.category ?? '',
    row: () => row,
    shown: () => name,
    total,
    ...(column.hidden && { hidden: true }),
    ...(column.metric === 'gauge' && column.merge === 'sum' && { per_window: true }),
    ...(column.type.startsWith('Nullable') && { nullable: true }),
  };
}

type Shape = Pick<Metric, 'row' | 'total' | 'parts' | 'rows'>;

function derived_shape(from: DerivedMetric['from'], find: (name: string) => Metric): Shape {
  switch (from.form) {
    case 'count':
      return { row: () => '1', total: (aggregate) => aggregate('count', []), rows: true };
    case 'sum': {
      const of = from.of.map(find);
      const part = (m: Metric, bind: Bind) => (m.nullable ? `ifNull(${m.row(bind)}, 0)` : m.row(bind));
      const sum = (bind: Bind) => `(${of.map((m) => part(m, bind)).join(' + ')})`;
      return { row: sum, total: (aggregate, bind) => aggregate('sum', [sum(bind)]) };
    }
    case 'delay':
      return {
        row: () => `${from.sum} / nullIf(${from.count}, 0)`,
        total: (aggregate) => `${aggregate('sum', [from.sum])} / nullIf(${aggregate('sum', [from.count])}, 0)`,
        parts: from,
      };
    case 'rows_with': {
      const row = `toUInt64(${from.column} ${from.not ? 'NOT IN' : 'IN'} (${from.in.join(', ')}))`;
      return { row: () => row, total: (aggregate) => aggregate('sum', [row]) };
    }
    case 'unrecorded': {
      const unknown = "CAST(NULL, 'Nullable(Float64)')";
      return { row: () => unknown, total: (aggregate) => aggregate('max', [unknown]) };
    }
    case 'ratio': {
      const [above, below] = [find(from.numerator), find(from.denominator)];
      const { scale, complement } = from;
      const made = (a: string, b: string) =>
        `${complement ? `${scale} - ` : ''}${a} / nullIf(${b}, 0)${scale === 1 ? '' : ` * ${scale}`}`;
      return {
        row: (bind) => made(above.row(bind), below.row(bind)),
        total: (aggregate, bind) => `(${made(above.total(aggregate, bind), below.total(aggregate, bind))})`,
      };
    }
  }
}

function derived_metric(derived: DerivedMetric, find: (name: string) => Metric): Metric {
  const shape = derived_shape(derived.from, find);
  const { name, metric, unit, meaning, category = '' } = derived;
  return { name, metric, unit, meaning, category, shown: shape.row, ...shape };
}

export function metrics_of(definition: RecordDefinition): ReadonlyMap<string, Metric> {
  const metrics = new Map<string, Metric>();
  const find = (name: string): Metric => {
    const metric = metrics.get(name);
    if (!metric)
      throw new Error(`BUG: ${definition.table} derives a metric from ${name}, which stands behind it or nowhere`);
    return metric;
  };
  for (const column of definition.columns)
    if (column.kind === 'metric') metrics.set(column.name, column_metric(column));
  for (const derived of definition.derived) metrics.set(derived.name, derived_metric(derived, find));
  return metrics;
}

const PREFIX = 'metrics.';
const NAME_CHARS_MAX = 256;
/** `metrics.x`: counters and gauges whose names the data decide, kept as two arrays a row. */
export function named_metric(definition: RecordDefinition, name: string): Metric | undefined {
  const key = name.slice(PREFIX.length);
  const stored = ['metrics_float', 'metrics'].find((s) => definition.columns.some((c) => c.name === `${s}_names`));
  if (stored === undefined || !name.startsWith(PREFIX) || key === '' || key.length > NAME_CHARS_MAX) return undefined;
  const row = (bind: Bind) => {
    const wanted = bind(key, 'String');
    return `if(has(${stored}_names, ${wanted}), ${stored}_values[indexOf(${stored}_names, ${wanted})], NULL)`;
  };
  return {
    name,
    metric: 'gauge',
    unit: '',
    meaning: `Counter or gauge ${key}`,
    category: 'Counters',
    row,
    shown: row,
    total: (aggregate, bind) => aggregate('avg', [row(bind)]),
  };
}
