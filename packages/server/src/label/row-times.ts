// When the rows of a block happened, read off the block's own bytes: microseconds since 1970.
import type { RecordDefinition } from '@sonde/records';
import type { BlockView, ColumnView } from '@sonde/records/codec';

const TWO_32 = 2 ** 32;

/** First and last moment of each row, and the port of its server end. */
export class RowTimes {
  private readonly view: DataView;
  private readonly rows: number;
  private readonly start: ColumnView | undefined;
  private readonly end: ColumnView | undefined;
  private readonly second: ColumnView | undefined;
  private readonly ports: ColumnView | undefined;
  private readonly width_us: number;

  /** `interval_s`: window of metric rows, whose time is its begin; 0 for plain rows. */
  constructor(block: BlockView, interval_s: number) {
    const column = (name: string) => block.columns.find((c) => c.name === name);
    this.view = new DataView(block.bytes.buffer, block.bytes.byteOffset, block.bytes.byteLength);
    this.rows = block.rows;
    this.second = column('time');
    this.ports = column('server_port');
    this.width_us = Math.max(1, interval_s) * 1e6;
    const [start, end] = [column('start_time'), column('end_time')];
    if (interval_s === 0 && start !== undefined && end !== undefined) [this.start, this.end] = [start, end];
  }

  from_us(row: number): number {
    return this.start === undefined ? this.second_us(row) : this.wide(this.start, row);
  }

  to_us(row: number): number {
    return this.end === undefined ? this.second_us(row) + this.width_us - 1 : this.wide(this.end, row);
  }

  server_port(row: number): number {
    return this.ports === undefined ? 0 : this.view.getUint16(this.ports.start + row * 2, true);
  }

  /** Of all rows. */
  get span(): { readonly from_us: number; readonly to_us: number } {
    let [from_us, to_us] = [Number.POSITIVE_INFINITY, 0];
    for (let row = 0; row < this.rows; row++) {
      from_us = Math.min(from_us, this.from_us(row));
      to_us = Math.max(to_us, this.to_us(row));
    }
    return { from_us, to_us };
  }

  private second_us(row: number): number {
    return this.second === undefined ? 0 : this.view.getUint32(this.second.start + row * 4, true) * 1e6;
  }

  private wide(column: ColumnView, row: number): number {
    const at = column.start + row * 8;
    return this.view.getInt32(at + 4, true) * TWO_32 + this.view.getUint32(at, true);
  }
}

/** Ends whose rows carry the server's port beside them. */
export const is_server_end = (definition: RecordDefinition, column: string): boolean =>
  column === 'entity_id_1' || (column === 'entity_id' && definition.columns.some((c) => c.name === 'role'));
