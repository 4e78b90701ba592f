// Three ways to keep the same tags of the same request rows: the product's table in all but the columns of the tags. The key leaves
// out entity_id_1, which only one way has, so that all three are ordered alike.
import { L7_FLOW_LOG } from '../../packages/records/src/index.ts';
import { codec_of } from '../../packages/server/src/store/schema/codecs.ts';
import {
  create_table,
  full_name,
  type PhysicalColumn,
  type PhysicalTable,
  physical_tables,
} from '../../packages/server/src/store/schema/ddl.ts';
import { TAGS } from './pods.ts';

export const WAYS = ['String', 'LowCardinality', 'SmartEncoding'] as const;
export type Way = (typeof WAYS)[number];

export const IDS = ['entity_id_0', 'entity_id_1'] as const;
const is_id = (name: string): boolean => (IDS as readonly string[]).includes(name);
export const ENDS = [0, 1] as const;
/** Of a tag of an end, where each is a column. Dots would nest, dashes need quotes. */
export const column_name = (tag: string, end: 0 | 1): string => `${tag.replace(/\W/g, '_')}_${end}`;

const PRODUCT = physical_tables(L7_FLOW_LOG)[0]!;
/** Columns of a row that are no tags of its ends. */
export const OTHER_COLUMNS: readonly PhysicalColumn[] = PRODUCT.columns.filter((c) => !is_id(c.name));

function tag_columns(way: Exclude<Way, 'SmartEncoding'>): PhysicalColumn[] {
  const type = way === 'String' ? 'String' : 'LowCardinality(String)';
  const codec = codec_of({ kind: 'tag', name: '', type, meaning: '' });
  return ENDS.flatMap((end) => TAGS.map((tag) => ({ name: column_name(tag, end), type, codec, index: undefined })));
}

/** The querier knows SmartEncoding's table by its own name; the others are asked in plain SQL. */
export function table_of(way: Way): PhysicalTable {
  const own = way === 'SmartEncoding';
  const without_ids = (names: readonly string[]) => names.filter((name) => !is_id(name));
  return {
    ...PRODUCT,
    columns: own ? PRODUCT.columns : [...OTHER_COLUMNS, ...tag_columns(way)],
    primary_key: without_ids(PRODUCT.primary_key),
    sorting_key: without_ids(PRODUCT.sorting_key),
  };
}

/** Names of the columns that hold tags. */
export const tag_column_names = (way: Way): string[] =>
  way === 'SmartEncoding' ? [...IDS] : tag_columns(way).map((c) => c.name);

/** In place of the product's table. */
export const table_ddl = (way: Way): string[] => {
  const table = table_of(way);
  return [`DROP TABLE IF EXISTS ${full_name(table)} SYNC`, create_table(table)];
};
export const TABLE_NAME = full_name(PRODUCT);
