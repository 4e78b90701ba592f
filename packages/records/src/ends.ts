// Columns that every record with a client and a server end shares.
import type { TagColumn } from './column.ts';

/**
 * Both ends of a call. The knowledge-graph columns of DeepFlow (region_id_0, pod_id_1, auto_instance_0 ...) are not stored:
 * `entity_id_<end>` is, and the querier derives them through dictionaries (design, principle 8).
 */
export const ENDS: readonly TagColumn[] = [
  {
    kind: 'tag',
    name: 'entity_id_0',
    type: 'UInt32',
    end: 0,
    hidden: true,
    meaning: 'Entity of the client end, key of flow_tag.entity_map',
  },
  {
    kind: 'tag',
    name: 'entity_id_1',
    type: 'UInt32',
    end: 1,
    hidden: true,
    meaning: 'Entity of the server end, key of flow_tag.entity_map',
  },
  { kind: 'tag', name: 'ip4_0', type: 'IPv4', end: 0, hidden: true, meaning: 'IPv4 address of the client end' },
  { kind: 'tag', name: 'ip4_1', type: 'IPv4', end: 1, hidden: true, meaning: 'IPv4 address of the server end' },
  { kind: 'tag', name: 'ip6_0', type: 'IPv6', end: 0, hidden: true, meaning: 'IPv6 address of the client end' },
  { kind: 'tag', name: 'ip6_1', type: 'IPv6', end: 1, hidden: true, meaning: 'IPv6 address of the server end' },
  {
    kind: 'tag',
    name: 'is_ipv4',
    type: 'UInt8',
    meaning: 'Whether the addresses are IPv4',
    category: 'Network Layer',
    enumeration: 'is_ipv4',
  },
  {
    kind: 'tag',
    name: 'protocol',
    type: 'UInt8',
    meaning: 'Transport protocol',
    category: 'Network Layer',
    enumeration: 'protocol',
  },
  {
    kind: 'tag',
    name: 'server_port',
    type: 'UInt16',
    meaning: 'Port of the server end',
    category: 'Transport Layer',
    enumeration: 'server_port',
  },
];

/** The one end of a row that is not about a call: entity_id, ip4, ip6 without a suffix, and what belongs to both ends. */
export const ONE_END: readonly TagColumn[] = ENDS.filter((c) => c.end !== 1).map((c) =>
  c.end === undefined
    ? c
    : {
        kind: 'tag',
        name: c.name.replace(/_0$/, ''),
        type: c.type,
        hidden: true,
        meaning: c.meaning.replace('the client end', 'the end'),
      },
);
/** ONE_END of rows that are about a thing and no traffic: no transport. */
export const ONE_THING: readonly TagColumn[] = ONE_END.filter((c) => c.name !== 'protocol' && c.name !== 'server_port');

/** Where and by what a row was observed. */
export const CAPTURE: readonly TagColumn[] = [
  {
    kind: 'tag',
    name: 'signal_source',
    type: 'UInt16',
    meaning: 'What produced the row',
    category: 'Capture Info',
    enumeration: 'signal_source',
  },
  {
    kind: 'tag',
    name: 'observation_point',
    type: 'LowCardinality(String)',
    meaning: 'Where on the path of the call it was seen',
    category: 'Capture Info',
    enumeration: 'observation_point',
  },
  {
    kind: 'tag',
    name: 'agent_id',
    type: 'UInt16',
    meaning: 'Agent that saw it',
    category: 'Capture Info',
    filled_by: 'server',
  },
];
