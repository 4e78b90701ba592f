// event.proc_perm_event: processes that changed what they may do.
import { events, PROCESS_COLUMNS } from './event-columns.ts';
import { tag } from './make.ts';

export const PROC_PERM_EVENT = events('proc_perm_event', 168, 12, [
  ...PROCESS_COLUMNS,
  tag('old_user_id', 'UInt32', 'User before the change', 'Event Info'),
  tag('new_user_id', 'UInt32', 'User after the change', 'Event Info'),
  tag('capabilities', 'UInt64', 'Capabilities after the change, a bit each', 'Event Info'),
]);
