// flow_log.l4_flow_log: one row a connection and minute (deepflow.md section 3.2).
import type { Column, DerivedMetric, MetricColumn, RecordDefinition } from './column.ts';
import { CAPTURE, ENDS } from './ends.ts';
import {
  both_ends,
  delay_columns,
  END_TIME,
  kept,
  LOG_COUNT,
  ROW_COUNT,
  ROW_ID,
  rows_with,
  START_TIME,
  TIME,
  tag,
  total,
} from './make.ts';
import {
  CLOSE_COUNTERS,
  L7_COUNTERS,
  NETWORK_DELAYS,
  NETWORK_DERIVED,
  TCP_COUNTERS,
  TRAFFIC,
  TRAFFIC_TOTALS,
} from './network.ts';

const FLOW = 'Flow Info';
const TRANSPORT = 'Transport Layer';
const TUNNEL = 'Tunnel Info';
const CAPTURED = 'Capture Info';
const FAIL = 'TCP Error';
const L3 = 'L3 Throughput';

/** close_type of deepflow.md section 5.1 behind each counter. */
const CLOSE_TYPES: Readonly<Record<(typeof CLOSE_COUNTERS)[number][0], readonly number[]>> = {
  tcp_establish_fail: [7, 10, 13, 15, 18, 19],
  client_establish_fail: [10, 13, 18],
  server_establish_fail: [7, 15, 19],
  tcp_transfer_fail: [2, 3, 9, 17],
  tcp_rst_fail: [2, 9, 15, 18, 19],
  client_source_port_reuse: [13],
  server_syn_miss: [7],
  client_establish_other_rst: [18],
  client_ack_miss: [10],
  server_reset: [15],
  server_establish_other_rst: [19],
  client_rst_flow: [9],
  server_rst_flow: [2],
  server_queue_lack: [17],
  tcp_timeout: [3],
  client_half_close_flow: [11],
  server_half_close_flow: [8],
};
/** Reported though still open. */
const FORCED_REPORT = 5;

const single = (name: string, meaning: string): MetricColumn => ({
  kind: 'metric',
  name,
  type: 'UInt64',
  unit: 'us',
  metric: 'delay',
  merge: 'none',
  meaning,
  category: 'Delay',
});
const since_begin = (name: string, meaning: string, unit = ''): MetricColumn => ({
  kind: 'metric',
  name,
  type: 'UInt64',
  unit,
  metric: 'counter',
  merge: 'none',
  meaning,
  category: L3,
});
/** Handshakes happen once a connection: a column each; the other delays are sums. */
const ONCE = ['rtt', 'tls_rtt'];
const SUMMED = NETWORK_DELAYS.filter(([name]) => !ONCE.includes(name));

const TUNNELS: readonly Column[] = [
  tag('tunnel_tier', 'UInt8', 'Number of tunnels around each other', TUNNEL, { enumeration: 'tunnel_tier' }),
  tag('tunnel_type', 'UInt8', 'Kind of tunnel', TUNNEL, { enumeration: 'tunnel_type' }),
  ...(['tx', 'rx'] as const).flatMap((way): Column[] => [
    tag(`tunnel_${way}_id`, 'UInt32', 'Number of the tunnel', TUNNEL),
    ...both_ends(`tunnel_${way}_ip4`, 'IPv4', 'IPv4 address of the tunnel', TUNNEL),
    ...both_ends(`tunnel_${way}_ip6`, 'IPv6', 'IPv6 address of the tunnel', TUNNEL),
    ...both_ends(`tunnel_${way}_mac`, 'UInt64', 'MAC address of the tunnel', TUNNEL, { format: 'mac' }),
  ]),
];

const COLUMNS: readonly Column[] = [
  TIME,
  ROW_ID,
  START_TIME,
  END_TIME,
  tag('flow_id', 'UInt64', 'Connection, unique within an agent boot', FLOW),
  tag('aggregated_flow_ids', 'String', 'Connections that this row sums up', FLOW, {
    index: 'tokenbf_v1(32768, 3, 0) GRANULARITY 2',
  }),
  ...ENDS,
  tag('client_port', 'UInt16', 'Port of the client end', TRANSPORT),
  ...CAPTURE,
  tag('capture_network_type_id', 'UInt8', 'Network that was looked at', CAPTURED),
  tag('capture_nic', 'UInt32', 'Interface that saw the packets', CAPTURED, { format: 'nic' }),
  tag('capture_nic_type', 'UInt8', 'Kind of that interface', CAPTURED, { enumeration: 'capture_nic_type' }),
  tag('nat_source', 'UInt8', 'What told the addresses before translation', CAPTURED, { enumeration: 'nat_source' }),
  ...both_ends('l2_end', 'UInt8', 'Whether it was seen at the interface', CAPTURED),
  ...both_ends('l3_end', 'UInt8', 'Whether it was seen in the layer-2 network', CAPTURED),
  tag('has_pcap', 'UInt8', 'Whether packets were kept', CAPTURED),
  ...both_ends('nat_real_ip4', 'IPv4', 'IPv4 address behind translation', 'Network Layer'),
  ...both_ends('nat_real_port', 'UInt16', 'Port behind translation', TRANSPORT),
  ...both_ends('mac', 'UInt64', 'MAC address', 'Data Link Layer', { format: 'mac' }),
  tag('eth_type', 'UInt16', 'EtherType', 'Data Link Layer', { enumeration: 'eth_type' }),
  tag('vlan', 'UInt16', 'VLAN', 'Data Link Layer'),
  ...both_ends('province', 'LowCardinality(String)', 'Province of an Internet address', 'Network Layer'),
  ...TUNNELS,
  ...both_ends('tcp_flags_bit', 'UInt16', 'TCP flags seen', TRANSPORT, { enumeration: 'tcp_flags_bit' }),
  tag('syn_seq', 'UInt32', 'Sequence of the SYN', TRANSPORT),
  tag('syn_ack_seq', 'UInt32', 'Sequence of the SYN-ACK', TRANSPORT),
  tag('last_keepalive_seq', 'UInt32', 'Sequence of the last keep-alive', TRANSPORT),
  tag('last_keepalive_ack', 'UInt32', 'Acknowledgement of the last keep-alive', TRANSPORT),
  tag('l7_protocol', 'UInt8', 'Application protocol', 'Application Layer', { enumeration: 'l7_protocol' }),
  tag('request_domain', 'String', 'Host or domain asked for', 'Application Layer', {
    index: 'bloom_filter GRANULARITY 2',
  }),
  tag('close_type', 'UInt16', 'How it ended', FLOW, { enumeration: 'close_type' }),
  tag('status', 'UInt8', 'Whom the end blames', FLOW, { enumeration: 'status' }),
  tag('is_new_flow', 'UInt8', 'Whether the connection began in this minute', FLOW, { enumeration: 'is_new_flow' }),
  tag('init_ipid', 'UInt32', 'IP id of the first packet', FLOW),
  tag('acl_gids', 'Array(LowCardinality(String))', 'Policies that it matched', CAPTURED),
  ...TRAFFIC,
  since_begin('total_byte_tx', 'Bytes from client to server since the connection began', 'byte'),
  since_begin('total_byte_rx', 'Bytes from server to client since the connection began', 'byte'),
  since_begin('total_packet_tx', 'Packets from client to server since the connection began'),
  since_begin('total_packet_rx', 'Packets from server to client since the connection began'),
  ...TCP_COUNTERS,
  single('rtt', 'TCP handshake, SYN to the ACK that ends it'),
  single('tls_rtt', 'TLS handshake'),
  ...SUMMED.flatMap(([name, meaning, category]) => delay_columns(name, meaning, category)),
  single('duration', 'From the first to the last packet'),
  ...L7_COUNTERS,
  {
    kind: 'metric',
    name: 'l7_server_timeout',
    type: 'UInt64',
    metric: 'counter',
    merge: 'none',
    meaning: 'Requests that got no response in time',
    category: 'Application',
  },
  {
    kind: 'metric',
    name: 'direction_score',
    type: 'UInt8',
    metric: 'bounded_gauge',
    merge: 'none',
    meaning: 'Confidence in which end is the client; 255 = certain',
    category: 'L4 Throughput',
  },
];

const DERIVED: readonly DerivedMetric[] = [
  ...TRAFFIC_TOTALS,
  total('total_byte', 'Bytes since the connection began', ['total_byte_tx', 'total_byte_rx'], L3, 'byte'),
  total('total_packet', 'Packets since the connection began', ['total_packet_tx', 'total_packet_rx'], L3),
  rows_with('new_flow', 'Connections that began', 'is_new_flow', [1], 'L4 Throughput'),
  rows_with('closed_flow', 'Connections that ended', 'close_type', [FORCED_REPORT], 'L4 Throughput', true),
  ...CLOSE_COUNTERS.map(([name, meaning]) => rows_with(name, meaning, 'close_type', CLOSE_TYPES[name], FAIL)),
  ...NETWORK_DERIVED.filter((metric) => !ONCE.includes(metric.name)),
  LOG_COUNT,
  ROW_COUNT,
];

export const L4_FLOW_LOG: RecordDefinition = {
  database: 'flow_log',
  table: 'l4_flow_log',
  ...kept(1, 72),
  columns: COLUMNS,
  derived: DERIVED,
  order_by: ['time', 'entity_id_1', 'server_port'],
  sort_within: ['client_port', 'start_time'],
};
