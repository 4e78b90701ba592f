// Columns of DeepFlow that no row carries yet (deepflow.md sections 3.1 to 3.3): asked for they give the empty value of their type, and
// no byte is stored for them. A column that something begins to fill moves into the record definition of its table.
import type { RecordDefinition, TagColumn } from './column.ts';
import { both_ends, tag } from './make.ts';

const APP = 'Application Layer';
const SERVICE = 'Service Info';
const TRACE = 'Tracing Info';
const CAPTURED = 'Capture Info';
const BUSINESS = 'Business Info';

const TEAM = tag('team_id', 'UInt16', 'Team that the row belongs to', CAPTURED);
const TAG_SOURCE = both_ends('tag_source', 'UInt8', 'How the tags were found', CAPTURED);
const ONE_TAG_SOURCE = tag('tag_source', 'UInt8', 'How the tags were found', CAPTURED);
const APP_NAMES = [
  tag('app_service', 'LowCardinality(String)', 'Service as the application calls itself', SERVICE),
  tag('app_instance', 'LowCardinality(String)', 'Instance as the application calls itself', SERVICE),
];
const BIZ_TYPE = tag('biz_type', 'UInt8', 'Kind of business', BUSINESS);
const NETWORK_NAME = tag('capture_network_type', 'String', 'Name of the network that was looked at', CAPTURED);
const NIC_NAMES = [
  tag('capture_nic_name', 'String', 'Name of the interface that saw the packets', CAPTURED),
  tag('capture_nic_host', 'String', 'Machine of that interface', 'Universal Tag'),
  tag('capture_nic_chost', 'String', 'Virtual or bare-metal machine of that interface', 'Universal Tag'),
  tag('capture_nic_pod_node', 'String', 'Kubernetes node of that interface', 'Universal Tag'),
];
const NIC = [
  tag('capture_nic', 'UInt32', 'Interface that saw the packets', CAPTURED, { format: 'nic' }),
  tag('capture_nic_type', 'UInt8', 'Kind of that interface', CAPTURED, { enumeration: 'capture_nic_type' }),
  tag('nat_source', 'UInt8', 'What told the addresses before translation', CAPTURED, { enumeration: 'nat_source' }),
  tag('tunnel_type', 'UInt8', 'Kind of tunnel', 'Tunnel Info', { enumeration: 'tunnel_type' }),
];
const OF_METRICS = [
  tag('_tid', 'UInt8', 'Which combination of tags the row has', CAPTURED, { hidden: true }),
  tag('is_key_service', 'UInt8', 'Whether the service was marked as a key one', SERVICE, { enumeration: 'yes_no' }),
  NETWORK_NAME,
];

const OWNER = tag('user', 'String', 'Owner', 'Universal Tag');
const OF_ALERTS = [
  OWNER,
  tag('biz_feature_type', 'UInt8', 'Kind of business function', BUSINESS),
  tag('biz_name', 'String', 'Business', BUSINESS),
];

/** Columns that more than one table lacks may be listed for a table that has them: what the definition has goes first. */
const UNRECORDED: Readonly<Record<string, readonly TagColumn[]>> = {
  'flow_log.l7_flow_log': [
    ...NIC,
    ...NIC_NAMES,
    NETWORK_NAME,
    tag('capture_network_type_id', 'UInt8', 'Network that was looked at', CAPTURED),
    ...TAG_SOURCE,
    TEAM,
    ...APP_NAMES,
    tag('is_async', 'UInt8', 'Whether nobody waits for the response', APP, { enumeration: 'yes_no' }),
    tag('is_reversed', 'UInt8', 'Whether the server asked the client', APP, { enumeration: 'yes_no' }),
    tag('events', 'String', 'Events of an OpenTelemetry span', APP),
    tag('span_kind', 'Nullable(UInt8)', 'Kind of span', TRACE, { enumeration: 'span_kind' }),
    tag('_trace_id_2', 'String', 'Second trace id found in the request', TRACE),
    tag('trace_id_index', 'UInt64', 'Number that finds the trace id', TRACE, { hidden: true }),
    tag('syscall_trace_id_request', 'UInt64', 'What the thread was doing at the request', TRACE),
    tag('syscall_trace_id_response', 'UInt64', 'What the thread was doing at the response', TRACE),
    tag('syscall_coroutine_0', 'UInt64', 'Coroutine that handled the request', TRACE),
    tag('syscall_coroutine_1', 'UInt64', 'Coroutine that handled the response', TRACE),
    tag('metrics', 'String', 'All metrics as JSON', 'Native Metric'),
    BIZ_TYPE,
    tag('biz_code', 'String', 'Business code', BUSINESS),
    tag('biz_scenario', 'String', 'Business scenario', BUSINESS),
    tag('biz_response_code', 'String', 'Response code of the business', BUSINESS),
    tag('metrics_names', 'Array(LowCardinality(String))', 'Names of metrics', 'Native Metric', { hidden: true }),
    tag('metrics_values', 'Array(Float64)', 'Values of metrics', 'Native Metric', { hidden: true }),
  ],
  'flow_log.l4_flow_log': [...NIC_NAMES, NETWORK_NAME, ...TAG_SOURCE, TEAM],
  'event.alert_event': OF_ALERTS,
  'event.alert_record': OF_ALERTS,
  'application_log.log': [OWNER],
  'flow_metrics.network': [...OF_METRICS, ONE_TAG_SOURCE],
  'flow_metrics.network_map': [...OF_METRICS, ...TAG_SOURCE, ...NIC, ...NIC_NAMES],
  'flow_metrics.application': [...OF_METRICS, ONE_TAG_SOURCE, ...APP_NAMES, BIZ_TYPE],
  'flow_metrics.application_map': [...OF_METRICS, ...TAG_SOURCE, ...NIC, ...NIC_NAMES, ...APP_NAMES, BIZ_TYPE],
};

export function unrecorded_columns(definition: RecordDefinition): readonly TagColumn[] {
  const listed = UNRECORDED[`${definition.database}.${definition.table}`] ?? [];
  return listed.filter((column) => !definition.columns.some((c) => c.name === column.name));
}
