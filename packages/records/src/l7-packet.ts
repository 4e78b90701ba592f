// flow_log.l7_packet: whole packets that a policy asked for (deepflow.md section 3.4; DeepFlow keeps them in a database `pcap`).
import { tag } from './make.ts';
import { packets } from './packets.ts';

export const L7_PACKET = packets('l7_packet', ['time', 'flow_id', 'agent_id'], 'Records of a pcap file', [
  tag('acl_gids', 'Array(LowCardinality(String))', 'Policies that asked for the packets', 'Capture Info'),
]);
