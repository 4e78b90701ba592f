import { ALERT_EVENT } from './alert-event.ts';
import { ALERT_RECORD } from './alert-record.ts';
import { APPLICATION, APPLICATION_MAP } from './application.ts';
import type { RecordDefinition } from './column.ts';
import { EVENT } from './event.ts';
import { EXT_METRICS } from './ext-metrics.ts';
import { FILE_AGG_EVENT } from './file-agg-event.ts';
import { FILE_EVENT } from './file-event.ts';
import { FILE_EVENT_METRICS } from './file-event-metrics.ts';
import { FILE_MGMT_EVENT } from './file-mgmt-event.ts';
import { IN_PROCESS } from './in-process.ts';
import { IN_PROCESS_METRICS } from './in-process-metrics.ts';
import { L4_FLOW_LOG } from './l4-flow-log.ts';
import { L4_PACKET } from './l4-packet.ts';
import { L7_FLOW_LOG } from './l7-flow-log.ts';
import { L7_PACKET } from './l7-packet.ts';
import { LOG } from './log.ts';
import { NETWORK, NETWORK_MAP } from './network.ts';
import { PROC_OPS_EVENT } from './proc-ops-event.ts';
import { PROC_PERM_EVENT } from './proc-perm-event.ts';
import { PROFILE_FRAME, PROFILE_STACK } from './profile-stack.ts';
import { SAMPLES } from './samples.ts';
import { AGENT_STATS, SERVER_STATS } from './stats.ts';
import { SPAN_WITH_TRACE_ID, TRACE_TREE } from './trace-tables.ts';
import { TRAFFIC_POLICY } from './traffic-policy.ts';

/** Record types that people ask for. Schema, labelling and catalogue are made from this list. */
export const DEFINITIONS: readonly RecordDefinition[] = [
  L7_FLOW_LOG,
  L4_FLOW_LOG,
  L4_PACKET,
  L7_PACKET,
  SPAN_WITH_TRACE_ID,
  TRACE_TREE,
  APPLICATION,
  APPLICATION_MAP,
  NETWORK,
  NETWORK_MAP,
  TRAFFIC_POLICY,
  EVENT,
  FILE_EVENT,
  FILE_EVENT_METRICS,
  FILE_AGG_EVENT,
  FILE_MGMT_EVENT,
  PROC_PERM_EVENT,
  PROC_OPS_EVENT,
  ALERT_EVENT,
  ALERT_RECORD,
  IN_PROCESS,
  IN_PROCESS_METRICS,
  SAMPLES,
  EXT_METRICS,
  LOG,
  AGENT_STATS,
  SERVER_STATS,
];

/** What agents send and stores keep: those, and the dictionaries that explain their ids. */
export const STORED: readonly RecordDefinition[] = [...DEFINITIONS, PROFILE_FRAME, PROFILE_STACK];
