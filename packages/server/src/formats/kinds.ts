// Kinds of values under the names that Pyroscope gives them: NAME:TYPE:UNIT:PERIOD_TYPE:PERIOD_UNIT. What came in keeps the names it came
// with, as labels; for the rest the type of the values tells.
export interface Kind {
  readonly name: string;
  readonly period_type: string;
  readonly period_unit: string;
}
/** Labels that rows of pushed profiles keep their kind in. */
export const NAME_LABEL = '__name__';
export const PERIOD_TYPE_LABEL = '__period_type__';
export const PERIOD_UNIT_LABEL = '__period_unit__';

const cpu: Kind = { name: 'process_cpu', period_type: 'cpu', period_unit: 'nanoseconds' };
const memory: Kind = { name: 'memory', period_type: 'space', period_unit: 'bytes' };
const mutex: Kind = { name: 'mutex', period_type: 'mutex', period_unit: 'count' };
const block: Kind = { name: 'block', period_type: 'block', period_unit: 'count' };
const wall: Kind = { name: 'wall', period_type: 'wall', period_unit: 'nanoseconds' };

const KINDS: Readonly<Record<string, Kind>> = {
  cpu,
  samples: cpu,
  itimer: cpu,
  'on-cpu': cpu,
  wall,
  'off-cpu': { name: 'off_cpu', period_type: 'off_cpu', period_unit: 'nanoseconds' },
  off_cpu: { name: 'off_cpu', period_type: 'off_cpu', period_unit: 'nanoseconds' },
  'run-queue': { name: 'off_cpu', period_type: 'off_cpu', period_unit: 'nanoseconds' },
  'mem-alloc': memory,
  alloc_objects: memory,
  alloc_space: memory,
  inuse_objects: memory,
  inuse_space: memory,
  alloc_in_new_tlab_objects: memory,
  alloc_in_new_tlab_bytes: memory,
  alloc_outside_tlab_objects: memory,
  alloc_outside_tlab_bytes: memory,
  alloc_sample_objects: memory,
  alloc_sample_bytes: memory,
  live: memory,
  live_bytes: memory,
  contentions: mutex,
  delay: mutex,
  mutex_contentions: mutex,
  mutex_delay: mutex,
  mutex_count: mutex,
  mutex_duration: mutex,
  block_contentions: block,
  block_delay: block,
  block_count: block,
  block_duration: block,
  goroutine: { name: 'goroutines', period_type: 'goroutine', period_unit: 'count' },
  goroutines: { name: 'goroutines', period_type: 'goroutine', period_unit: 'count' },
};

/** Unknown types are kinds of their own. */
export const kind_of = (type: string, unit: string): Kind =>
  KINDS[type] ?? { name: type, period_type: type, period_unit: unit };

/** Types that the last part of an application's name may say, and the unit of each (formats without types). */
export const SUFFIX_UNITS: Readonly<Record<string, string>> = {
  cpu: 'nanoseconds',
  itimer: 'nanoseconds',
  wall: 'nanoseconds',
  alloc_objects: 'count',
  alloc_space: 'bytes',
  inuse_objects: 'count',
  inuse_space: 'bytes',
  goroutines: 'count',
  mutex_count: 'count',
  mutex_duration: 'nanoseconds',
  block_count: 'count',
  block_duration: 'nanoseconds',
};
