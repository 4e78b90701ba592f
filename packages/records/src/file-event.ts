// event.file_event: slow reads and writes of files.
import { events, FILE_COLUMNS, IO_COLUMNS, PROCESS_COLUMNS } from './event-columns.ts';
import { tag } from './make.ts';

export const FILE_EVENT = events('file_event', 168, 1, [
  ...PROCESS_COLUMNS,
  ...FILE_COLUMNS,
  tag('offset', 'UInt64', 'Place in the file', 'Event Info'),
  ...IO_COLUMNS,
]);
