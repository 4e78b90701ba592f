// flow_tag: every entity that ever was an end of a call, the resources that entities belong to, and custom tags; and the
// dictionaries on them that the querier translates by (docs/decisions/0034).
import {
  type Column,
  type ColumnType,
  ENTITY_FIELDS,
  type Entity,
  LABEL_FIELDS,
  type RecordDefinition,
  RESOURCE_FIELDS,
  RESOURCE_KINDS,
  resource_column,
} from '@sonde/records';
import type { TableRef } from '../store.ts';

const ref = (table: string): TableRef => ({ database: 'flow_tag', table, interval_s: 0 });
export const ENTITY_TABLE = ref('entity_map');
export const RESOURCE_TABLE = ref('resource_map');
export const CUSTOM_TAG_TABLE = ref('custom_tag_map');
export const ENTITY_DICTIONARY = 'flow_tag.entity_dict';
export const RESOURCE_DICTIONARY = 'flow_tag.resource_dict';
export const CUSTOM_TAG_DICTIONARY = 'flow_tag.custom_tag_dict';
/** Ids are dense from 1, so the dictionaries are arrays; so many entities, and resources, are an installation's limit. */
export const ENTITIES_MAX = 5_000_000;
export const RESOURCES_MAX = 5_000_000;

const column = (name: string, type: ColumnType, meaning = ''): Column => ({ kind: 'tag', name, type, meaning });
const is_number = (field: keyof Entity): boolean => field === 'type' || field === 'service_type';

/** In BlockBuilder order: id, ENTITY_FIELDS, the resource of each kind, LABEL_FIELDS. */
export const ENTITY_COLUMNS: readonly Column[] = [
  column('id', 'UInt32', 'Key; entity_id columns hold it'),
  ...ENTITY_FIELDS.map((name) => column(name, is_number(name) ? 'UInt8' : 'String')),
  ...RESOURCE_KINDS.map((kind) =>
    column(resource_column(kind), 'UInt32', `Its ${kind}, key of resource_map; 0 = none`),
  ),
  ...LABEL_FIELDS.map((name) => column(name, name === 'tag_source' ? 'UInt8' : 'String')),
];
/** In BlockBuilder order: id, RESOURCE_FIELDS. */
export const RESOURCE_COLUMNS: readonly Column[] = [
  column('id', 'UInt32', 'Key; columns of entity_map hold it'),
  ...RESOURCE_FIELDS.map((name) => column(name, name === 'type' ? 'UInt8' : 'String')),
];
/** `name` is family.key, or the family alone for all of its tags as JSON. An empty value is none. */
export const CUSTOM_TAG_COLUMNS: readonly Column[] = [
  column('owner', 'UInt32', 'Resource; of os.app the entity'),
  column('name', 'String'),
  column('value', 'String'),
  column('version', 'UInt64', 'The highest of one owner and name counts'),
];

/** Small, seldom written and kept for ever: ids and versions climb, and a higher level costs little (docs/decisions/0034). */
const CODECS: Partial<Record<ColumnType, string>> = { UInt32: 'Delta(4), ZSTD(6)', UInt64: 'Delta(8), ZSTD(6)' };

const quoted = (name: string): string => `\`${name}\``;
const attribute = ({ name, type }: Column): string =>
  `${quoted(name)} ${type} DEFAULT ${type === 'String' ? "''" : '0'}`;

function table(name: TableRef, columns: readonly Column[], engine: string, order_by: string): string[] {
  const full = `${name.database}.${name.table}`;
  const lines = columns.map((c) => `${quoted(c.name)} ${c.type} CODEC(${CODECS[c.type] ?? 'ZSTD(6)'})`);
  return [
    `CREATE TABLE IF NOT EXISTS ${full} (${lines.join(', ')})
     ENGINE = ${engine} ORDER BY ${order_by} SETTINGS non_replicated_deduplication_window = 10000`,
    ...lines.map((line) => `ALTER TABLE ${full} ADD COLUMN IF NOT EXISTS ${line}`),
  ];
}

/** Ids are small and dense, so the dictionary is an array of columns. */
const by_id = (dictionary: string, name: TableRef, columns: readonly Column[], ids_max: number): string =>
  `CREATE OR REPLACE DICTIONARY ${dictionary} (id UInt64, ${columns.slice(1).map(attribute).join(', ')})
   PRIMARY KEY id SOURCE(CLICKHOUSE(DB '${name.database}' TABLE '${name.table}'))
   LAYOUT(FLAT(INITIAL_ARRAY_SIZE 1024 MAX_ARRAY_SIZE ${ids_max + 1})) LIFETIME(0)`;

export const ENTITY_DDL: readonly string[] = [
  'CREATE DATABASE IF NOT EXISTS flow_tag',
  ...table(ENTITY_TABLE, ENTITY_COLUMNS, 'ReplacingMergeTree', 'id'),
  ...table(RESOURCE_TABLE, RESOURCE_COLUMNS, 'ReplacingMergeTree', 'id'),
  ...table(CUSTOM_TAG_TABLE, CUSTOM_TAG_COLUMNS, 'ReplacingMergeTree(version)', '(name, owner)'),
  by_id(ENTITY_DICTIONARY, ENTITY_TABLE, ENTITY_COLUMNS, ENTITIES_MAX),
  by_id(RESOURCE_DICTIONARY, RESOURCE_TABLE, RESOURCE_COLUMNS, RESOURCES_MAX),
  `CREATE OR REPLACE DICTIONARY ${CUSTOM_TAG_DICTIONARY} (owner UInt32, name String, value String DEFAULT '')
   PRIMARY KEY owner, name
   SOURCE(CLICKHOUSE(QUERY 'SELECT owner, name, argMax(value, version) AS value FROM flow_tag.custom_tag_map GROUP BY owner, name HAVING value != '''''))
   LAYOUT(COMPLEX_KEY_HASHED()) LIFETIME(0)`,
];

/** Stand-in definitions, so that stores take blocks for them as for any record. */
export const TAG_RECORDS: readonly Pick<RecordDefinition, 'database' | 'table' | 'columns'>[] = [
  { ...ENTITY_TABLE, columns: ENTITY_COLUMNS },
  { ...RESOURCE_TABLE, columns: RESOURCE_COLUMNS },
  { ...CUSTOM_TAG_TABLE, columns: CUSTOM_TAG_COLUMNS },
];
