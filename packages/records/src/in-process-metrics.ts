// profile.in_process_metrics: costs of processes without their stacks, summed up a second (deepflow.md section 3).
import type { RecordDefinition } from './column.ts';
import { ONE_THING } from './ends.ts';
import { AGENT, counter, ROW_COUNT, TIME, tag } from './make.ts';

const PROFILE = 'Profile Info';
const SERVICE = 'Service Info';

export const IN_PROCESS_METRICS: RecordDefinition = {
  database: 'profile',
  table: 'in_process_metrics',
  intervals_s: [1],
  partition_hours: { 1: 1 },
  ttl_hours: { 1: 72 },
  columns: [
    TIME,
    ...ONE_THING,
    AGENT,
    tag('app_service', 'LowCardinality(String)', 'Application', SERVICE),
    tag('app_instance', 'LowCardinality(String)', 'Instance of the application', SERVICE),
    tag('process_id', 'UInt32', 'Process id', SERVICE),
    tag('profile_event_type', 'LowCardinality(String)', 'What was measured: on-cpu, off-cpu, mem-alloc ...', PROFILE),
    tag('profile_language_type', 'LowCardinality(String)', 'Language of the program', PROFILE, {
      enumeration: 'profile_language_type',
    }),
    counter('profile_value', 'Cost, in the unit of the kind of profile', 'Throughput'),
  ],
  derived: [ROW_COUNT],
  order_by: ['time', 'app_service', 'profile_language_type'],
};
