// flow_metrics.network (one row an end) and network_map (one row an edge), at 1s, 1m, 1h and 1d (deepflow.md sections 3.3, 5).
import type { Column, DerivedMetric, MetricColumn, RecordDefinition, TagColumn } from './column.ts';
import { CAPTURE, ENDS, ONE_END } from './ends.ts';
import { counter, delay, delay_columns, quotient, ROW_COUNT, ratio, tag, total, WINDOWED } from './make.ts';

const L3 = 'L3 Throughput';
const L4 = 'L4 Throughput';
const SLOW = 'TCP Slow';
const FAIL = 'TCP Error';
const DELAY = 'Delay';
const APP = 'Application';

/** name, meaning; each is kept as sum, number and maximum. */
export const NETWORK_DELAYS = [
  ['rtt', 'TCP handshake, SYN to the ACK that ends it', DELAY],
  ['rtt_client', 'Client part of the TCP handshake: SYN-ACK to ACK', DELAY],
  ['rtt_server', 'Server part of the TCP handshake: SYN to SYN-ACK', DELAY],
  ['srt', 'System response: a data packet to the bare ACK of it', DELAY],
  ['art', 'Data response: last packet of a request to first packet of its reply', DELAY],
  ['cit', 'Client idle time between reply and next request', DELAY],
  ['tls_rtt', 'TLS handshake', DELAY],
  ['rrt', 'Response time of requests', APP],
] as const;

/** How connections ended or failed to begin (deepflow.md section 5.1). */
export const CLOSE_COUNTERS = [
  ['tcp_establish_fail', 'Connections that failed to be made'],
  ['client_establish_fail', 'Connections that failed to be made because of the client'],
  ['server_establish_fail', 'Connections that failed to be made because of the server'],
  ['tcp_transfer_fail', 'Connections that broke off in transfer'],
  ['tcp_rst_fail', 'Connections that were reset'],
  ['client_source_port_reuse', 'Not made: the client used the source port again'],
  ['server_syn_miss', 'Not made: the server did not answer the SYN'],
  ['client_establish_other_rst', 'Not made: the client reset it otherwise'],
  ['client_ack_miss', 'Not made: the client did not acknowledge the SYN-ACK'],
  ['server_reset', 'Not made: the server reset it at once'],
  ['server_establish_other_rst', 'Not made: the server reset it otherwise'],
  ['client_rst_flow', 'Broken off: reset by the client'],
  ['server_rst_flow', 'Broken off: reset by the server'],
  ['server_queue_lack', 'Broken off: the queue of the server was full'],
  ['tcp_timeout', 'Broken off: nothing was sent any more'],
  ['client_half_close_flow', 'Closed by the client only'],
  ['server_half_close_flow', 'Closed by the server only'],
] as const;

/** Counters of bytes and packets both ways, shared with flow_log.l4_flow_log. */
export const TRAFFIC: readonly MetricColumn[] = [
  counter('byte_tx', 'Bytes from client to server, headers included', L3, 'byte'),
  counter('byte_rx', 'Bytes from server to client, headers included', L3, 'byte'),
  counter('packet_tx', 'Packets from client to server', L3),
  counter('packet_rx', 'Packets from server to client', L3),
  counter('l3_byte_tx', 'Payload of the network layer, client to server', L3, 'byte'),
  counter('l3_byte_rx', 'Payload of the network layer, server to client', L3, 'byte'),
  counter('l4_byte_tx', 'Payload of the transport layer, client to server', L4, 'byte'),
  counter('l4_byte_rx', 'Payload of the transport layer, server to client', L4, 'byte'),
];
export const TCP_COUNTERS: readonly MetricColumn[] = [
  counter('syn_count', 'SYN packets', L4),
  counter('synack_count', 'SYN-ACK packets', L4),
  counter('fin_count', 'FIN packets', L4),
  counter('retrans_syn', 'SYN packets sent again', SLOW),
  counter('retrans_synack', 'SYN-ACK packets sent again', SLOW),
  counter('retrans_tx', 'Segments that the client sent again', SLOW),
  counter('retrans_rx', 'Segments that the server sent again', SLOW),
  counter('zero_win_tx', 'Packets of the client that announce no window', SLOW),
  counter('zero_win_rx', 'Packets of the server that announce no window', SLOW),
  counter('ooo_tx', 'Segments of the client out of order', SLOW),
  counter('ooo_rx', 'Segments of the server out of order', SLOW),
];
export const L7_COUNTERS: readonly MetricColumn[] = [
  counter('l7_request', 'Requests', APP),
  counter('l7_response', 'Responses', APP),
  counter('l7_client_error', 'Responses that blame the client', APP),
  counter('l7_server_error', 'Responses that blame the server', APP),
  counter('l7_parse_failed', 'Packets that no parser understood', APP),
];
export const TRAFFIC_TOTALS: readonly DerivedMetric[] = [
  total('byte', 'Bytes both ways', ['byte_tx', 'byte_rx'], L3, 'byte'),
  total('packet', 'Packets both ways', ['packet_tx', 'packet_rx'], L3),
  total('l3_byte', 'Payload of the network layer, both ways', ['l3_byte_tx', 'l3_byte_rx'], L3, 'byte'),
  total('l4_byte', 'Payload of the transport layer, both ways', ['l4_byte_tx', 'l4_byte_rx'], L4, 'byte'),
];
/** Totals and ratios that the columns above give; behind `closed_flow` and the counters of failures. */
export const NETWORK_DERIVED: readonly DerivedMetric[] = [
  quotient('bpp', 'Bytes a packet', 'byte', 'packet', L3, 'byte'),
  quotient('bpp_tx', 'Bytes a packet, client to server', 'byte_tx', 'packet_tx', L3, 'byte'),
  quotient('bpp_rx', 'Bytes a packet, server to client', 'byte_rx', 'packet_rx', L3, 'byte'),
  total('retrans', 'Segments sent again', ['retrans_tx', 'retrans_rx'], SLOW),
  total('zero_win', 'Packets that announce no window', ['zero_win_tx', 'zero_win_rx'], SLOW),
  total('ooo', 'Segments out of order', ['ooo_tx', 'ooo_rx'], SLOW),
  ratio('retrans_syn_ratio', 'SYN packets sent again a SYN packet', 'retrans_syn', 'syn_count', SLOW),
  ratio('retrans_synack_ratio', 'SYN-ACK packets sent again a SYN-ACK packet', 'retrans_synack', 'synack_count', SLOW),
  ratio('retrans_ratio', 'Segments sent again a packet', 'retrans', 'packet', SLOW),
  ratio('retrans_tx_ratio', 'Segments sent again a packet of the client', 'retrans_tx', 'packet_tx', SLOW),
  ratio('retrans_rx_ratio', 'Segments sent again a packet of the server', 'retrans_rx', 'packet_rx', SLOW),
  ratio('zero_win_ratio', 'Packets without window a packet', 'zero_win', 'packet', SLOW),
  ratio('zero_win_tx_ratio', 'Packets without window a packet of the client', 'zero_win_tx', 'packet_tx', SLOW),
  ratio('zero_win_rx_ratio', 'Packets without window a packet of the server', 'zero_win_rx', 'packet_rx', SLOW),
  ratio(
    'tcp_establish_fail_ratio',
    'Failures to connect a closed connection',
    'tcp_establish_fail',
    'closed_flow',
    FAIL,
  ),
  ratio('client_establish_fail_ratio', 'The same, of the client', 'client_establish_fail', 'closed_flow', FAIL),
  ratio('server_establish_fail_ratio', 'The same, of the server', 'server_establish_fail', 'closed_flow', FAIL),
  ratio('tcp_transfer_fail_ratio', 'Broken transfers a closed connection', 'tcp_transfer_fail', 'closed_flow', FAIL),
  ratio('tcp_rst_fail_ratio', 'Resets a closed connection', 'tcp_rst_fail', 'closed_flow', FAIL),
  total('l7_error', 'Client and server errors', ['l7_client_error', 'l7_server_error'], APP),
  ratio('l7_error_ratio', 'Errors a response', 'l7_error', 'l7_response', APP),
  ratio('l7_client_error_ratio', 'Client errors a response', 'l7_client_error', 'l7_response', APP),
  ratio('l7_server_error_ratio', 'Server errors a response', 'l7_server_error', 'l7_response', APP),
  ...NETWORK_DELAYS.map(([name, meaning, category]) => delay(name, meaning, category)),
];

const METRICS: readonly MetricColumn[] = [
  ...TRAFFIC,
  counter('new_flow', 'Connections made', L4),
  counter('closed_flow', 'Connections that ended', L4),
  {
    kind: 'metric',
    name: 'flow_load',
    type: 'Float64',
    metric: 'gauge',
    merge: 'sum',
    meaning: 'Connections that were open',
    category: L4,
  },
  {
    kind: 'metric',
    name: 'direction_score',
    type: 'UInt8',
    metric: 'bounded_gauge',
    merge: 'max',
    meaning: 'Confidence in which end is the client; 255 = certain',
    category: L4,
  },
  ...TCP_COUNTERS,
  ...CLOSE_COUNTERS.map(([name, meaning]) => counter(name, meaning, FAIL)),
  ...NETWORK_DELAYS.flatMap(([name, meaning, category]) => delay_columns(name, meaning, category)),
  ...L7_COUNTERS,
  counter('l7_timeout', 'Requests that got no response in time', APP),
];
const DERIVED: readonly DerivedMetric[] = [...TRAFFIC_TOTALS, ...NETWORK_DERIVED, ROW_COUNT];

const TIME_COLUMN: TagColumn = tag('time', 'DateTime', 'Begin of the window, seconds', 'Timestamp');
const ROLE: TagColumn = tag('role', 'UInt8', 'Which end the row is about: 0 client, 1 server', 'Capture Info', {
  enumeration: 'role',
});
const SIGNAL = CAPTURE.filter((c) => c.name !== 'observation_point');
const PLACE: readonly TagColumn[] = [
  tag('capture_nic', 'UInt32', 'Interface that saw the packets', 'Capture Info', { format: 'nic' }),
  tag('capture_nic_type', 'UInt8', 'Kind of that interface', 'Capture Info', { enumeration: 'capture_nic_type' }),
  tag('nat_source', 'UInt8', 'What told the addresses before translation', 'Capture Info', {
    enumeration: 'nat_source',
  }),
  tag('tunnel_type', 'UInt8', 'Kind of tunnel', 'Tunnel Info', { enumeration: 'tunnel_type' }),
];

const NODE: readonly Column[] = [TIME_COLUMN, ...ONE_END, ROLE, ...SIGNAL, ...METRICS];
const EDGE: readonly Column[] = [TIME_COLUMN, ...ENDS, ...CAPTURE, ...PLACE, ...METRICS];

export const NETWORK: RecordDefinition = {
  database: 'flow_metrics',
  table: 'network',
  ...WINDOWED,
  columns: NODE,
  derived: DERIVED,
  order_by: ['time', 'entity_id', 'role', 'server_port'],
};

export const NETWORK_MAP: RecordDefinition = {
  database: 'flow_metrics',
  table: 'network_map',
  ...WINDOWED,
  columns: EDGE,
  derived: DERIVED,
  order_by: ['time', 'entity_id_1', 'entity_id_0', 'observation_point', 'server_port'],
};
