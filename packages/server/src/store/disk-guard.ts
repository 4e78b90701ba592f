// Keeps the disk from filling up: drops the oldest partitions early, refuses rows when even that is not enough.
import { statfs } from 'node:fs/promises';
import { DEFINITIONS } from '@sonde/records';
import { quote_name, type Store } from './store.ts';

export interface DiskLimits {
  readonly free_bytes_early: number;
  readonly free_bytes_min: number;
  /** 0 = no limit. */
  readonly data_bytes_max: number;
}
export interface DiskReport {
  readonly free_bytes: number;
  readonly data_bytes: number;
  /** Sentence for people; '' when all is well. */
  readonly problem: string;
}
interface Partition {
  readonly database: string;
  readonly table: string;
  readonly id: string;
  /** Last second of its rows. */
  readonly until_s: number;
  readonly bytes: number;
  /** The newest of its table: still being written to. */
  readonly newest: boolean;
}

const ROUNDS_MAX = 100;
/** How far below the data limit to go, so that the next batch does not drop again. */
const SLACK = 0.95;

export class DiskGuard {
  private readonly store: Store;
  private readonly path: string;
  private readonly limits: DiskLimits;
  private readonly on_drop: (table: string, rows_until_s: number, bytes: number) => void;
  report: DiskReport = { free_bytes: 0, data_bytes: 0, problem: '' };
  /** Why nothing may be stored now; undefined when it may. */
  refusal: string | undefined;

  constructor(
    store: Store,
    path: string,
    limits: DiskLimits,
    on_drop: (table: string, rows_until_s: number, bytes: number) => void,
  ) {
    this.store = store;
    this.path = path;
    this.limits = limits;
    this.on_drop = on_drop;
  }

  /** Looks once, and drops what must go. To be called every few seconds, never twice at once. */
  async check(): Promise<void> {
    let partitions = await this.partitions();
    let dropped = 0;
    for (let round = 0; round < ROUNDS_MAX; round++) {
      const { free_bytes, data_bytes } = await this.measure(partitions);
      const over =
        this.limits.data_bytes_max > 0 && data_bytes > this.limits.data_bytes_max * (dropped > 0 ? SLACK : 1);
      if (free_bytes >= this.limits.free_bytes_early && !over) break;
      const oldest = partitions.filter((p) => !p.newest).sort((a, b) => a.until_s - b.until_s)[0];
      if (oldest === undefined) break;
      await this.drop(oldest);
      dropped++;
      partitions = await this.partitions();
    }
    await this.conclude(partitions, dropped);
  }

  private async conclude(partitions: readonly Partition[], dropped: number): Promise<void> {
    const { free_bytes, data_bytes } = await this.measure(partitions);
    const { free_bytes_min, free_bytes_early, data_bytes_max } = this.limits;
    const full = free_bytes < free_bytes_min;
    const over = data_bytes_max > 0 && data_bytes > data_bytes_max;
    const limit = over
      ? `The stored rows are over the limit of ${mib(data_bytes_max)}`
      : `Only ${mib(free_bytes)} are free on the disk`;
    this.refusal =
      full || over
        ? `${limit}, and there is no older partition to drop: rows are refused, agents keep them.`
        : undefined;
    const scarce = free_bytes < free_bytes_early ? `Only ${mib(free_bytes)} are free on the disk.` : '';
    const went = dropped > 0 ? `The disk is short of space: the ${dropped} oldest partitions were dropped early.` : '';
    this.report = { free_bytes, data_bytes, problem: this.refusal ?? (went || scarce) };
  }

  private async measure(partitions: readonly Partition[]): Promise<{ free_bytes: number; data_bytes: number }> {
    const { bavail, bsize } = await statfs(this.path);
    return { free_bytes: bavail * bsize, data_bytes: partitions.reduce((sum, p) => sum + p.bytes, 0) };
  }

  private async partitions(): Promise<Partition[]> {
    const databases = [...new Set(DEFINITIONS.map((d) => d.database))];
    const sql = `SELECT database, table, partition_id, toUInt32(max(max_time)), sum(bytes_on_disk),
        max(max_time) = max(max(max_time)) OVER (PARTITION BY database, table)
      FROM system.parts WHERE active AND database IN {databases:Array(String)} GROUP BY database, table, partition_id`;
    const answer = await this.store.query(sql, { databases }, { urgent: true });
    const { data } = JSON.parse(answer.text()) as { data: [string, string, string, number, string, number][] };
    return data.map(([database, table, id, until_s, bytes, newest]) => ({
      database,
      table,
      id,
      until_s,
      bytes: Number(bytes),
      newest: newest === 1,
    }));
  }

  private async drop(partition: Partition): Promise<void> {
    const { database, table, id } = partition;
    if (!/^[A-Za-z0-9-]+$/.test(id)) throw new Error(`BUG: partition id ${id}`);
    await this.store.exec(`ALTER TABLE ${quote_name(database)}.${quote_name(table)} DROP PARTITION ID '${id}'`);
    this.on_drop(`${database}.${table}`, partition.until_s, partition.bytes);
  }
}

const mib = (bytes: number): string => `${Math.round(bytes / 1024 / 1024)} MiB`;
