// flow_log.l4_packet: headers of the packets of TCP connections (deepflow.md section 3.4).
import { packets } from './packets.ts';

export const L4_PACKET = packets('l4_packet', ['time', 'flow_id', 'agent_id'], 'Headers of the packets, packed', []);
