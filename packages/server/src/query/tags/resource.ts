// Universal tags: the things that an entity belongs to (region, pod_ns, chost ...), through two dictionaries: entity -> resource id ->
// name. Rows carry neither (docs/decisions/0034).
import { ADDRESSED_KINDS, RESOURCE_KINDS, RESOURCE_MEANINGS, type ResourceKind, resource_column } from '@sonde/records';
import { entity_attribute, type EntityField, entity_tag } from './entity.ts';
import { end_suffixes, type TagFamily } from './tag.ts';

const DICTIONARY = 'flow_tag.resource_dict';
const of_resource = (field: string, resource: string): string =>
  `dictGet('${DICTIONARY}', '${field}', toUInt64(${resource}))`;

/** Shown by name; label sets have none. */
const NAMED_KINDS = RESOURCE_KINDS.filter((kind) => kind !== 'label_set');

export const resource_id = (kind: ResourceKind, entity: string): string =>
  entity_attribute(resource_column(kind), entity);

function name_of(kind: ResourceKind, entity: string): string {
  const name = of_resource('name', resource_id(kind, entity));
  // Machines of entities from before there were resources.
  if (kind !== 'host' && kind !== 'chost') return name;
  return `if(${resource_id(kind, entity)} = 0, ${entity_attribute('host', entity)}, ${name})`;
}

function fields_of(kind: ResourceKind): EntityField[] {
  const meaning = RESOURCE_MEANINGS[kind];
  const id: EntityField = {
    name: `${kind}_id`,
    kind: 'integer',
    meaning: `Number of: ${meaning}`,
    value: (entity) => resource_id(kind, entity),
  };
  const fields: EntityField[] = [
    {
      name: kind,
      kind: 'text',
      meaning,
      value: (entity) => name_of(kind, entity),
      companions: [id.name],
      listed_by: id.name,
    },
    id,
  ];
  if (!(ADDRESSED_KINDS as readonly ResourceKind[]).includes(kind)) return fields;
  for (const [field, words] of [
    ['ip', 'address'],
    ['hostname', 'host name'],
  ] as const) {
    const by = { ...id, name: `${kind}_${field}_id`, meaning: `${id.meaning}, beside its ${words}` };
    fields.push(
      {
        name: `${kind}_${field}`,
        kind: 'text',
        meaning: `${meaning}: ${words}`,
        value: (entity) => of_resource(field, resource_id(kind, entity)),
        companions: [by.name],
        listed_by: by.name,
      },
      by,
    );
  }
  return fields;
}

/** Kinds that have addresses of their own, nearest first, and their device types (deepflow.md section 4). */
const DEVICES = {
  pod: 10,
  pod_service: 11,
  redis: 12,
  rds: 13,
  lb: 15,
  natgw: 16,
  router: 5,
  dhcpgw: 9,
  chost: 1,
  pod_node: 14,
  host: 6,
} as const satisfies Partial<Record<ResourceKind, number>>;
const DEVICE_KINDS = Object.keys(DEVICES) as (keyof typeof DEVICES)[];
const device = (entity: string, value: (kind: ResourceKind, type: number) => string): string =>
  `multiIf(${DEVICE_KINDS.map((kind) => `${resource_id(kind, entity)} != 0, ${value(kind, DEVICES[kind])}`).join(', ')}, 0)`;

const FIELDS: readonly EntityField[] = [
  ...NAMED_KINDS.flatMap(fields_of),
  {
    name: 'pod_group_type',
    kind: 'integer',
    meaning: 'Kind of the Kubernetes workload',
    value: (entity) => of_resource('type', resource_id('pod_group', entity)),
    enumeration: 'pod_group_type',
  },
  {
    name: 'l3_epc_id',
    kind: 'integer',
    meaning: 'Number of the virtual private cloud; -2 = Internet',
    value: (entity) =>
      `if(${entity} != 0 AND ${entity_attribute('type', entity)} = 0, -2, toInt32(${resource_id('vpc', entity)}))`,
  },
  {
    name: 'l3_device_type',
    kind: 'integer',
    meaning: 'Kind of the device that has the address',
    value: (entity) => device(entity, (_kind, type) => String(type)),
    enumeration: 'auto_instance_type',
  },
  {
    name: 'l3_device_id',
    kind: 'integer',
    meaning: 'Number of the device that has the address',
    value: (entity) => device(entity, (kind) => resource_id(kind, entity)),
  },
  {
    name: 'service_id',
    kind: 'integer',
    meaning: 'Number of: Kubernetes service, by its older name',
    value: (entity) => resource_id('pod_service', entity),
  },
];

export const resource: TagFamily = {
  tags: (definition) => end_suffixes(definition).flatMap((suffix) => FIELDS.map((field) => entity_tag(field, suffix))),
};
