// What l4_packet and l7_packet share: packets of one connection, as one text of bytes.
import type { Column, RecordDefinition } from './column.ts';
import { AGENT, END_TIME, kept, LOG_COUNT, ROW_COUNT, ROW_ID, START_TIME, TIME, tag } from './make.ts';

export const packets = (
  table: 'l4_packet' | 'l7_packet',
  order_by: readonly string[],
  content: string,
  more: readonly Column[],
): RecordDefinition => ({
  database: 'flow_log',
  table,
  ...kept(1, 72),
  columns: [
    TIME,
    ROW_ID,
    START_TIME,
    END_TIME,
    tag('flow_id', 'UInt64', 'Connection, as in l4_flow_log', 'Flow Info'),
    AGENT,
    ...more,
    tag('packet_batch', 'String', content, 'Flow Info', { codec: 'ZSTD(1)' }),
    {
      kind: 'metric',
      name: 'packet_count',
      type: 'UInt32',
      metric: 'counter',
      merge: 'none',
      meaning: 'Number of packets',
      category: 'Throughput',
    },
  ],
  derived: [LOG_COUNT, ROW_COUNT],
  order_by,
});
