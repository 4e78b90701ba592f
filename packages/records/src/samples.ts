// prometheus.samples: one row a sample; labels are ids (deepflow.md sections 3.4 and 4.2). FROM names a metric.
import type { RecordDefinition } from './column.ts';
import { ONE_THING } from './ends.ts';
import { AGENT, kept, ROW_COUNT, TIME, tag } from './make.ts';

/** Columns for labels of the application; which label a metric keeps in which column is written in its layout. */
export const APP_LABEL_COLUMNS = 8;

export const SAMPLES: RecordDefinition = {
  database: 'prometheus',
  table: 'samples',
  ...kept(2, 168),
  columns: [
    TIME,
    tag('metric_id', 'UInt32', 'Name of the metric, key of flow_tag.prometheus_metric_name_map', 'Native Tag', {
      hidden: true,
    }),
    tag('target_id', 'UInt32', 'Target: instance, job and their labels', 'Native Tag', { hidden: true }),
    ...ONE_THING,
    AGENT,
    ...Array.from({ length: APP_LABEL_COLUMNS }, (_, i) =>
      tag(`app_label_value_id_${i + 1}`, 'UInt32', `Value of the label in column ${i + 1}`, 'Native Tag', {
        hidden: true,
      }),
    ),
    {
      kind: 'metric',
      name: 'value',
      type: 'Float64',
      metric: 'gauge',
      merge: 'none',
      meaning: 'Value of the sample',
      category: 'Metrics',
    },
  ],
  derived: [ROW_COUNT],
  order_by: ['time', 'metric_id', 'target_id'],
};
