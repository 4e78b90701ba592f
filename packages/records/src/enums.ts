// Enumerations: what `Enum(tag)` shows for a stored value (deepflow.md section 4, "Enumerations"; sections 1 and 6.1 for the
// numbers). Tag columns name theirs by `enumeration`. Protocol names come from the protocols' cards.
import { card_list } from '@sonde/protocols/cards';
import { ENTITY_TYPE } from './entity.ts';

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

const AUTO_TYPES: readonly EnumValue[] = [
  { value: ENTITY_TYPE.internet, name: 'Internet IP' },
  { value: ENTITY_TYPE.host, name: 'Host' },
  { value: ENTITY_TYPE.pod, name: 'Pod' },
  { value: ENTITY_TYPE.container, name: 'Container' },
  { value: ENTITY_TYPE.process, name: 'Process' },
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
  auto_instance_type: AUTO_TYPES,
  auto_service_type: AUTO_TYPES,
};

/** Name of a stored value; the value itself as text where the enumeration has no name for it. */
export function enum_name(enumeration: string, value: number | string): string {
  return ENUMS[enumeration]?.find((e) => e.value === value)?.name ?? String(value);
}

/** Stored value of a name, compared without regard to case; undefined when there is none. */
export function enum_value(enumeration: string, name: string): number | string | undefined {
  const wanted = name.toLowerCase();
  return ENUMS[enumeration]?.find((e) => e.name.toLowerCase() === wanted)?.value;
}
