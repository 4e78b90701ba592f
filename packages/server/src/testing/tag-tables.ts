// The tables of flow_tag in memory: they take the blocks that the labeler writes.
import type { Column } from '@sonde/records';
import { decode_block } from '@sonde/records/codec';
import type { EntityStore } from '../label/entities.ts';
import type { ResourceStore } from '../label/resources.ts';
import { CUSTOM_TAG_COLUMNS, ENTITY_COLUMNS, RESOURCE_COLUMNS } from '../store/schema/entity.ts';

export type TagRow = Readonly<Record<string, string | number | bigint>>;

/** Rows of a block with every column; what the block lacks is the zero of its type. */
function rows_of(bytes: Uint8Array, columns: readonly Column[]): TagRow[] {
  const decoded = decode_block(Buffer.from(bytes));
  if ('reason' in decoded) throw new Error(decoded.reason);
  return Array.from({ length: decoded.rows }, (_, row) =>
    Object.fromEntries(
      columns.map((c) => {
        const value = decoded.columns.find((d) => d.name === c.name)?.values[row];
        return [c.name, (value as string | number) ?? (c.type === 'String' ? '' : 0)];
      }),
    ),
  );
}

export function tables() {
  const entity_rows = new Map<number, TagRow>();
  const resources = new Map<number, TagRow>();
  /** `owner name` -> value. */
  const tags = new Map<string, string>();
  const load = async function* (rows: Map<number, TagRow>) {
    for (const row of rows.values()) yield Object.values(row) as [number, ...(string | number)[]];
  };
  const entities: EntityStore & { readonly rows: Map<number, TagRow> } = {
    columns: ENTITY_COLUMNS,
    rows: entity_rows,
    load: () => load(entity_rows),
    insert: async (bytes) => {
      for (const row of rows_of(bytes, ENTITY_COLUMNS)) entity_rows.set(row.id as number, row);
    },
    reload: async () => {},
    unreferenced: async () => [],
    remove: async () => {},
  };
  const store: ResourceStore = {
    columns: RESOURCE_COLUMNS,
    tag_columns: CUSTOM_TAG_COLUMNS,
    load: () => load(resources),
    insert: async (bytes) => {
      for (const row of rows_of(bytes, RESOURCE_COLUMNS)) resources.set(row.id as number, row);
    },
    insert_tags: async (bytes) => {
      for (const row of rows_of(bytes, CUSTOM_TAG_COLUMNS)) tags.set(`${row.owner} ${row.name}`, row.value as string);
    },
    families: async (owners) =>
      new Map([...tags].filter(([key]) => owners.some((owner) => key.startsWith(`${owner} `)))),
    reload: async () => {},
    unreferenced: async () => [],
    remove: async () => {},
    compact: async () => {},
  };
  return { entities, resources, tags, store };
}
