// application_log.log: log lines of applications and agents (deepflow.md section 3.4).
import type { RecordDefinition } from './column.ts';
import { ONE_THING } from './ends.ts';
import { AGENT, kept, LOG_COUNT, named_metrics, named_values, ROW_COUNT, ROW_ID, TIME, tag } from './make.ts';

const LOG_INFO = 'Log Info';

export const LOG: RecordDefinition = {
  database: 'application_log',
  table: 'log',
  ...kept(1, 720),
  columns: [
    TIME,
    tag('timestamp', 'DateTime64(6)', 'When the line was written', 'Timestamp', { unit: 'us' }),
    ROW_ID,
    tag('_type', 'LowCardinality(String)', 'Who wrote it: system, user ...', LOG_INFO),
    tag('trace_id', 'String', 'Trace that was being handled', 'Tracing Info', { index: 'bloom_filter GRANULARITY 2' }),
    tag('span_id', 'String', 'Span that was being handled', 'Tracing Info', { index: 'bloom_filter GRANULARITY 2' }),
    tag('trace_flags', 'UInt32', 'Flags of the trace', 'Tracing Info'),
    tag('severity_number', 'UInt8', 'How grave it is', LOG_INFO, { enumeration: 'severity_number' }),
    tag('body', 'String', 'The line', LOG_INFO, {
      codec: 'ZSTD(1)',
      index: 'tokenbf_v1(32768, 3, 0) GRANULARITY 2',
    }),
    tag('app_service', 'LowCardinality(String)', 'Application', 'Service Info'),
    tag('user_id', 'UInt32', 'User of the process', 'Service Info'),
    ...ONE_THING,
    AGENT,
    ...named_values('attribute'),
    ...named_metrics('metrics'),
  ],
  derived: [LOG_COUNT, ROW_COUNT],
  order_by: ['time', 'app_service', 'timestamp'],
};
