// Writes windows as rows of flow_metrics.application (one an end) and application_map (one an edge).
import type { BlockBuilder } from '@sonde/records/codec';
import type { Rows, Vantage } from '../call.ts';
import type { Cell } from './keys.ts';
import type { Sums } from './sums.ts';

const SUMS = [
  'request',
  'response',
  'rrt_sum',
  'rrt_count',
  'rrt_max',
  'client_error',
  'server_error',
  'timeout',
  'byte_tx',
  'byte_rx',
  'message_tx',
  'message_rx',
  'new_flow',
  'tcp_establish_fail',
] as const satisfies readonly (keyof Sums)[];

class SumColumns {
  private readonly block: BlockBuilder;
  private readonly columns: readonly (readonly [number, (typeof SUMS)[number]])[];
  private readonly sketch: number;

  constructor(block: BlockBuilder) {
    this.block = block;
    this.columns = SUMS.map((name) => [block.column(name), name]);
    this.sketch = block.column('rrt_sketch');
  }

  write(sums: Sums): void {
    for (const [column, name] of this.columns) {
      const value = sums[name];
      if (value !== 0) this.block.i64(column, value);
    }
    if (sums.rrt_count > 0) this.block.sketch(this.sketch, sums.sketch!);
  }
}

/** Columns that both tables have. */
class CommonColumns {
  private readonly block: BlockBuilder;
  private readonly at: Record<
    'time' | 'is_ipv4' | 'protocol' | 'server_port' | 'signal_source' | 'l7_protocol' | 'is_tls' | 'endpoint',
    number
  >;
  private readonly sums: SumColumns;
  private readonly signal_source: number;

  constructor(block: BlockBuilder, vantage: Vantage) {
    this.block = block;
    this.signal_source = vantage.signal_source;
    this.at = {
      time: block.column('time'),
      is_ipv4: block.column('is_ipv4'),
      protocol: block.column('protocol'),
      server_port: block.column('server_port'),
      signal_source: block.column('signal_source'),
      l7_protocol: block.column('l7_protocol'),
      is_tls: block.column('is_tls'),
      endpoint: block.column('endpoint'),
    };
    this.sums = new SumColumns(block);
  }

  write(cell: Cell, sums: Sums): void {
    const { block, at } = this;
    const { edge, l7_protocol, is_tls } = cell.group;
    block.u32(at.time, sums.time);
    block.u8(at.is_ipv4, edge.family === 4 ? 1 : 0);
    block.u8(at.protocol, edge.transport);
    block.u16(at.server_port, edge.server_port);
    block.u16(at.signal_source, this.signal_source);
    block.u8(at.l7_protocol, l7_protocol);
    block.u8(at.is_tls, is_tls);
    block.str(at.endpoint, cell.endpoint);
    this.sums.write(sums);
  }
}

/** The columns of one end: entity and address. */
export class EndColumns {
  private readonly rows: Rows;
  private readonly entity: number;
  private readonly ip4: number;
  private readonly ip6: number;

  constructor(rows: Rows, suffix: '' | '_0' | '_1') {
    this.rows = rows;
    this.entity = rows.block.column(`entity_id${suffix}`);
    this.ip4 = rows.block.column(`ip4${suffix}`);
    this.ip6 = rows.block.column(`ip6${suffix}`);
  }

  write(entity: number, family: number, ip: Uint8Array): void {
    const { block } = this.rows;
    block.u32(this.entity, entity);
    if (entity !== 0) this.rows.entity(entity);
    if (family === 4) block.u32(this.ip4, ((ip[0]! << 24) | (ip[1]! << 16) | (ip[2]! << 8) | ip[3]!) >>> 0);
    else block.ip6(this.ip6, ip, 0);
  }
}

export class EdgeRows {
  private readonly rows: Rows;
  private readonly common: CommonColumns;
  private readonly ends: readonly [EndColumns, EndColumns];
  private readonly observation_point: number;
  private readonly vantage: Vantage;

  constructor(rows: Rows, vantage: Vantage) {
    this.rows = rows;
    this.vantage = vantage;
    this.common = new CommonColumns(rows.block, vantage);
    this.ends = [new EndColumns(rows, '_0'), new EndColumns(rows, '_1')];
    this.observation_point = rows.block.column('observation_point');
  }

  write(cell: Cell, sums: Sums): void {
    const { edge } = cell.group;
    this.common.write(cell, sums);
    this.ends[0].write(edge.entity_0, edge.family, edge.ip_0);
    this.ends[1].write(edge.entity_1, edge.family, edge.ip_1);
    const { client_point, server_point } = this.vantage;
    this.rows.block.str(this.observation_point, edge.is_client ? client_point : server_point);
    this.rows.end_row();
  }
}

export class NodeRows {
  private readonly rows: Rows;
  private readonly common: CommonColumns;
  private readonly end: EndColumns;
  private readonly role: number;

  constructor(rows: Rows, vantage: Vantage) {
    this.rows = rows;
    this.common = new CommonColumns(rows.block, vantage);
    this.end = new EndColumns(rows, '');
    this.role = rows.block.column('role');
  }

  /** `cell` is any of those merged in `sums`. */
  write(cell: Cell, sums: Sums): void {
    const { edge } = cell.group;
    this.common.write(cell, sums);
    if (edge.is_client) this.end.write(edge.entity_0, edge.family, edge.ip_0);
    else this.end.write(edge.entity_1, edge.family, edge.ip_1);
    this.rows.block.u8(this.role, edge.is_client ? 0 : 1);
    this.rows.end_row();
  }
}
