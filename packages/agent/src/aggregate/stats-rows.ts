// Writes groups of counters as rows of the agent's own statistics: one row a group, a "virtual table".
import type { Rows } from '../call.ts';

export interface StatsGroup {
  /** e.g. 'deepflow_agent_ring'. */
  readonly table: string;
  readonly tags: readonly (readonly [string, string])[];
  readonly metrics: readonly (readonly [string, number])[];
}

export class StatsRows {
  private readonly rows: Rows;
  private readonly host: string;
  private readonly at: Record<'time' | 'table' | 'host' | 'tag_names' | 'tag_values' | 'names' | 'values', number>;

  constructor(rows: Rows, host: string) {
    const { block } = rows;
    this.rows = rows;
    this.host = host;
    this.at = {
      time: block.column('time'),
      table: block.column('virtual_table_name'),
      host: block.column('host'),
      tag_names: block.column('tag_names'),
      tag_values: block.column('tag_values'),
      names: block.column('metrics_float_names'),
      values: block.column('metrics_float_values'),
    };
  }

  write(time_s: number, group: StatsGroup): void {
    const { at } = this;
    const { block } = this.rows;
    block.u32(at.time, time_s);
    block.str(at.table, group.table);
    block.str(at.host, this.host);
    block.strs(
      at.tag_names,
      group.tags.map(([name]) => name),
    );
    block.strs(
      at.tag_values,
      group.tags.map(([, value]) => value),
    );
    block.strs(
      at.names,
      group.metrics.map(([name]) => name),
    );
    block.f64s(
      at.values,
      group.metrics.map(([, value]) => value),
    );
    this.rows.end_row();
  }
}
