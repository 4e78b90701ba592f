// What the tables of database `event` share (deepflow.md section 3.4).
import type { Column, RecordDefinition } from './column.ts';
import { ONE_THING } from './ends.ts';
import { AGENT, END_TIME, kept, LOG_COUNT, named_values, ROW_COUNT, ROW_ID, START_TIME, TIME, tag } from './make.ts';

/** Events of an entity; `more` are the columns of the kind. */
export const events = (
  table: string,
  ttl_hours: number,
  partition_hours: number,
  more: readonly Column[],
): RecordDefinition => ({
  database: 'event',
  table,
  ...kept(partition_hours, ttl_hours),
  columns: [
    TIME,
    ROW_ID,
    START_TIME,
    END_TIME,
    ...ONE_THING,
    tag('signal_source', 'UInt16', 'What told of the event', 'Capture Info', { enumeration: 'event_signal_source' }),
    tag('event_type', 'LowCardinality(String)', 'Kind of event', 'Event Info', { enumeration: 'event_type' }),
    tag('event_desc', 'String', 'What happened', 'Event Info', { codec: 'ZSTD(1)' }),
    tag('process_kname', 'LowCardinality(String)', 'Kernel name of the process', 'Service Info'),
    tag('app_instance', 'LowCardinality(String)', 'Instance of the application', 'Service Info'),
    AGENT,
    ...more,
    ...named_values('attribute'),
  ],
  derived: [LOG_COUNT, ROW_COUNT],
  order_by: ['time', 'signal_source', 'event_type', 'entity_id'],
});

/** The process that did it. */
export const PROCESS_COLUMNS: readonly Column[] = [
  tag('process_id', 'UInt32', 'Process id', 'Service Info'),
  tag('parent_process_id', 'UInt32', 'Process id of the parent', 'Service Info'),
  tag('syscall_thread', 'UInt32', 'Thread that did it', 'Tracing Info'),
  tag('syscall_coroutine', 'UInt64', 'Coroutine that did it', 'Tracing Info'),
  tag('user_id', 'UInt32', 'User of the process', 'Service Info'),
];

/** The file it was done to. */
export const FILE_COLUMNS: readonly Column[] = [
  tag('file_name', 'String', 'Name of the file', 'Event Info', { codec: 'ZSTD(1)' }),
  tag('file_dir', 'String', 'Folder of the file', 'Event Info', { codec: 'ZSTD(1)' }),
  tag('file_type', 'UInt8', 'Kind of file', 'Event Info', { enumeration: 'file_type' }),
  tag('mount_source', 'LowCardinality(String)', 'Device or share that is mounted', 'Event Info'),
  tag('mount_point', 'LowCardinality(String)', 'Where it is mounted', 'Event Info'),
  tag('access_permission', 'UInt32', 'Mode of the file', 'Event Info'),
];

/** Amounts of input and output. */
export const IO_COLUMNS: readonly Column[] = [
  {
    kind: 'metric',
    name: 'bytes',
    type: 'UInt64',
    unit: 'byte',
    metric: 'counter',
    merge: 'none',
    meaning: 'Bytes read or written',
    category: 'Throughput',
  },
  {
    kind: 'metric',
    name: 'duration',
    type: 'UInt64',
    unit: 'us',
    metric: 'delay',
    merge: 'none',
    meaning: 'Time that it took',
    category: 'Delay',
  },
];
