// What alert_event and alert_record share (deepflow.md section 3.4).
import type { Column, RecordDefinition } from './column.ts';
import { END_TIME, kept, LOG_COUNT, ROW_COUNT, ROW_ID, START_TIME, TIME, tag } from './make.ts';

const ALERT = 'Alert Info';
const names_and_values = (prefix: string, meaning: string): Column[] => [
  tag(`${prefix}_names`, 'Array(LowCardinality(String))', `Names of ${meaning}`, ALERT),
  tag(`${prefix}_values`, 'Array(String)', `Values of ${meaning}`, ALERT),
];

export const alerts = (table: 'alert_event' | 'alert_record', partition_hours: number): RecordDefinition => ({
  database: 'event',
  table,
  ...kept(partition_hours, 720),
  columns: [
    TIME,
    ROW_ID,
    START_TIME,
    END_TIME,
    tag('policy_id', 'UInt32', 'Rule that fired', ALERT),
    tag('policy_type', 'UInt8', 'Kind of rule', ALERT),
    tag('alert_policy', 'LowCardinality(String)', 'Name of the rule', ALERT),
    tag('event_id', 'String', 'Alert that the row belongs to', ALERT),
    tag('event_level', 'UInt32', 'How grave it is', ALERT, { enumeration: 'event_level' }),
    tag('state', 'UInt8', 'Whether it goes on', ALERT, { enumeration: 'state' }),
    tag('alert_time', 'UInt64', 'When it was told of, seconds', ALERT, { unit: 's' }),
    tag('target_tags', 'String', 'What it is about', ALERT),
    ...names_and_values('tag_string', 'tags that are texts'),
    ...names_and_values('tag_int', 'tags that are numbers'),
    ...names_and_values('custom_tag', 'custom tags'),
    tag('trigger_threshold', 'String', 'Bound that was crossed', ALERT),
    tag('metric_unit', 'LowCardinality(String)', 'Unit of the value', ALERT),
    tag('metric_value_str', 'String', 'Value as text', ALERT),
    tag('_target_uid', 'String', 'Key of what it is about', ALERT, { hidden: true }),
    tag('_query_region', 'LowCardinality(String)', 'Where it was asked', ALERT, { hidden: true }),
    tag('user_id', 'UInt32', 'Owner of the rule', ALERT),
    {
      kind: 'metric',
      name: 'metric_value',
      type: 'Float64',
      metric: 'gauge',
      merge: 'none',
      meaning: 'Value that crossed the bound',
      category: ALERT,
    },
    {
      kind: 'metric',
      name: 'duration',
      type: 'UInt64',
      unit: 'us',
      metric: 'delay',
      merge: 'none',
      meaning: 'How long it has gone on',
      category: ALERT,
    },
  ],
  derived: [LOG_COUNT, ROW_COUNT],
  order_by: ['time', 'policy_id', 'event_level'],
});
