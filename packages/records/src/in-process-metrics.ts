// profile.in_process_metrics: costs of processes without their stacks, summed up a second (deepflow.md section 3).
import type { RecordDefinition } from './column.ts';
import { counter, ROW_COUNT } from './make.ts';
import { EVENT_TYPE, LANGUAGE, PROFILED } from './profiled.ts';

export const IN_PROCESS_METRICS: RecordDefinition = {
  database: 'profile',
  table: 'in_process_metrics',
  intervals_s: [1],
  partition_hours: { 1: 1 },
  ttl_hours: { 1: 72 },
  columns: [
    ...PROFILED,
    EVENT_TYPE,
    LANGUAGE,
    counter('profile_value', 'Cost, in the unit of the kind of profile', 'Throughput'),
  ],
  derived: [ROW_COUNT],
  order_by: ['time', 'app_service', 'profile_language_type'],
};
