// flow_log.span_with_trace_id and flow_log.trace_tree: spans and whole traces in encoded form, found by a number made of the trace id
// (deepflow.md section 3).
import type { RecordDefinition } from './column.ts';
import { kept, LOG_COUNT, ROW_COUNT, TIME, tag } from './make.ts';

const TRACE = 'Tracing Info';

const encoded = (table: string, content: string, meaning: string): RecordDefinition => ({
  database: 'flow_log',
  table,
  ...kept(1, 72),
  columns: [
    TIME,
    tag('search_index', 'UInt64', 'Number that finds the trace id', TRACE),
    tag('trace_id', 'String', 'Trace', TRACE),
    tag(content, 'String', meaning, TRACE, { codec: 'ZSTD(1)' }),
  ],
  derived: [LOG_COUNT, ROW_COUNT],
  order_by: ['time', 'search_index'],
});

export const SPAN_WITH_TRACE_ID = encoded('span_with_trace_id', 'encoded_span', 'The span, encoded');
export const TRACE_TREE = encoded('trace_tree', 'encoded_span_list', 'The spans of the trace, encoded');
