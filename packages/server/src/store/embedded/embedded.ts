// The default store: ClickHouse inside this process (chDB) on a data folder.
//
// One session inserts, one administers (DDL, sizes, KILL), a few answer queries; each runs one statement at a time, so a slow
// query never stands before an insert. Blocks reach the engine as files on a memory file system, which measured fastest.
import { mkdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { DEFINITIONS, STORED } from '@sonde/records';
import { view_block } from '@sonde/records/codec';
import { drainPending, Session } from 'chdb';
import { TAG_RECORDS, ENTITY_TABLE } from '../schema/entity.ts';
import { migrate, type RetentionHours } from '../schema/migrate.ts';
import {
  type Param,
  physical_table,
  type QueryOptions,
  type QueryResult,
  quote_name,
  type Store,
  StoreError,
  type TableRef,
  type TableSize,
} from '../store.ts';
import { insert_error } from './errors.ts';
import { ENGINE_ARGUMENTS, query_lanes, query_settings, settings_clause } from './engine.ts';
import { check_reading } from './guard-sql.ts';
import { HandOver } from './hand-over.ts';
import { cancelled_error, closed_error, Lanes, run } from './lane.ts';

const QUERIES_WAITING_MAX = 64;
const WRITES_WAITING_MAX = 1024;
const KILL_EVERY_MS = 100;
const TOKEN = /^[A-Za-z0-9_.:/@-]{1,600}$/;

export interface EmbeddedOptions {
  /** Folder of the engine; made when missing. Only one process may have it open: the caller holds the lock. */
  readonly path: string;
  readonly retention?: RetentionHours;
}

export async function open_embedded(
  options: EmbeddedOptions,
): Promise<Store & { readonly migrated: readonly string[] }> {
  const path = resolve(options.path);
  mkdirSync(path, { recursive: true });
  const hand_over = new HandOver(path);
  const open = (): Session => new Session(path, { connectionArgs: ENGINE_ARGUMENTS });
  const admin = open();
  const lanes = {
    insert: new Lanes([open()], WRITES_WAITING_MAX),
    admin: new Lanes([admin], WRITES_WAITING_MAX),
    query: new Lanes(Array.from({ length: query_lanes() }, open), QUERIES_WAITING_MAX),
  };
  try {
    const engine = {
      run: async (sql: string) => void (await lanes.admin.with_session((s) => run(s, sql, {}, 'Null'))),
      rows: (sql: string, params: Readonly<Record<string, string>>) =>
        lanes.admin.with_session(async (s) => json_rows((await run(s, sql, params, 'JSONCompact')).bytes)),
    };
    const migrated = await migrate(engine, STORED, options.retention);
    return Object.assign(new EmbeddedStore(lanes, hand_over), { migrated });
  } catch (error) {
    await Promise.all(Object.values(lanes).map((l) => l.close()));
    hand_over.clear();
    throw error;
  }
}

const json_rows = (bytes: Uint8Array): string[][] =>
  (JSON.parse(Buffer.from(bytes).toString('utf8')) as { data: string[][] }).data;

type LaneSet = Readonly<Record<'insert' | 'admin' | 'query', Lanes>>;

class EmbeddedStore implements Store {
  private readonly lanes: LaneSet;
  private readonly hand_over: HandOver;
  private readonly columns: ReadonlyMap<string, ReadonlySet<string>>;
  private serial = 0;
  private closing: Promise<void> | undefined;

  constructor(lanes: LaneSet, hand_over: HandOver) {
    this.lanes = lanes;
    this.hand_over = hand_over;
    this.columns = new Map([
      ...TAG_RECORDS.map((r) => [key({ ...r, interval_s: 0 }), new Set(r.columns.map((c) => c.name))] as const),
      ...STORED.flatMap((d) =>
        (d.intervals_s.length > 0 ? d.intervals_s : [0]).map(
          (interval_s) => [key({ ...d, interval_s }), new Set(d.columns.map((c) => c.name))] as const,
        ),
      ),
    ]);
  }

  async insert(table: TableRef, block: Uint8Array, dedup_token: string): Promise<void> {
    if (this.closing !== undefined) throw closed_error();
    const columns = this.insert_columns(table, block);
    if (!TOKEN.test(dedup_token))
      throw new StoreError('bad_block', 'The deduplication token has characters it must not have.');
    const target = `${quote_name(table.database)}.${quote_name(physical_table(table))}`;
    const settings = settings_clause({
      insert_deduplication_token: dedup_token,
      // A batch that a crash stored without its rollups is rolled up when it comes again.
      deduplicate_blocks_in_dependent_materialized_views: 1,
      max_insert_threads: 1,
      max_threads: 1,
      // A batch whose times lie far apart (a clock that was set) must not be refused again and again.
      throw_on_max_partitions_per_insert_block: 0,
    });
    const stored = this.hand_over.with_file(block, (file) => {
      // The statement holds no value but our own file's name, the checked token and names of the definition.
      const quoted = file.replace(/[\\']/g, (c) => `\\${c}`);
      const sql = `INSERT INTO ${target} (${columns}) FROM INFILE '${quoted}'${settings} FORMAT Native`;
      return this.lanes.insert.with_session((session) => run(session, sql, {}, 'Null'));
    });
    await stored.catch((error: unknown) => Promise.reject(insert_error(error)));
  }

  async query(
    sql: string,
    params: Readonly<Record<string, Param>> = {},
    options: QueryOptions = {},
  ): Promise<QueryResult> {
    const tag = `q${++this.serial}`;
    const settings = settings_clause(query_settings(options, tag));
    const statement = options.untrusted === true ? await this.canonical(sql) : sql;
    const began = performance.now();
    const lanes = options.urgent === true ? this.lanes.admin : this.lanes.query;
    const answer = await lanes.with_session(async (session) => {
      const { signal } = options;
      // Asked again until it is gone: the first time may come before the engine knows the statement.
      let again: NodeJS.Timeout | undefined;
      const kill = (): void => {
        void this.kill(tag);
        again = setInterval(() => void this.kill(tag), KILL_EVERY_MS);
      };
      signal?.addEventListener('abort', kill, { once: true });
      try {
        await run(session, `USE ${quote_name(options.database ?? 'default')}`, {}, 'Null');
        if (signal?.aborted === true) throw cancelled_error();
        return await run(session, statement + settings, params, options.format ?? 'JSONCompact');
      } finally {
        signal?.removeEventListener('abort', kill);
        clearInterval(again);
      }
    }, options.signal);
    return {
      ...answer,
      elapsed_ms: performance.now() - began,
      text: () => Buffer.from(answer.bytes.buffer, answer.bytes.byteOffset, answer.bytes.length).toString('utf8'),
    };
  }

  async exec(sql: string, params: Readonly<Record<string, Param>> = {}): Promise<void> {
    await this.lanes.admin.with_session((session) => run(session, sql, params, 'Null'));
  }

  async sizes(): Promise<readonly TableSize[]> {
    const databases = [...new Set([...DEFINITIONS.map((d) => d.database), ENTITY_TABLE.database])];
    const sql = `SELECT database, table, toString(sum(rows)), toString(sum(bytes_on_disk)), toString(sum(data_uncompressed_bytes))
      FROM system.parts WHERE active AND database IN {databases:Array(String)} GROUP BY database, table ORDER BY database, table`;
    const rows = await this.lanes.admin.with_session(async (session) =>
      json_rows((await run(session, sql, { databases }, 'JSONCompact')).bytes),
    );
    return rows.map(([database = '', table = '', count, bytes, uncompressed]) => ({
      database,
      table,
      rows: Number(count),
      bytes: Number(bytes),
      uncompressed_bytes: Number(uncompressed),
    }));
  }

  close(): Promise<void> {
    this.closing ??= this.finish();
    return this.closing;
  }

  private async finish(): Promise<void> {
    await this.lanes.insert.close();
    const stopped = this.lanes.query.close();
    await this.kill('q');
    await stopped;
    await this.lanes.admin.close();
    await drainPending();
    this.hand_over.clear();
  }

  /** Names of the block's columns, quoted; refuses blocks that are unsound or have columns the table lacks. */
  private insert_columns(table: TableRef, block: Uint8Array): string {
    const known = this.columns.get(key(table));
    if (known === undefined) {
      throw new StoreError('unknown_table', `There is no table ${table.database}.${physical_table(table)}.`);
    }
    const view = view_block(block);
    if (!view.ok) throw new StoreError('bad_block', `The block is unsound: ${view.reason}.`);
    if (view.block.end !== block.length) throw new StoreError('bad_block', 'The block has bytes behind its end.');
    const strange = view.block.columns.find((c) => !known.has(c.name));
    if (strange !== undefined) throw new StoreError('bad_block', `The table has no column ${strange.name}.`);
    return view.block.columns.map((c) => quote_name(c.name)).join(', ');
  }

  /** The user's statement as the engine's parser writes it, after checking that it only reads. */
  private async canonical(sql: string): Promise<string> {
    const answer = await this.lanes.query.with_session((session) =>
      run(session, 'SELECT formatQuerySingleLine({sql:String}) AS sql', { sql }, 'JSONCompact'),
    );
    const text = json_rows(answer.bytes)[0]?.[0] ?? '';
    check_reading(text);
    return text;
  }

  /** Stops running queries whose tag is `tag`, or all that have one for 'q'. The engine ends them within milliseconds. */
  private async kill(tag: string): Promise<void> {
    const sql =
      "KILL QUERY WHERE Settings['log_comment'] = {tag:String} OR ({tag:String} = 'q' AND match(Settings['log_comment'], '^q[0-9]+$')) ASYNC";
    await this.exec(sql, { tag }).catch(() => {});
  }
}

const key = (ref: TableRef): string => `${ref.database}.${physical_table(ref)}`;
