// profile.in_process: stacks of processes and what they cost (deepflow.md section 3.4). A row names its stack by id; the stack's
// functions stand once in profile.stack and profile.frame, and the querier makes profile_location_str of them
// (docs/decisions/0080).
import type { RecordDefinition } from './column.ts';
import { kept, LOG_COUNT, named_values, ROW_COUNT, tag } from './make.ts';
import { EVENT_TYPE, LANGUAGE, PROFILE, PROFILED, SERVICE } from './profiled.ts';

export const IN_PROCESS: RecordDefinition = {
  database: 'profile',
  table: 'in_process',
  ...kept(1, 72),
  columns: [
    ...PROFILED,
    tag('process_start_time', 'DateTime64(6)', 'When the process started', SERVICE, { unit: 'us' }),
    tag('thread_id', 'UInt32', 'Thread id, 0 where threads are not told apart', SERVICE),
    tag('thread_name', 'LowCardinality(String)', 'Kernel name of the thread', SERVICE),
    tag('stack_id', 'UInt64', 'Stack, key of profile.stack', PROFILE),
    EVENT_TYPE,
    tag('profile_value_unit', 'LowCardinality(String)', 'Unit of the value', PROFILE),
    LANGUAGE,
    tag('profile_id', 'String', 'Profile that the stack belongs to', PROFILE),
    tag('profile_create_timestamp', 'DateTime64(6)', 'When the profile was made', PROFILE, { unit: 'us' }),
    tag('profile_in_timestamp', 'DateTime64(6)', 'When the profile arrived', PROFILE, { unit: 'us' }),
    tag('compression_algo', 'LowCardinality(String)', 'How the stack is compressed, empty when it is not', PROFILE, {
      hidden: true,
    }),
    tag('trace_id', 'String', 'Trace that was being handled', 'Tracing Info'),
    tag('span_name', 'LowCardinality(String)', 'Span that was being handled', 'Tracing Info'),
    ...named_values('tag'),
    {
      kind: 'metric',
      name: 'profile_value',
      type: 'Int64',
      metric: 'counter',
      merge: 'none',
      meaning: 'Cost of the stack, in profile_value_unit',
      category: 'Throughput',
    },
  ],
  derived: [LOG_COUNT, ROW_COUNT],
  order_by: ['time', 'app_service', 'profile_language_type'],
  sort_within: ['profile_event_type', 'entity_id', 'process_id', 'thread_id', 'stack_id'],
};
