// event.file_event_metrics: slow reads and writes of files, summed up a second (deepflow.md section 3).
import type { RecordDefinition } from './column.ts';
import { ONE_THING } from './ends.ts';
import { AGENT, counter, longest, ROW_COUNT, TIME, tag } from './make.ts';

const EVENT_INFO = 'Event Info';

export const FILE_EVENT_METRICS: RecordDefinition = {
  database: 'event',
  table: 'file_event_metrics',
  intervals_s: [1],
  partition_hours: { 1: 1 },
  ttl_hours: { 1: 168 },
  columns: [
    TIME,
    ...ONE_THING,
    AGENT,
    tag('signal_source', 'UInt16', 'What told of the events', 'Capture Info', { enumeration: 'event_signal_source' }),
    tag('event_type', 'LowCardinality(String)', 'Kind of event', EVENT_INFO, { enumeration: 'event_type' }),
    tag('process_kname', 'LowCardinality(String)', 'Kernel name of the process', 'Service Info'),
    tag('app_instance', 'LowCardinality(String)', 'Instance of the application', 'Service Info'),
    tag('mount_source', 'LowCardinality(String)', 'Device or share that is mounted', EVENT_INFO),
    tag('mount_point', 'LowCardinality(String)', 'Where it is mounted', EVENT_INFO),
    tag('file_dir', 'String', 'Folder of the files', EVENT_INFO, { codec: 'ZSTD(1)' }),
    tag('file_type', 'UInt8', 'Kind of file', EVENT_INFO, { enumeration: 'file_type' }),
    tag('syscall_thread', 'UInt32', 'Thread that did it', 'Tracing Info'),
    tag('syscall_coroutine', 'UInt64', 'Coroutine that did it', 'Tracing Info'),
    counter('count', 'Reads and writes', 'Throughput'),
    counter('bytes', 'Bytes read or written', 'Throughput', 'byte'),
    { ...counter('duration_sum', 'Sum of times', 'Delay', 'us'), hidden: true },
    longest('max_duration', 'The longest time', 'Delay'),
  ],
  derived: [
    {
      name: 'duration',
      metric: 'delay',
      unit: 'us',
      meaning: 'Time that a read or write took',
      category: 'Delay',
      from: { form: 'delay', sum: 'duration_sum', count: 'count', max: 'max_duration' },
    },
    ROW_COUNT,
  ],
  order_by: ['time', 'entity_id', 'event_type', 'file_type'],
};
