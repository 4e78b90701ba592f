// ext_metrics.metrics: metrics of others (Telegraf, OpenTelemetry, InfluxDB), a "virtual table" a row (deepflow.md section 3.4).
import type { RecordDefinition } from './column.ts';
import { ONE_THING } from './ends.ts';
import { AGENT, kept, named_metrics, named_values, ROW_COUNT, TIME, tag } from './make.ts';

export const EXT_METRICS: RecordDefinition = {
  database: 'ext_metrics',
  table: 'metrics',
  ...kept(2, 168),
  columns: [
    TIME,
    tag('virtual_table_name', 'LowCardinality(String)', 'Measurement, e.g. cpu', 'Native Tag', { hidden: true }),
    ...ONE_THING,
    AGENT,
    ...named_values('tag'),
    ...named_metrics('metrics_float'),
  ],
  derived: [ROW_COUNT],
  order_by: ['time', 'virtual_table_name', 'entity_id'],
};
