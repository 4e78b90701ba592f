// profile.stack and profile.frame: what the stack ids of profile.in_process mean. Ids are hashes of what they stand for
// (docs/formats/profile.md), so agents and servers agree on them without asking. Who writes a row of profile.in_process has
// written its stack and frames in the same day (UTC) before; rows of one id are equal and merge.
import type { RecordDefinition } from './column.ts';
import { kept, TIME, tag } from './make.ts';

const PROFILE = 'Profile Info';
/** Longer than any row that uses them, by the day that a definition may be older than its row. */
const KEPT = kept(24, 72 + 48);

export const PROFILE_FRAME: RecordDefinition = {
  database: 'profile',
  table: 'frame',
  ...KEPT,
  dictionary: true,
  columns: [
    TIME,
    tag('frame_id', 'UInt64', 'Hash of type, name and module', PROFILE),
    tag('frame_type', 'LowCardinality(String)', 'One letter: see FRAME_TYPE', PROFILE),
    tag('name', 'String', 'Function; where it has no name its place in the module, +0x1234', PROFILE),
    tag('module', 'LowCardinality(String)', 'Library, executable or script that the function lies in', PROFILE),
  ],
  derived: [],
  order_by: ['frame_id'],
};

export const PROFILE_STACK: RecordDefinition = {
  database: 'profile',
  table: 'stack',
  ...KEPT,
  dictionary: true,
  columns: [
    TIME,
    tag('stack_id', 'UInt64', 'Hash of the frame ids', PROFILE),
    tag('frame_ids', 'Array(UInt64)', 'Frames, outermost first', PROFILE),
  ],
  derived: [],
  order_by: ['stack_id'],
};

/** What a frame is (deepflow.md section 8). */
export const FRAME_TYPE = {
  /** Of the program itself. */
  application: 'A',
  library: 'L',
  kernel: 'K',
  /** Of an interpreter: the function it runs, not the one it consists of. */
  interpreted: 'I',
  /** Compiled while running, and without a name. */
  jit: 'J',
  /** Not a function: the stack goes on above, but could not be followed. */
  truncated: 'H',
} as const;
export type FrameType = (typeof FRAME_TYPE)[keyof typeof FRAME_TYPE];
/** How a stack's text shows the type of a frame, before its name. */
export const FRAME_PREFIX: Readonly<Record<FrameType, string>> = {
  A: '',
  L: '[l] ',
  K: '[k] ',
  I: '',
  J: '',
  H: '',
};

/** Values of profile_event_type that agents measure (deepflow.md section 8), with the unit of profile_value. */
export const PROFILE_EVENTS = {
  on_cpu: { type: 'on-cpu', unit: 'us' },
  off_cpu: { type: 'off-cpu', unit: 'us' },
  /** Off the CPU though it could have run. */
  run_queue: { type: 'run-queue', unit: 'us' },
  allocated: { type: 'mem-alloc', unit: 'bytes' },
} as const;
