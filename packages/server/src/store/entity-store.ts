// flow_tag.entity_map, resource_map and custom_tag_map as the labeler uses them.
import {
  type Column,
  CUSTOM_TAG_FAMILIES,
  ENTITY_DICTIONARIES,
  physical_intervals,
  RESOURCE_KINDS,
  resource_column,
  STORED,
} from '@sonde/records';
import { BlockBuilder } from '@sonde/records/codec';
import {
  CUSTOM_TAG_COLUMNS,
  CUSTOM_TAG_DICTIONARY,
  CUSTOM_TAG_TABLE,
  ENTITY_COLUMNS,
  ENTITY_TABLE,
  GONE_COLUMNS,
  GONE_TABLE,
  RESOURCE_COLUMNS,
  RESOURCE_DICTIONARY,
  RESOURCE_TABLE,
} from './schema/entity.ts';
import { physical_table, quote_name, type Store, type TableRef } from './store.ts';

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

/** So many ids are removed at once at most; the rest is left to the next time. */
const GONE_MAX = 500_000;
/** Whole columns are read, behind whatever people ask. */
const SEARCH = { timeout_s: 600, settings: { max_threads: 1 }, max_rows: GONE_MAX } as const;
const found = async <T>(store: Store, sql: string): Promise<T[]> =>
  (JSON.parse((await store.query(`${sql} LIMIT ${GONE_MAX}`, {}, SEARCH)).text()) as { data: T[] }).data;

/** Every column of a stored row that names an entity. */
function references(): string {
  const columns = STORED.flatMap((definition) => {
    const names = definition.columns.map((c) => c.name).filter((name) => /^entity_id(_[01])?$/.test(name));
    const tables = physical_intervals(definition).map(
      (interval_s) =>
        `${quote_name(definition.database)}.${quote_name(physical_table({ table: definition.table, interval_s }))}`,
    );
    return tables.flatMap((table) => names.map((name) => `SELECT DISTINCT ${name} FROM ${table}`));
  });
  return columns.join(' UNION ALL ');
}

let removals = 0;
/** Deletes where `condition` holds; `gone` in it is the set of the ids. */
async function remove(
  store: Store,
  ids: readonly number[],
  conditions: readonly (readonly [TableRef, condition: string])[],
): Promise<void> {
  const gone = `${GONE_TABLE.database}.${GONE_TABLE.table}`;
  await store.exec(`TRUNCATE TABLE ${gone}`);
  const b = new BlockBuilder(GONE_COLUMNS);
  for (const id of ids) {
    b.u32(0, id);
    b.end_row();
  }
  await store.insert(GONE_TABLE, b.take(), `gone/${Date.now()}/${++removals}`);
  for (const [{ database, table }, condition] of conditions)
    await store.exec(
      `ALTER TABLE ${database}.${table} DELETE WHERE ${condition.replace('gone', `(SELECT id FROM ${gone})`)} SETTINGS mutations_sync = 1`,
    );
  await store.exec(`TRUNCATE TABLE ${gone}`);
}
/** Tags of entities are told apart from those of resources by their family alone. */
const OF_ENTITY = "startsWith(name, 'os.app')";

/** Empty values go once every older value of theirs is merged away. */
async function compact(store: Store): Promise<void> {
  const table = `${CUSTOM_TAG_TABLE.database}.${CUSTOM_TAG_TABLE.table}`;
  const second = Math.floor(Date.now() / 1000) - 1;
  const old = `value = '' AND bitShiftRight(version, 32) < ${second}`;
  const [empty] = await found<[number]>(store, `SELECT 1 FROM ${table} WHERE ${old}`);
  if (empty === undefined) return;
  await store.exec(`OPTIMIZE TABLE ${table} FINAL`);
  await store.exec(`ALTER TABLE ${table} DELETE WHERE ${old} SETTINGS mutations_sync = 1`);
}

export function entity_store(store: Store) {
  return {
    columns: ENTITY_COLUMNS,
    insert: (block: Uint8Array, token: string): Promise<void> => store.insert(ENTITY_TABLE, block, token),
    reload: async (): Promise<void> => {
      for (const { name } of ENTITY_DICTIONARIES) await reload(store, name);
    },
    unreferenced: async (): Promise<readonly number[]> => {
      const sql = `SELECT id FROM flow_tag.entity_map WHERE id NOT IN (SELECT DISTINCT entity_id_0 FROM (${references()}))`;
      return (await found<[number]>(store, sql)).map(([id]) => id);
    },
    remove: (ids: readonly number[]): Promise<void> =>
      remove(store, ids, [
        [ENTITY_TABLE, 'id IN gone'],
        [CUSTOM_TAG_TABLE, `${OF_ENTITY} AND owner IN gone`],
      ]),
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
    unreferenced: (): Promise<readonly (readonly [number, string])[]> => {
      const columns = RESOURCE_KINDS.map(resource_column).join(', ');
      const used = `SELECT DISTINCT arrayJoin([${columns}]) FROM flow_tag.entity_map`;
      return found<[number, string]>(
        store,
        `SELECT id, uid FROM flow_tag.resource_map FINAL WHERE id NOT IN (${used})`,
      );
    },
    remove: (ids: readonly number[]): Promise<void> =>
      remove(store, ids, [
        [RESOURCE_TABLE, 'id IN gone'],
        [CUSTOM_TAG_TABLE, `NOT ${OF_ENTITY} AND owner IN gone`],
      ]),
    compact: (): Promise<void> => compact(store),
    load: () => load(store, RESOURCE_TABLE, RESOURCE_COLUMNS),
  };
}
