// Columns and metrics in one line each, for definitions that have many of them.
import type { ColumnType, DerivedMetric, MetricColumn, RecordDefinition, TagColumn } from './column.ts';

export const tag = (
  name: string,
  type: ColumnType,
  meaning: string,
  category: string,
  more: Partial<TagColumn> = {},
): TagColumn => ({ kind: 'tag', name, type, meaning, category, ...more });

/** The same column for the client and the server end: name_0, name_1. */
export const both_ends = (
  name: string,
  type: ColumnType,
  meaning: string,
  category: string,
  more: Partial<TagColumn> = {},
): TagColumn[] =>
  ([0, 1] as const).map((end) =>
    tag(`${name}_${end}`, type, `${meaning} of the ${end === 0 ? 'client' : 'server'} end`, category, { ...more, end }),
  );

/** A column that adds up, in windows as in groups of rows. */
export const counter = (name: string, meaning: string, category: string, unit = ''): MetricColumn => ({
  kind: 'metric',
  name,
  type: 'UInt64',
  unit,
  metric: 'counter',
  merge: 'sum',
  meaning,
  category,
});

/** The longest of a window's times. */
export const longest = (name: string, meaning: string, category: string): MetricColumn => ({
  kind: 'metric',
  name,
  type: 'UInt64',
  unit: 'us',
  metric: 'delay',
  merge: 'max',
  meaning,
  category,
});

/** Columns of a delay kept as sum, number and maximum. */
export const delay_columns = (name: string, meaning: string, category: string): MetricColumn[] => [
  { ...counter(`${name}_sum`, `${meaning}: sum`, category, 'us'), hidden: true },
  { ...counter(`${name}_count`, `${meaning}: number of times`, category), hidden: true },
  longest(`${name}_max`, `${meaning}: the longest`, category),
];
/** The delay that delay_columns keep. */
export const delay = (name: string, meaning: string, category: string): DerivedMetric => ({
  name,
  metric: 'delay',
  unit: 'us',
  meaning,
  category,
  from: { form: 'delay', sum: `${name}_sum`, count: `${name}_count`, max: `${name}_max` },
});

export const total = (
  name: string,
  meaning: string,
  of: readonly string[],
  category: string,
  unit = '',
): DerivedMetric => ({ name, metric: 'counter', unit, meaning, category, from: { form: 'sum', of } });

/** In percent, of sums. */
export const ratio = (
  name: string,
  meaning: string,
  numerator: string,
  denominator: string,
  category: string,
): DerivedMetric => ({
  name,
  metric: 'percentage',
  unit: '%',
  meaning,
  category,
  from: { form: 'ratio', numerator, denominator, scale: 100 },
});
/** 100 % less the ratio. */
export const complement = (...args: Parameters<typeof ratio>): DerivedMetric => {
  const made = ratio(...args);
  return made.from.form === 'ratio' ? { ...made, from: { ...made.from, complement: true } } : made;
};
export const quotient = (
  name: string,
  meaning: string,
  numerator: string,
  denominator: string,
  category: string,
  unit: string,
): DerivedMetric => ({
  name,
  metric: 'quotient',
  unit,
  meaning,
  category,
  from: { form: 'ratio', numerator, denominator, scale: 1 },
});
export const rows_with = (
  name: string,
  meaning: string,
  column: string,
  values: readonly number[],
  category: string,
  not = false,
): DerivedMetric => ({
  name,
  metric: 'counter',
  unit: '',
  meaning,
  category,
  from: { form: 'rows_with', column, in: values, ...(not && { not }) },
});

export const ROW_COUNT: DerivedMetric = {
  name: 'row',
  metric: 'other',
  unit: '',
  meaning: 'Number of rows',
  category: 'Other',
  from: { form: 'count' },
};
export const LOG_COUNT: DerivedMetric = {
  name: 'log_count',
  metric: 'counter',
  unit: '',
  meaning: 'Number of rows',
  category: 'Throughput',
  from: { form: 'count' },
};

export const TIME: TagColumn = tag('time', 'DateTime', 'When it happened, seconds', 'Timestamp');
export const ROW_ID: TagColumn = tag('_id', 'UInt64', 'Row id: time, agent, counter', 'Flow Info', {
  codec: 'Delta(8), ZSTD(1)',
  filled_by: 'server',
});
export const AGENT: TagColumn = tag('agent_id', 'UInt16', 'Agent that saw it', 'Capture Info', { filled_by: 'server' });
export const START_TIME: TagColumn = tag('start_time', 'DateTime64(6)', 'Begin', 'Timestamp', { unit: 'us' });
export const END_TIME: TagColumn = tag('end_time', 'DateTime64(6)', 'End', 'Timestamp', { unit: 'us' });

/** Names and values that the data decide: attribute.x, or tag.x. */
export const named_values = (family: 'attribute' | 'tag'): TagColumn[] => [
  tag(`${family}_names`, 'Array(LowCardinality(String))', `Names of ${family}s`, 'Native Tag', { hidden: true }),
  tag(`${family}_values`, 'Array(String)', `Values of ${family}s`, 'Native Tag', { hidden: true }),
];
/** Metrics whose names the data decide: metrics.x. */
export const named_metrics = (prefix: 'metrics' | 'metrics_float'): TagColumn[] => [
  tag(`${prefix}_names`, 'Array(LowCardinality(String))', 'Names of metrics', 'Native Metric', { hidden: true }),
  tag(`${prefix}_values`, 'Array(Float64)', 'Values of metrics', 'Native Metric', { hidden: true }),
];

type Keeping = Pick<RecordDefinition, 'intervals_s' | 'rollups_s' | 'partition_hours' | 'ttl_hours'>;
/** Windows of a second and a minute from the agents, of an hour and a day from the store. */
export const WINDOWED: Keeping = {
  intervals_s: [1, 60],
  rollups_s: [3600, 86_400],
  partition_hours: { 1: 4, 60: 12, 3600: 168, 86400: 720 },
  ttl_hours: { 1: 24, 60: 168, 3600: 720, 86400: 720 },
};
/** Plain rows. */
export const kept = (partition_hours: number, ttl_hours: number): Keeping => ({
  intervals_s: [],
  partition_hours: { 0: partition_hours },
  ttl_hours: { 0: ttl_hours },
});
