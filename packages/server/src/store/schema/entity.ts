// flow_tag.entity_map: every entity that ever was an end of a call, and the dictionary on it that the querier translates by.
import { type Column, ENTITY_FIELDS, type Entity, type RecordDefinition } from '@sonde/records';
import type { TableRef } from '../store.ts';

export const ENTITY_TABLE: TableRef = { database: 'flow_tag', table: 'entity_map', interval_s: 0 };
export const ENTITY_DICTIONARY = 'flow_tag.entity_dict';
/** Ids are dense from 1, so the dictionary is an array; this many entities are an installation's limit. */
export const ENTITIES_MAX = 5_000_000;

const is_number = (field: keyof Entity): boolean => field === 'type' || field === 'service_type';

/** In BlockBuilder order: id, then ENTITY_FIELDS. */
export const ENTITY_COLUMNS: readonly Column[] = [
  { kind: 'tag', name: 'id', type: 'UInt32', meaning: 'Key; entity_id columns hold it' },
  ...ENTITY_FIELDS.map(
    (name): Column => ({ kind: 'tag', name, type: is_number(name) ? 'UInt8' : 'String', meaning: '' }),
  ),
];

export const ENTITY_DDL: readonly string[] = [
  'CREATE DATABASE IF NOT EXISTS flow_tag',
  `CREATE TABLE IF NOT EXISTS flow_tag.entity_map (${ENTITY_COLUMNS.map((c) => `\`${c.name}\` ${c.type} CODEC(ZSTD(1))`).join(', ')})
   ENGINE = ReplacingMergeTree ORDER BY id SETTINGS non_replicated_deduplication_window = 10000`,
  `CREATE DICTIONARY IF NOT EXISTS flow_tag.entity_dict (id UInt64, ${ENTITY_FIELDS.map(
    (name) => `\`${name}\` ${is_number(name) ? 'UInt8 DEFAULT 0' : "String DEFAULT ''"}`,
  ).join(', ')})
   PRIMARY KEY id SOURCE(CLICKHOUSE(DB 'flow_tag' TABLE 'entity_map'))
   LAYOUT(FLAT(INITIAL_ARRAY_SIZE 1024 MAX_ARRAY_SIZE ${ENTITIES_MAX + 1})) LIFETIME(0)`,
];

/** Stand-in definition, so that stores take blocks for it as for any record. */
export const ENTITY_RECORD: Pick<RecordDefinition, 'database' | 'table' | 'columns'> = {
  database: 'flow_tag',
  table: 'entity_map',
  columns: ENTITY_COLUMNS,
};
