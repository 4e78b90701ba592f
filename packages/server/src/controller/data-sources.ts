// How long each table keeps its rows: DeepFlow's data sources. Changes take effect at once and are kept in the data folder, so that
// the next start does not put the defaults back.
import { DEFINITIONS, physical_intervals, type RecordDefinition } from '@sonde/records';
import { z } from 'zod';
import { read_json, write_json } from '../files.ts';
import { physical_table, quote_name } from '../store/store.ts';

const HOURS_MAX = 10 * 366 * 24;
const HOURS = z.number().int().min(1).max(HOURS_MAX);
const STORED = z.record(z.string(), HOURS);
const CHANGE = z.strictObject({ retention_time: HOURS });

/** One physical table, in DeepFlow's words; LCUUID is its name ('flow_metrics.application.1m'). */
export interface DataSource {
  readonly LCUUID: string;
  readonly DATA_TABLE_COLLECTION: string;
  /** Seconds of a window; 0 for plain rows. */
  readonly INTERVAL: number;
  /** Hours. */
  readonly RETENTION_TIME: number;
  readonly RETENTION_TIME_DEFAULT: number;
}
interface Known {
  readonly database: string;
  readonly table: string;
  readonly source: Omit<DataSource, 'RETENTION_TIME'>;
}

const name_of = (definition: RecordDefinition, interval_s: number): string =>
  `${definition.database}.${physical_table({ table: definition.table, interval_s })}`;

const KNOWN: ReadonlyMap<string, Known> = new Map(
  DEFINITIONS.flatMap((definition) =>
    physical_intervals(definition).map((interval_s): [string, Known] => {
      const { database } = definition;
      const LCUUID = name_of(definition, interval_s);
      const source = {
        LCUUID,
        DATA_TABLE_COLLECTION: `${database}.${definition.table}`,
        INTERVAL: interval_s,
        RETENTION_TIME_DEFAULT: definition.ttl_hours[interval_s]!,
      };
      return [LCUUID, { database, table: physical_table({ table: definition.table, interval_s }), source }];
    }),
  ),
);

export type Outcome =
  | { readonly ok: true; readonly source: DataSource }
  | { readonly ok: false; readonly status: 400 | 404; readonly problem: string };

export class DataSources {
  private readonly path: string;
  private hours: Readonly<Record<string, number>>;
  private changing: Promise<unknown> = Promise.resolve();

  private constructor(path: string, hours: Readonly<Record<string, number>>) {
    this.path = path;
    this.hours = hours;
  }

  static async open(path: string): Promise<DataSources> {
    const stored = STORED.safeParse((await read_json(path)) ?? {});
    if (!stored.success) throw new Error(`${path} is not valid: hours by table are expected.`);
    return new DataSources(path, stored.data);
  }

  /** Hours that somebody set for a table; undefined where nobody did. */
  changed_hours(table: string): number | undefined {
    return this.hours[table];
  }
  keeps(definition: RecordDefinition, interval_s: number): number {
    return this.hours[name_of(definition, interval_s)] ?? definition.ttl_hours[interval_s] ?? Infinity;
  }
  list(): DataSource[] {
    return [...KNOWN.values()].map((known) => this.source(known));
  }

  /** `exec` runs a statement of the store. Resolves when the table keeps its rows so long, and the next start will know. */
  change(table: string, input: unknown, exec: (sql: string) => Promise<void>): Promise<Outcome> {
    const result = this.changing.then(() => this.change_one(table, input, exec));
    this.changing = result.catch(() => {});
    return result;
  }

  private async change_one(table: string, input: unknown, exec: (sql: string) => Promise<void>): Promise<Outcome> {
    const known = KNOWN.get(table);
    if (known === undefined) return { ok: false, status: 404, problem: `There is no table ${table.slice(0, 128)}.` };
    const parsed = CHANGE.safeParse(input);
    if (!parsed.success)
      return { ok: false, status: 400, problem: `retention_time is a whole number of hours, from 1 to ${HOURS_MAX}.` };
    const hours = parsed.data.retention_time;
    await exec(
      `ALTER TABLE ${quote_name(known.database)}.${quote_name(known.table)} MODIFY TTL time + toIntervalHour(${hours})`,
    );
    const all = { ...this.hours, [table]: hours };
    await write_json(this.path, all);
    this.hours = all;
    return { ok: true, source: this.source(known) };
  }

  private source({ source }: Known): DataSource {
    return { ...source, RETENTION_TIME: this.hours[source.LCUUID] ?? source.RETENTION_TIME_DEFAULT };
  }
}
