// event.proc_ops_event: processes started, ended, signalled.
import { events, PROCESS_COLUMNS } from './event-columns.ts';
import { tag } from './make.ts';

export const PROC_OPS_EVENT = events('proc_ops_event', 168, 12, [
  ...PROCESS_COLUMNS,
  tag('target_process_id', 'UInt32', 'Process that it was done to', 'Event Info'),
  tag('exec_path', 'String', 'Program that was started', 'Event Info', { codec: 'ZSTD(1)' }),
  tag('exit_code', 'Nullable(Int32)', 'How the process ended', 'Event Info'),
]);
