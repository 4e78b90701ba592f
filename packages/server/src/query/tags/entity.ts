// What an end of a call is called, through the dictionary of entities: auto_instance, auto_service, host, process, container.
import { ENTITY_DICTIONARIES } from '@sonde/records';
import type { Bind } from '../params.ts';
import { predicate } from '../predicate.ts';
import { end_of, end_suffixes, end_words, type Tag, type TagFamily } from './tag.ts';

const DICTIONARY_OF = new Map(ENTITY_DICTIONARIES.flatMap(({ name, attributes }) => attributes.map((a) => [a, name])));

/** Of a dictionary over flow_tag.entity_map; unknown ids and 0 give '' and 0. */
export function entity_attribute(field: string, id: string): string {
  const dictionary = DICTIONARY_OF.get(field);
  if (dictionary === undefined) throw new Error(`BUG: no dictionary has ${field}`);
  return `dictGet('${dictionary}', '${field}', toUInt64(${id}))`;
}
const of = entity_attribute;
/** Number of records/entity.ts: entities of this kind lend their name to a tag of their own. */
const PROCESS = 120;

export interface EntityField {
  readonly name: string;
  readonly kind: 'text' | 'integer';
  readonly meaning: string;
  readonly category?: string;
  readonly value: (id: string, bind: Bind) => string;
  readonly companions?: readonly string[];
  readonly enumeration?: string;
  readonly type_of?: string;
  readonly listed_by?: string;
}

const text = (name: string, field: string, meaning: string, more: Partial<EntityField> = {}): EntityField => ({
  name,
  kind: 'text',
  meaning,
  value: (id) => of(field, id),
  ...more,
});

/** Services that are resources have numbers of their own: two of one name in two namespaces are two. */
const SERVICE_RESOURCES = [
  { types: [11], column: 'pod_service_id' },
  { types: [101, 130, 131, 132, 133, 134, 135], column: 'pod_group_id' },
  { types: [103], column: 'pod_cluster_id' },
] as const;
const service_number = (id: string): string => {
  const type = of('service_type', id);
  const owned = SERVICE_RESOURCES.map(
    ({ types, column }) => `${type} IN (${types.join(', ')}) AND ${of(column, id)} != 0, toUInt64(${of(column, id)})`,
  );
  return `multiIf(${owned.join(', ')}, bitAnd(sipHash64(${of('service', id)}, toUInt32(${type})), 9007199254740991))`;
};

const FIELDS: readonly EntityField[] = [
  text('auto_instance', 'name', 'What a person would call this one', {
    companions: ['auto_instance_id'],
    type_of: 'auto_instance_type',
  }),
  { name: 'auto_instance_id', kind: 'integer', meaning: 'Id of the entity', value: (id) => id },
  {
    name: 'auto_instance_type',
    kind: 'integer',
    meaning: 'Kind of the entity',
    value: (id) => of('type', id),
    enumeration: 'auto_instance_type',
  },
  text('auto_service', 'service', 'What a person would call the thing of which this is one instance', {
    companions: ['auto_service_type'],
    type_of: 'auto_service_type',
  }),
  {
    // 53 bits, so that the number survives JSON; the same for the same service and type, whoever asks.
    name: 'auto_service_id',
    kind: 'integer',
    meaning: 'Number of the service, the same wherever and whenever it is asked for',
    value: service_number,
  },
  {
    name: 'auto_service_type',
    kind: 'integer',
    meaning: 'Kind of the service',
    value: (id) => of('service_type', id),
    enumeration: 'auto_service_type',
  },
  {
    name: 'gprocess',
    kind: 'text',
    meaning: 'Process',
    value: (id) => `if(${of('type', id)} = ${PROCESS}, ${of('name', id)}, ${of('gprocess', id)})`,
    companions: ['gprocess_id'],
  },
  {
    name: 'gprocess_id',
    kind: 'integer',
    meaning: 'Id of the process entity, 0 when it is none',
    value: (id) => `if(${of('type', id)} = ${PROCESS} OR notEmpty(${of('gprocess', id)}), ${id}, 0)`,
  },
  text('executable', 'executable', 'Path of the executable', { category: 'Service Info' }),
  text('command_line', 'command_line', 'Command line, secrets left out', { category: 'Service Info' }),
  text('container_id', 'container_id', 'Id of the container', { category: 'Service Info' }),
  text('container', 'container_name', 'Name of the container', { category: 'Service Info' }),
  text('container_name', 'container_name', 'Name of the container', { category: 'Service Info' }),
  text('container_runtime', 'container_runtime', 'Runtime of the container', { category: 'Service Info' }),
  text('unit', 'unit', 'Unit of systemd', { category: 'Service Info' }),
  {
    name: 'tag_source',
    kind: 'integer',
    meaning: 'How the server came to the tags: 2 by the pod, 8 by the address, 0 the agent alone; 128 more = doubtful',
    value: (id) => of('tag_source', id),
    category: 'Capture Info',
  },
  {
    name: 'is_internet',
    kind: 'integer',
    meaning: 'Whether it is an address of the Internet',
    value: (id) => `toUInt8(${id} != 0 AND ${of('type', id)} = 0)`,
    enumeration: 'is_internet',
    category: 'Network Layer',
  },
];

/** Every entity, and 0 for ends that have none. */
const ALL_IDS = 'SELECT id FROM flow_tag.entity_map UNION ALL SELECT toUInt32(0)';

/** A filter becomes a set of ids before the scan: the dictionary is asked once an entity, not once a row. */
function id_set_filter(field: EntityField): NonNullable<Tag['filter']> {
  return ([column], operator, operands, bind) => {
    const holds = predicate(field.value('id', bind), field.kind, operator, operands, bind, `\`${field.name}\``);
    return `${column} IN (SELECT id FROM (${ALL_IDS}) WHERE ${holds})`;
  };
}

export function entity_tag(field: EntityField, suffix: string): Tag {
  return {
    name: field.name + suffix,
    kind: field.kind,
    meaning: field.meaning + end_words(suffix),
    category: field.category ?? 'Universal Tag',
    unit: '',
    columns: [`entity_id${suffix}`],
    value: ([id], bind) => field.value(id!, bind),
    filter: id_set_filter(field),
    translated: true,
    ...(field.companions && { companions: field.companions.map((c) => c + suffix) }),
    ...(field.enumeration !== undefined && { enumeration: field.enumeration }),
    ...(field.type_of !== undefined && { type_tag: field.type_of + suffix }),
    ...(field.listed_by !== undefined && { listed_by: field.listed_by + suffix }),
    ...end_of(suffix),
  };
}

export const entity: TagFamily = {
  tags: (definition) => end_suffixes(definition).flatMap((suffix) => FIELDS.map((field) => entity_tag(field, suffix))),
};
