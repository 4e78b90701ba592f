import { APPLICATION, APPLICATION_MAP } from './application.ts';
import type { RecordDefinition } from './column.ts';
import { L7_FLOW_LOG } from './l7-flow-log.ts';
import { AGENT_STATS, SERVER_STATS } from './stats.ts';

/** Every record type. Schema, labelling and catalogue are made from this list. */
export const DEFINITIONS: readonly RecordDefinition[] = [
  L7_FLOW_LOG,
  APPLICATION,
  APPLICATION_MAP,
  AGENT_STATS,
  SERVER_STATS,
];
