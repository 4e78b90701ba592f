// The server's counters as rows of deepflow_admin.deepflow_server: the increase since the row before, one row a group.
import { hostname } from 'node:os';
import { SERVER_STATS } from '@sonde/records';
import { BlockBuilder } from '@sonde/records/codec';
import type { Counters } from './counters.ts';

const TABLE = { database: SERVER_STATS.database, table: SERVER_STATS.table, interval_s: 0 };
type Insert = (table: typeof TABLE, block: Uint8Array, token: string) => Promise<void>;

export class ServerStats {
  private readonly counters: Counters;
  private readonly gauges: () => Readonly<Record<string, number>>;
  private readonly insert: Insert;
  private readonly boot: string;
  private before: ReadonlyMap<string, number> = new Map();
  private written = 0;

  /** `gauges` gives values of the moment, named as counters are. `boot` must be new at every start. */
  constructor(counters: Counters, gauges: () => Readonly<Record<string, number>>, insert: Insert, boot: string) {
    this.counters = counters;
    this.gauges = gauges;
    this.insert = insert;
    this.boot = boot;
  }

  async write(): Promise<void> {
    const now = this.counters.snapshot();
    const increases = [...now].map(([name, value]) => [name, value - (this.before.get(name) ?? 0)] as const);
    const groups = new Map<string, { names: string[]; values: number[] }>();
    for (const [name, value] of [...increases, ...Object.entries(this.gauges())]) {
      const [group = '', counter = ''] = name.split('.', 2);
      const row = groups.get(group) ?? { names: [], values: [] };
      row.names.push(counter);
      row.values.push(value);
      groups.set(group, row);
    }
    await this.insert(TABLE, encode(groups), `server/${this.boot}/${++this.written}`);
    this.before = now;
  }
}

function encode(groups: ReadonlyMap<string, { names: string[]; values: number[] }>): Uint8Array {
  const b = new BlockBuilder(SERVER_STATS.columns);
  const at = (name: string): number => b.column(name);
  for (const [group, { names, values }] of groups) {
    b.u32(at('time'), Math.floor(Date.now() / 1000));
    b.str(at('virtual_table_name'), `deepflow_server_${group}`);
    b.str(at('host'), hostname());
    b.strs(at('metrics_float_names'), names);
    b.f64s(at('metrics_float_values'), values);
    b.end_row();
  }
  return b.take();
}
