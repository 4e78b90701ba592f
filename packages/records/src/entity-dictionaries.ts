// The dictionaries over flow_tag.entity_map: which of them has which attribute.
import { RESOURCE_KINDS, type ResourceKind, resource_column } from './resource.ts';

/** Attributes of entities, by the dictionary that has them. */
export interface EntityDictionary {
  readonly name: string;
  readonly attributes: readonly string[];
  /** Only entities that have any of them are in it. */
  readonly sparse: boolean;
}
const OFTEN: readonly ResourceKind[] = [
  ...(['host', 'chost', 'pod_cluster', 'pod_ns', 'pod_node'] as const),
  ...(['pod_service', 'pod_group', 'pod', 'label_set'] as const),
];
/**
 * An attribute costs each entity of a dictionary 4 bytes, or 16 and its text, whether it has it or not: what most entities lack is in
 * dictionaries of those that have it. Address and pod uid are nobody's question: they are in the table alone.
 */
export const ENTITY_DICTIONARIES: readonly EntityDictionary[] = [
  {
    name: 'flow_tag.entity_dict',
    attributes: ['type', 'name', 'service', 'service_type', ...OFTEN.map(resource_column), 'tag_source'],
    sparse: false,
  },
  {
    name: 'flow_tag.entity_process_dict',
    attributes: [
      ...(['host', 'executable', 'command_line', 'container_id', 'container_runtime', 'container_name'] as const),
      ...(['unit', 'gprocess'] as const),
    ],
    sparse: true,
  },
  {
    name: 'flow_tag.entity_place_dict',
    attributes: RESOURCE_KINDS.filter((kind) => !OFTEN.includes(kind)).map(resource_column),
    sparse: true,
  },
];
