// flow_tag: every entity that a stored row names, the resources that entities belong to, and custom tags; and the dictionaries on
// them that the querier translates by (docs/decisions/0034, 0097).
import {
  type Column,
  type ColumnType,
  ENTITY_DICTIONARIES,
  type EntityDictionary,
  ENTITY_FIELDS,
  type Entity,
  LABEL_FIELDS,
  type RecordDefinition,
  RESOURCE_FIELDS,
  RESOURCE_KINDS,
  resource_column,
} from '@sonde/records';
import type { TableRef } from '../store.ts';
import { CLEANUP } from './ddl.ts';

const ref = (table: string): TableRef => ({ database: 'flow_tag', table, interval_s: 0 });
export const ENTITY_TABLE = ref('entity_map');
export const RESOURCE_TABLE = ref('resource_map');
export const CUSTOM_TAG_TABLE = ref('custom_tag_map');
/** Ids that are being removed. */
export const GONE_TABLE = ref('gone');
export const RESOURCE_DICTIONARY = 'flow_tag.resource_dict';
export const CUSTOM_TAG_DICTIONARY = 'flow_tag.custom_tag_dict';
/** So many entities, and resources, at once are an installation's limit. */
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

export const GONE_COLUMNS: readonly Column[] = [column('id', 'UInt32')];

/** Seldom written: ids and versions climb, and a higher level costs little (docs/decisions/0034). */
const CODECS: Partial<Record<ColumnType, string>> = { UInt32: 'Delta(4), ZSTD(6)', UInt64: 'Delta(8), ZSTD(6)' };

const quoted = (name: string): string => `\`${name}\``;
const attribute = ({ name, type }: Column): string =>
  `${quoted(name)} ${type} DEFAULT ${type === 'String' ? "''" : '0'}`;

function table(name: TableRef, columns: readonly Column[], engine: string, order_by: string): string[] {
  const full = `${name.database}.${name.table}`;
  const lines = columns.map((c) => `${quoted(c.name)} ${c.type} CODEC(${CODECS[c.type] ?? 'ZSTD(6)'})`);
  return [
    `CREATE TABLE IF NOT EXISTS ${full} (${lines.join(', ')})
     ENGINE = ${engine} ORDER BY ${order_by} SETTINGS non_replicated_deduplication_window = 10000, ${CLEANUP}`,
    `ALTER TABLE ${full} MODIFY SETTING ${CLEANUP}`,
    ...lines.map((line) => `ALTER TABLE ${full} ADD COLUMN IF NOT EXISTS ${line}`),
  ];
}

/** Arrays of columns behind a hash of the ids: ids climb for ever, while most of the old ones are gone. */
function by_id(dictionary: string, columns: readonly Column[], source: string): string {
  const names = columns.map((c) => quoted(c.name)).join(', ');
  return `CREATE OR REPLACE DICTIONARY ${dictionary} (id UInt64, ${columns.map(attribute).join(', ')})
   PRIMARY KEY id SOURCE(CLICKHOUSE(QUERY '${`SELECT id, ${names} FROM ${source}`.replaceAll("'", "''")}'))
   LAYOUT(HASHED_ARRAY()) LIFETIME(0)`;
}

function entity_dictionary({ name, attributes, sparse }: EntityDictionary): string {
  const columns = ENTITY_COLUMNS.filter((c) => attributes.includes(c.name));
  const has = columns.map((c) => `${quoted(c.name)} != ${c.type === 'String' ? "''" : '0'}`);
  return by_id(name, columns, `flow_tag.entity_map${sparse ? ` WHERE ${has.join(' OR ')}` : ''}`);
}

export const ENTITY_DDL: readonly string[] = [
  'CREATE DATABASE IF NOT EXISTS flow_tag',
  ...table(ENTITY_TABLE, ENTITY_COLUMNS, 'ReplacingMergeTree', 'id'),
  ...table(RESOURCE_TABLE, RESOURCE_COLUMNS, 'ReplacingMergeTree', 'id'),
  ...table(CUSTOM_TAG_TABLE, CUSTOM_TAG_COLUMNS, 'ReplacingMergeTree(version)', '(name, owner)'),
  ...table(GONE_TABLE, GONE_COLUMNS, 'MergeTree', 'id'),
  ...ENTITY_DICTIONARIES.map(entity_dictionary),
  // FINAL: of a resource that changed there is a row for each change until parts merge.
  by_id(RESOURCE_DICTIONARY, RESOURCE_COLUMNS.slice(1), 'flow_tag.resource_map FINAL'),
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
  { ...GONE_TABLE, columns: GONE_COLUMNS },
];
