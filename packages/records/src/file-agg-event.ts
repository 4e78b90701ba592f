// event.file_agg_event: what a process did to a file, summed up.
import { events, FILE_COLUMNS, IO_COLUMNS, PROCESS_COLUMNS } from './event-columns.ts';

export const FILE_AGG_EVENT = events('file_agg_event', 168, 1, [
  ...PROCESS_COLUMNS,
  ...FILE_COLUMNS,
  ...IO_COLUMNS,
  {
    kind: 'metric',
    name: 'event_count',
    type: 'UInt64',
    metric: 'counter',
    merge: 'none',
    meaning: 'Reads or writes that the row sums up',
    category: 'Throughput',
  },
]);
