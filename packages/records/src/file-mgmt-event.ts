// event.file_mgmt_event: files created, removed, renamed, their modes changed.
import { events, FILE_COLUMNS, PROCESS_COLUMNS } from './event-columns.ts';
import { tag } from './make.ts';

export const FILE_MGMT_EVENT = events('file_mgmt_event', 168, 12, [
  ...PROCESS_COLUMNS,
  ...FILE_COLUMNS,
  tag('new_file_name', 'String', 'Name after the change', 'Event Info', { codec: 'ZSTD(1)' }),
]);
