// flow_tag.entity_map as the labeler uses it.
import { ENTITY_FIELDS } from '@sonde/records';
import { ENTITY_COLUMNS, ENTITY_DICTIONARY, ENTITY_TABLE } from './schema/entity.ts';
import type { Store } from './store.ts';

const PAGE_ROWS = 20_000;
type Row = readonly [id: number, ...fields: (string | number)[]];

export function entity_store(store: Store) {
  return {
    columns: ENTITY_COLUMNS,
    insert: (block: Uint8Array, token: string): Promise<void> => store.insert(ENTITY_TABLE, block, token),
    reload: (): Promise<void> => store.exec(`SYSTEM RELOAD DICTIONARY ${ENTITY_DICTIONARY}`),
    async *load(): AsyncGenerator<Row> {
      const sql = `SELECT id, ${ENTITY_FIELDS.map((f) => `\`${f}\``).join(', ')} FROM flow_tag.entity_map
        WHERE id > {after:UInt32} ORDER BY id LIMIT ${PAGE_ROWS}`;
      for (let after = 0; ; ) {
        const { data } = JSON.parse((await store.query(sql, { after })).text()) as { data: Row[] };
        yield* data;
        if (data.length < PAGE_ROWS) return;
        after = data.at(-1)![0];
      }
    },
  };
}
