// Labels a block without decoding it: entity ids are patched where they lie, columns of the server are appended.
import { agent_columns, type RecordDefinition } from '@sonde/records';
import { type BlockView, BlockBuilder, ByteWriter, type ColumnView, LAYOUTS, view_block } from '@sonde/records/codec';
import type { Globals } from './ends.ts';
import { is_server_end, type RowTimes } from './row-times.ts';

export type LabelResult =
  | { readonly ok: true; readonly block: Uint8Array }
  | { readonly ok: false; readonly reason: string };

const bad = (reason: string): LabelResult => ({ ok: false, reason });
/** Columns that hold entity ids, by the naming of ends.ts. */
const is_entity_column = (name: string): boolean => /^entity_id(_[01])?$/.test(name);

// _id: time of receipt (s) in the upper 32 bits, low bits of the agent, counter (deepflow.md section 3: time, analyzer, counter).
const COUNTER_BITS = 22;
const AGENT_MASK = 0x3ff;

export class BlockLabeler {
  private counter = Math.floor(Math.random() * 2 ** COUNTER_BITS);

  /** The block's bytes are changed. `globals` must have every local id that the block uses. */
  label(
    block: BlockView,
    definition: RecordDefinition,
    agent_id: number,
    globals: Globals,
    times: RowTimes,
  ): LabelResult {
    for (const column of block.columns) {
      if (!is_entity_column(column.name)) continue;
      const unknown = patch_ids(block.bytes, column, globals, times, is_server_end(definition, column.name));
      if (unknown !== undefined) return bad(`${column.name} uses entity ${unknown}, which the header does not define`);
    }
    return { ok: true, block: this.append(block, definition, agent_id) };
  }

  private append(block: BlockView, definition: RecordDefinition, agent_id: number): Uint8Array {
    const columns = definition.columns.filter((c) => c.filled_by === 'server');
    if (columns.length === 0 || block.rows === 0) return block.bytes;
    const b = new BlockBuilder(columns);
    const second = Math.floor(Date.now() / 1000);
    for (let row = 0; row < block.rows; row++) {
      for (let c = 0; c < columns.length; c++) {
        if (columns[c]!.type === 'UInt16') b.u16(c, agent_id);
        else b.u64(c, this.next_low(agent_id), second);
      }
      b.end_row();
    }
    const own = view_block(b.take());
    if (!own.ok) throw new Error(`BUG: ${own.reason}`);
    const head = new ByteWriter(16);
    head.varint(block.columns.length + columns.length);
    head.varint(block.rows);
    const added = own.block.bytes.subarray(own.block.body);
    return Buffer.concat([head.view(), block.bytes.subarray(block.body), added]);
  }

  private next_low(agent_id: number): number {
    this.counter = (this.counter + 1) & (2 ** COUNTER_BITS - 1);
    return (((agent_id & AGENT_MASK) << COUNTER_BITS) | this.counter) >>> 0;
  }
}

/** What is wrong with the block's columns: unknown, of another type, or twice there. */
export function column_problem(block: BlockView, definition: RecordDefinition): string | undefined {
  const types = new Map(agent_columns(definition).map((c) => [c.name, LAYOUTS[c.type].wire_type]));
  for (const column of block.columns) {
    const type = types.get(column.name);
    if (type === undefined)
      return `the agent does not fill a column ${column.name} of ${definition.table}, or it is there twice`;
    if (type !== column.type) return `column ${column.name} is ${column.type}, not ${type}`;
    types.delete(column.name);
  }
  return types.has('time') && block.rows > 0 ? 'the block has no column time' : undefined;
}

/** Replaces local ids by global ones; returns the first local id that has none. */
function patch_ids(
  bytes: Uint8Array,
  column: ColumnView,
  globals: Globals,
  times: RowTimes,
  with_port: boolean,
): number | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let last_local = 0;
  let last_global: ReturnType<Globals['get']> = 0;
  for (let at = column.start, row = 0; at < column.end; at += 4, row++) {
    const local = view.getUint32(at, true);
    if (local !== last_local) {
      last_global = globals.get(local);
      if (last_global === undefined) return local;
      last_local = local;
    }
    if (typeof last_global === 'number') view.setUint32(at, last_global, true);
    else if (last_global !== undefined) {
      const port = with_port ? times.server_port(row) : 0;
      view.setUint32(at, last_global(times.from_us(row), times.to_us(row), port), true);
    }
  }
  return undefined;
}
