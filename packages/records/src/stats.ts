// deepflow_tenant.deepflow_collector (counters of agents) and deepflow_admin.deepflow_server (counters of the server):
// one layout, a "virtual table" a row (deepflow.md section 3, "self-monitoring").
import type { Column, RecordDefinition } from './column.ts';

const COLUMNS: readonly Column[] = [
  { kind: 'tag', name: 'time', type: 'DateTime', meaning: 'When the counters were read', category: 'Timestamp' },
  {
    kind: 'tag',
    name: 'virtual_table_name',
    type: 'LowCardinality(String)',
    meaning: 'Group of counters, e.g. deepflow_agent_ring',
    hidden: true,
  },
  {
    kind: 'tag',
    name: 'agent_id',
    type: 'UInt16',
    meaning: 'Agent the counters are of; 0 = the server',
    category: 'Capture Info',
    filled_by: 'server',
  },
  { kind: 'tag', name: 'host', type: 'LowCardinality(String)', meaning: 'Host name', category: 'Universal Tag' },
  { kind: 'tag', name: 'tag_names', type: 'Array(LowCardinality(String))', meaning: 'Names of tags', hidden: true },
  { kind: 'tag', name: 'tag_values', type: 'Array(String)', meaning: 'Values of tags', hidden: true },
  {
    kind: 'tag',
    name: 'metrics_float_names',
    type: 'Array(LowCardinality(String))',
    meaning: 'Names of counters',
    hidden: true,
  },
  {
    kind: 'tag',
    name: 'metrics_float_values',
    type: 'Array(Float64)',
    meaning: 'Increase since the row before (counters) or value (gauges)',
    hidden: true,
  },
];

const stats = (database: string, table: string): RecordDefinition => ({
  database,
  table,
  intervals_s: [],
  columns: COLUMNS,
  derived: [],
  order_by: ['time', 'virtual_table_name', 'agent_id'],
  partition_hours: { 0: 24 },
  ttl_hours: { 0: 168 },
});

export const AGENT_STATS = stats('deepflow_tenant', 'deepflow_collector');
export const SERVER_STATS = stats('deepflow_admin', 'deepflow_server');
