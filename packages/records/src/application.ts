// flow_metrics.application (one row an end) and application_map (one row an edge), at 1s, 1m, 1h and 1d (deepflow.md section 3.3, 5).
import type { Column, DerivedMetric, MetricColumn, RecordDefinition, TagColumn } from './column.ts';
import { CAPTURE, ENDS, ONE_END } from './ends.ts';
import { complement, counter, ROW_COUNT, ratio, WINDOWED } from './make.ts';

const APP = 'Application Layer';

const APP_TAGS: readonly TagColumn[] = [
  {
    kind: 'tag',
    name: 'l7_protocol',
    type: 'UInt8',
    meaning: 'Application protocol; 0 = no parser knows it, 121 with is_tls = encrypted, its calls being handshakes',
    category: APP,
    enumeration: 'l7_protocol',
  },
  {
    kind: 'tag',
    name: 'is_tls',
    type: 'UInt8',
    meaning: 'Whether the calls were encrypted',
    category: APP,
    enumeration: 'is_tls',
  },
  {
    kind: 'tag',
    name: 'endpoint',
    type: 'LowCardinality(String)',
    meaning: 'What the requests address, as a template; capped a service',
    category: APP,
  },
];

/** Metrics of both tables. Sums are exact; the throttle of the request log does not touch them. */
const METRICS: readonly MetricColumn[] = [
  counter('request', 'Requests', 'Throughput'),
  counter('response', 'Responses', 'Throughput'),
  { ...counter('rrt_sum', 'Sum of response times', 'Delay', 'us'), hidden: true },
  { ...counter('rrt_count', 'Number of response times', 'Delay'), hidden: true },
  {
    kind: 'metric',
    name: 'rrt_max',
    type: 'UInt64',
    unit: 'us',
    metric: 'delay',
    merge: 'max',
    meaning: 'Largest response time',
    category: 'Delay',
  },
  {
    kind: 'metric',
    name: 'rrt_sketch',
    type: 'Sketch',
    unit: 'us',
    metric: 'delay',
    merge: 'sketch',
    hidden: true,
    meaning: 'Distribution of response times',
    category: 'Delay',
  },
  counter('client_error', 'Responses that blame the client', 'Error'),
  counter('server_error', 'Responses that blame the server', 'Error'),
  counter('timeout', 'Requests that got no response in time', 'Error'),
  counter('byte_tx', 'Bytes from client to server', 'Throughput', 'byte'),
  counter('byte_rx', 'Bytes from server to client', 'Throughput', 'byte'),
  counter('message_tx', 'Pieces written or read, client to server', 'Throughput'),
  counter('message_rx', 'Pieces written or read, server to client', 'Throughput'),
  counter('new_flow', 'Connections made', 'Throughput'),
  counter('tcp_establish_fail', 'Connections that failed to be made', 'Error'),
];

const DERIVED: readonly DerivedMetric[] = [
  {
    name: 'direction_score',
    metric: 'bounded_gauge',
    unit: '',
    meaning: 'Confidence in which end is the client; not recorded yet',
    category: 'Throughput',
    from: { form: 'unrecorded' },
  },
  {
    name: 'rrt',
    metric: 'delay',
    unit: 'us',
    meaning: 'Response time',
    category: 'Delay',
    from: { form: 'delay', sum: 'rrt_sum', count: 'rrt_count', max: 'rrt_max', sketch: 'rrt_sketch' },
  },
  {
    name: 'error',
    metric: 'counter',
    unit: '',
    meaning: 'Client and server errors',
    category: 'Error',
    from: { form: 'sum', of: ['client_error', 'server_error'] },
  },
  ratio('error_ratio', 'Errors a response', 'error', 'response', 'Error'),
  ratio('client_error_ratio', 'Client errors a response', 'client_error', 'response', 'Error'),
  ratio('server_error_ratio', 'Server errors a response', 'server_error', 'response', 'Error'),
  ratio('timeout_ratio', 'Timeouts a request', 'timeout', 'request', 'Error'),
  complement('success_ratio', 'Responses without error', 'error', 'response', 'Error'),
  ratio('response_ratio', 'Responses a request', 'response', 'request', 'Throughput'),
  {
    name: 'byte',
    metric: 'counter',
    unit: 'byte',
    meaning: 'Bytes both ways',
    category: 'Throughput',
    from: { form: 'sum', of: ['byte_tx', 'byte_rx'] },
  },
  ROW_COUNT,
];

const TIME: TagColumn = {
  kind: 'tag',
  name: 'time',
  type: 'DateTime',
  meaning: 'Begin of the window in which the requests ended, seconds',
  category: 'Timestamp',
};
const ROLE_COLUMN: TagColumn = {
  kind: 'tag',
  name: 'role',
  type: 'UInt8',
  meaning: 'Which end the row is about: 0 client, 1 server',
  category: 'Capture Info',
  enumeration: 'role',
};

const SIGNAL = CAPTURE.filter((c) => c.name !== 'observation_point');

const NODE_COLUMNS: readonly Column[] = [TIME, ...ONE_END, ROLE_COLUMN, ...SIGNAL, ...APP_TAGS, ...METRICS];
const EDGE_COLUMNS: readonly Column[] = [TIME, ...ENDS, ...CAPTURE, ...APP_TAGS, ...METRICS];

export const APPLICATION: RecordDefinition = {
  database: 'flow_metrics',
  table: 'application',
  ...WINDOWED,
  columns: NODE_COLUMNS,
  derived: DERIVED,
  order_by: ['time', 'entity_id', 'role', 'l7_protocol', 'server_port', 'endpoint'],
};

export const APPLICATION_MAP: RecordDefinition = {
  database: 'flow_metrics',
  table: 'application_map',
  ...WINDOWED,
  columns: EDGE_COLUMNS,
  derived: DERIVED,
  order_by: ['time', 'entity_id_1', 'entity_id_0', 'observation_point', 'l7_protocol', 'server_port', 'endpoint'],
};
