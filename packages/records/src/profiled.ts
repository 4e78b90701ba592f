// What the tables of profiles share: whose costs they are, and what was measured (deepflow.md section 3.4).
import type { Column } from './column.ts';
import { ONE_THING } from './ends.ts';
import { AGENT, TIME, tag } from './make.ts';

export const PROFILE = 'Profile Info';
export const SERVICE = 'Service Info';

export const PROFILED: readonly Column[] = [
  TIME,
  ...ONE_THING,
  AGENT,
  tag('app_service', 'LowCardinality(String)', 'Application', SERVICE),
  tag('app_instance', 'LowCardinality(String)', 'Instance of the application', SERVICE),
  tag('process_id', 'UInt32', 'Process id', SERVICE),
];
export const EVENT_TYPE = tag(
  'profile_event_type',
  'LowCardinality(String)',
  'What was measured: on-cpu, off-cpu, mem-alloc ...',
  PROFILE,
);
export const LANGUAGE = tag('profile_language_type', 'LowCardinality(String)', 'Language of the program', PROFILE, {
  enumeration: 'profile_language_type',
});
