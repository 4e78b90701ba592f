// flow_tag.entity_map, resource_map and custom_tag_map as the labeler uses them.
import { CUSTOM_TAG_FAMILIES, type Column } from '@sonde/records';
import {
  CUSTOM_TAG_COLUMNS,
  CUSTOM_TAG_DICTIONARY,
  CUSTOM_TAG_TABLE,
  ENTITY_COLUMNS,
  ENTITY_DICTIONARY,
  ENTITY_TABLE,
  RESOURCE_COLUMNS,
  RESOURCE_DICTIONARY,
  RESOURCE_TABLE,
} from './schema/entity.ts';
import type { Store, TableRef } from './store.ts';

const PAGE_ROWS = 20_000;
type Row = readonly [id: number, ...fields: (string | number)[]];

async function* load(store: Store, table: TableRef, columns: readonly Column[]): AsyncGenerator<Row> {
  // FINAL: a resource that changed has a row for each change until parts merge.
  const sql = `SELECT ${columns.map((c) => `\`${c.name}\``).join(', ')} FROM ${table.database}.${table.table} FINAL
    WHERE id > {after:UInt32} ORDER BY id LIMIT ${PAGE_ROWS}`;
  for (let after = 0; ; ) {
    const { data } = JSON.parse((await store.query(sql, { after })).text()) as { data: Row[] };
    yield* data;
    if (data.length < PAGE_ROWS) return;
    after = data.at(-1)![0];
  }
}
const reload = (store: Store, dictionary: string): Promise<void> =>
  store.exec(`SYSTEM RELOAD DICTIONARY ${dictionary}`);

export function entity_store(store: Store) {
  return {
    columns: ENTITY_COLUMNS,
    insert: (block: Uint8Array, token: string): Promise<void> => store.insert(ENTITY_TABLE, block, token),
    reload: (): Promise<void> => reload(store, ENTITY_DICTIONARY),
    load: () => load(store, ENTITY_TABLE, ENTITY_COLUMNS),
  };
}

export function resource_store(store: Store) {
  return {
    columns: RESOURCE_COLUMNS,
    tag_columns: CUSTOM_TAG_COLUMNS,
    insert: (block: Uint8Array, token: string): Promise<void> => store.insert(RESOURCE_TABLE, block, token),
    insert_tags: (block: Uint8Array, token: string): Promise<void> => store.insert(CUSTOM_TAG_TABLE, block, token),
    families: async (owners: readonly number[]): Promise<ReadonlyMap<string, string>> => {
      const sql = `SELECT owner, name, argMax(value, version) FROM flow_tag.custom_tag_map
        WHERE owner IN {owners:Array(UInt32)} AND name IN {families:Array(String)} GROUP BY owner, name`;
      const { data } = JSON.parse((await store.query(sql, { owners, families: CUSTOM_TAG_FAMILIES })).text()) as {
        data: [owner: number, family: string, json: string][];
      };
      return new Map(data.map(([owner, family, json]) => [`${owner} ${family}`, json]));
    },
    reload: async (): Promise<void> => {
      await reload(store, RESOURCE_DICTIONARY);
      await reload(store, CUSTOM_TAG_DICTIONARY);
    },
    load: () => load(store, RESOURCE_TABLE, RESOURCE_COLUMNS),
  };
}
