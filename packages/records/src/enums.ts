// Enumerations: what `Enum(tag)` shows for a stored value (deepflow.md section 4, "Enumerations"; sections 1 and 6.1 for the
// numbers). Tag columns name theirs by `enumeration`. Protocol names come from the protocols' cards.
import { card_list } from '@sonde/protocols/cards';
import { ENTITY_TYPE } from './entity.ts';
import { PORT_NAMES } from './ports.ts';

export interface EnumValue {
  /** As stored: a number for integer columns, a string for string columns. */
  readonly value: number | string;
  /** As shown to people and compared with in `WHERE Enum(tag) = '...'`. */
  readonly name: string;
}

const YES_NO: readonly EnumValue[] = [
  { value: 0, name: 'No' },
  { value: 1, name: 'Yes' },
];

const NO_PROTOCOL: EnumValue = { value: 0, name: 'N/A' };
/** Numbers that are stored though no card has them: 127 for plugins. */
const WITHOUT_CARD: readonly EnumValue[] = [{ value: 127, name: 'Custom' }];
const carded: readonly EnumValue[] = card_list.map((card) => ({ value: card.id, name: card.display_name }));

/** In the order of rank along the path of a call (deepflow.md section 6.1). */
const OBSERVATION_POINTS: readonly EnumValue[] = [
  { value: 'c-app', name: 'Client Application' },
  { value: 'c-p', name: 'Client Process' },
  { value: 'c', name: 'Client NIC' },
  { value: 'c-nd', name: 'Client K8s Node' },
  { value: 'c-hv', name: 'Client VM Hypervisor' },
  { value: 'c-gw-hv', name: 'Client-side Gateway Hypervisor' },
  { value: 'c-gw', name: 'Client-side Gateway' },
  { value: 'local', name: 'Local NIC' },
  { value: 'rest', name: 'Other NIC' },
  { value: 's-gw', name: 'Server-side Gateway' },
  { value: 's-gw-hv', name: 'Server-side Gateway Hypervisor' },
  { value: 's-hv', name: 'Server VM Hypervisor' },
  { value: 's-nd', name: 'Server K8s Node' },
  { value: 's', name: 'Server NIC' },
  { value: 's-p', name: 'Server Process' },
  { value: 's-app', name: 'Server Application' },
  { value: 'app', name: 'Application' },
];

/** auto_instance_type and auto_service_type (deepflow.md section 4). */
const AUTO_TYPES: readonly EnumValue[] = [
  { value: ENTITY_TYPE.internet, name: 'Internet IP' },
  { value: ENTITY_TYPE.host, name: 'Host' },
  { value: 5, name: 'Router' },
  { value: 9, name: 'DHCP Gateway' },
  { value: ENTITY_TYPE.pod, name: 'Pod' },
  { value: 11, name: 'Pod Service' },
  { value: 12, name: 'Redis Instance' },
  { value: 13, name: 'RDS Instance' },
  { value: 14, name: 'Pod Node' },
  { value: 15, name: 'Load Balancer' },
  { value: 16, name: 'NAT Gateway' },
  { value: ENTITY_TYPE.container, name: 'Container' },
  { value: 101, name: 'Workload' },
  { value: 102, name: 'Service' },
  { value: 103, name: 'Pod Cluster' },
  { value: 104, name: 'Custom Service' },
  { value: 105, name: 'Business Service' },
  { value: ENTITY_TYPE.process, name: 'Process' },
  { value: 130, name: 'Deployment' },
  { value: 131, name: 'StatefulSet' },
  { value: 132, name: 'ReplicationController' },
  { value: 133, name: 'DaemonSet' },
  { value: 134, name: 'ReplicaSetController' },
  { value: 135, name: 'CloneSet' },
  { value: ENTITY_TYPE.ip, name: 'IP' },
];

export const ENUMS: Readonly<Record<string, readonly EnumValue[]>> = {
  l7_protocol: [
    NO_PROTOCOL,
    ...[...carded, ...WITHOUT_CARD.filter((w) => !carded.some((c) => c.value === w.value))].sort(
      (a, b) => Number(a.value) - Number(b.value),
    ),
  ],
  response_status: [
    { value: 0, name: 'Success' },
    { value: 2, name: 'Timeout' },
    { value: 3, name: 'Server Error' },
    { value: 4, name: 'Client Error' },
    { value: 5, name: 'Unknown' },
    { value: 6, name: 'Parse Failed' },
  ],
  type: [
    { value: 0, name: 'Request' },
    { value: 1, name: 'Response' },
    { value: 2, name: 'Session' },
  ],
  is_tls: YES_NO,
  is_internet: YES_NO,
  is_ipv4: [
    { value: 0, name: 'IPv6' },
    { value: 1, name: 'IPv4' },
  ],
  // IANA protocol numbers.
  protocol: [
    { value: 1, name: 'ICMP' },
    { value: 6, name: 'TCP' },
    { value: 17, name: 'UDP' },
    { value: 58, name: 'ICMPv6' },
  ],
  signal_source: [
    { value: 0, name: 'Packet' },
    { value: 1, name: 'xFlow' },
    { value: 3, name: 'eBPF' },
    { value: 4, name: 'OTel' },
  ],
  role: [
    { value: 0, name: 'Client' },
    { value: 1, name: 'Server' },
    { value: 2, name: 'Local' },
    { value: 3, name: 'Rest' },
  ],
  observation_point: OBSERVATION_POINTS,
  is_new_flow: YES_NO,
  // deepflow.md section 5.1.
  close_type: [
    { value: 0, name: 'Unknown' },
    { value: 1, name: 'Normal' },
    { value: 2, name: 'Transfer - Server RST' },
    { value: 3, name: 'Transfer - Timeout' },
    { value: 5, name: 'Still Open' },
    { value: 7, name: 'Establishment - Server SYN Missing' },
    { value: 8, name: 'Close - Server Half Close' },
    { value: 9, name: 'Transfer - Client RST' },
    { value: 10, name: 'Establishment - Client ACK Missing' },
    { value: 11, name: 'Close - Client Half Close' },
    { value: 13, name: 'Establishment - Client Port Reuse' },
    { value: 15, name: 'Establishment - Server Direct RST' },
    { value: 17, name: 'Transfer - Server Queue Overflow' },
    { value: 18, name: 'Establishment - Client Other RST' },
    { value: 19, name: 'Establishment - Server Other RST' },
    { value: 20, name: 'Normal - Client RST' },
  ],
  status: [
    { value: 0, name: 'Normal' },
    { value: 2, name: 'Unknown' },
    { value: 3, name: 'Server Error' },
    { value: 4, name: 'Client Error' },
  ],
  // IEEE EtherTypes.
  eth_type: [
    { value: 0x0800, name: 'IPv4' },
    { value: 0x0806, name: 'ARP' },
    { value: 0x8100, name: '802.1Q' },
    { value: 0x86dd, name: 'IPv6' },
    { value: 0x8847, name: 'MPLS' },
    { value: 0x88cc, name: 'LLDP' },
  ],
  capture_nic_type: [
    { value: 0, name: 'Local NIC' },
    { value: 1, name: 'NFV Gateway NIC' },
    { value: 2, name: 'Mirror of a Switch' },
    { value: 3, name: 'OTel' },
  ],
  nat_source: [
    { value: 0, name: 'None' },
    { value: 1, name: 'VIP' },
    { value: 2, name: 'TOA' },
  ],
  tunnel_tier: [
    { value: 0, name: 'None' },
    { value: 1, name: 'One' },
    { value: 2, name: 'Two' },
  ],
  tunnel_type: [
    { value: 0, name: 'None' },
    { value: 1, name: 'VXLAN' },
    { value: 2, name: 'IPIP' },
    { value: 3, name: 'Tencent GRE' },
    { value: 4, name: 'TEB' },
    { value: 5, name: 'ERSPAN' },
  ],
  pod_group_type: AUTO_TYPES.filter((type) => Number(type.value) >= 130 && Number(type.value) < 140),
  event_signal_source: [
    { value: 1, name: 'Resource' },
    { value: 2, name: 'File I/O' },
    { value: 3, name: 'Kubernetes' },
  ],
  event_type: [
    { value: 'create', name: 'Create' },
    { value: 'delete', name: 'Delete' },
    { value: 'update-state', name: 'Update State' },
    { value: 'migrate', name: 'Migrate' },
    { value: 'recreate', name: 'Recreate' },
    { value: 'attach-ip', name: 'Attach IP' },
    { value: 'detach-ip', name: 'Detach IP' },
    { value: 'modify', name: 'Modify' },
    { value: 'attach-config', name: 'Attach Config' },
    { value: 'modify-config', name: 'Modify Config' },
    { value: 'detach-config', name: 'Detach Config' },
    { value: 'read', name: 'Read' },
    { value: 'write', name: 'Write' },
  ],
  event_level: [
    { value: 1, name: 'Critical' },
    { value: 2, name: 'Error' },
    { value: 3, name: 'Warning' },
    { value: 4, name: 'No Data' },
    { value: 5, name: 'Recovered' },
    { value: 6, name: 'Info' },
  ],
  state: [
    { value: 0, name: 'Ongoing' },
    { value: 1, name: 'Ended' },
  ],
  file_type: [
    { value: 0, name: 'Unknown' },
    { value: 1, name: 'Regular' },
    { value: 2, name: 'Virtual' },
    { value: 3, name: 'Network' },
  ],
  // OpenTelemetry logs data model: four numbers a level.
  severity_number: ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL'].flatMap((level, at) =>
    [0, 1, 2, 3].map((n) => ({ value: at * 4 + n + 1, name: n === 0 ? level : `${level}${n + 1}` })),
  ),
  profile_language_type: [
    { value: 'eBPF', name: 'eBPF' },
    { value: 'Golang', name: 'Go' },
    { value: 'Java', name: 'Java' },
    { value: 'Python', name: 'Python' },
    { value: 'NodeJS', name: 'Node.js' },
    { value: 'Ruby', name: 'Ruby' },
    { value: 'PHP', name: 'PHP' },
    { value: 'Rust', name: 'Rust' },
  ],
  auto_instance_type: AUTO_TYPES,
  auto_service_type: AUTO_TYPES,
  yes_no: YES_NO,
  // OpenTelemetry trace data model.
  span_kind: ['Unspecified', 'Internal', 'Server', 'Client', 'Producer', 'Consumer'].map((name, value) => ({
    value,
    name,
  })),
  // RFC 9293 section 3.1, RFC 3168.
  tcp_flags_bit: ['FIN', 'SYN', 'RST', 'PSH', 'ACK', 'URG', 'ECE', 'CWR'].map((name, bit) => ({
    value: 2 ** bit,
    name,
  })),
  server_port: PORT_NAMES.map(([value, name]) => ({ value, name })),
};
/** Enumerations of single bits: a stored number is the sum of those that are set. */
export const BIT_ENUMS: ReadonlySet<string> = new Set(['tcp_flags_bit']);
/** Enumerations that name only some of the values that occur. */
export const OPEN_ENUMS: ReadonlySet<string> = new Set(['server_port']);

/** Name of a stored value; the value itself as text where the enumeration has no name for it. */
export function enum_name(enumeration: string, value: number | string): string {
  return ENUMS[enumeration]?.find((e) => e.value === value)?.name ?? String(value);
}

/** Stored value of a name, compared without regard to case; undefined when there is none. */
export function enum_value(enumeration: string, name: string): number | string | undefined {
  const wanted = name.toLowerCase();
  return ENUMS[enumeration]?.find((e) => e.name.toLowerCase() === wanted)?.value;
}
