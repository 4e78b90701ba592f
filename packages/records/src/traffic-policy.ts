// flow_metrics.traffic_policy: traffic that matched a policy of distribution, a minute a row (deepflow.md section 3).
import type { RecordDefinition } from './column.ts';
import { AGENT, ROW_COUNT, tag, TIME } from './make.ts';
import { TRAFFIC, TRAFFIC_TOTALS } from './network.ts';

export const TRAFFIC_POLICY: RecordDefinition = {
  database: 'flow_metrics',
  table: 'traffic_policy',
  intervals_s: [60],
  columns: [
    TIME,
    tag('acl_gid', 'UInt16', 'Policy', 'Capture Info'),
    tag('tunnel_ip_id', 'UInt16', 'Tunnel that the traffic was sent to', 'Tunnel Info'),
    AGENT,
    ...TRAFFIC,
  ],
  derived: [...TRAFFIC_TOTALS, ROW_COUNT],
  order_by: ['time', 'acl_gid'],
  partition_hours: { 60: 12 },
  ttl_hours: { 60: 72 },
};
