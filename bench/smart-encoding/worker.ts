// One process of the bench, so that its CPU and memory are those of one way alone: it makes the rows, or takes them in and
// answers. Both on the product's own store.
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { decode_rows } from '../../packages/server/src/query/engine.ts';
import { run_query } from '../../packages/server/src/query/run.ts';
import { open_embedded } from '../../packages/server/src/store/embedded/embedded.ts';
import { settings_clause } from '../../packages/server/src/store/embedded/engine.ts';
import { quote_name, type Store } from '../../packages/server/src/store/store.ts';
import { store_tags } from './entities.ts';
import { type Model, pods_of, TAGS, values_of } from './pods.ts';
import type { Question } from './questions.ts';
import { file_columns, requests_sql, TAG_DICTIONARY } from './requests.ts';
import { TABLE_NAME, table_ddl, tag_column_names, type Way } from './ways.ts';

/** What a process works on. */
export interface Work {
  readonly way: Way;
  readonly model: Model;
  readonly rows: number;
  readonly begin_s: number;
  readonly chunk_rows: number;
  /** Of the files with rows. */
  readonly files: string;
  /** Of the store. */
  readonly data: string;
}
export type Order =
  | { readonly do: 'make' | 'take_in' | 'close'; readonly work: Work }
  | { readonly do: 'ask'; readonly work: Work; readonly question: Question };

export interface Taken {
  readonly cpu_s: number;
  readonly wall_s: number;
  readonly peak_bytes: number;
  /** Storing tags of entities; of this, making them visible. In cpu_s. */
  readonly tags_cpu_s: number;
  readonly reload_cpu_s: number;
  readonly tag_column_bytes: number;
  readonly dictionary_bytes: number;
  readonly table_bytes: number;
  readonly rows: number;
}
export interface Answered {
  readonly ms: number;
  readonly rows: number;
  /** Equal for equal answers, whatever the order of their rows. */
  readonly digest: string;
}

const file_of = (work: Work, chunk: number): string => join(work.files, `${chunk}.native`);
const chunks_of = (work: Work): number => Math.ceil(work.rows / work.chunk_rows);
const cpu_s = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
};
const peak_bytes = (): number => {
  const line = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'));
  return Number(line![1]) * 1024;
};

async function make(store: Store, work: Work): Promise<void> {
  const pods = pods_of(work.model);
  const tsv = join(work.files, 'pods.tsv');
  writeFileSync(tsv, pods.map((pod) => `${[pod.id, ...values_of(pod)].join('\t')}\n`).join(''));
  const columns = TAGS.map((_tag, i) => `t${i} String`).join(', ');
  for (const sql of [
    'CREATE DATABASE bench',
    `CREATE TABLE bench.tag (id UInt64, ${columns}) ENGINE = Memory`,
    `INSERT INTO bench.tag FROM INFILE '${tsv}' FORMAT TabSeparated`,
    `CREATE DICTIONARY ${TAG_DICTIONARY} (id UInt64, ${columns}) PRIMARY KEY id
       SOURCE(CLICKHOUSE(DB 'bench' TABLE 'tag')) LAYOUT(FLAT()) LIFETIME(0)`,
  ])
    await store.exec(sql);
  for (let chunk = 0; chunk < chunks_of(work); chunk++) {
    const first = chunk * work.chunk_rows;
    const count = Math.min(work.chunk_rows, work.rows - first);
    const rows = requests_sql(work.way, work.begin_s, work.rows, first, count);
    const whole = settings_clause({ max_block_size: count, max_threads: 1 });
    await store.exec(`${rows} INTO OUTFILE '${file_of(work, chunk)}'${whole} FORMAT Native`);
  }
}

const sum_of = async (store: Store, sql: string, params: Readonly<Record<string, string | readonly string[]>> = {}) =>
  Number(decode_rows((await store.query(sql, params)).text()).values[0]![0]);

/** Rows in the order in which they arrived, then every merge that is left; tags first, as the server stores them. */
async function take_in(store: Store, work: Work): Promise<Taken> {
  for (const sql of table_ddl(work.way)) await store.exec(sql);
  const began = { cpu: cpu_s(), ms: performance.now() };
  const tags = work.way === 'SmartEncoding' ? await store_tags(store, pods_of(work.model), cpu_s) : undefined;
  const columns = file_columns(work.way).map((name) => quote_name(name.replaceAll('`', '')));
  const settings = settings_clause({ max_insert_threads: 1, max_threads: 1 });
  for (let chunk = 0; chunk < chunks_of(work); chunk++)
    await store.exec(
      `INSERT INTO ${TABLE_NAME} (${columns.join(', ')}) FROM INFILE '${file_of(work, chunk)}'${settings} FORMAT Native`,
    );
  await store.exec(`OPTIMIZE TABLE ${TABLE_NAME} FINAL`);
  const spent = { cpu_s: cpu_s() - began.cpu, wall_s: (performance.now() - began.ms) / 1000, peak_bytes: peak_bytes() };
  const active = "FROM system.parts WHERE active AND concat('`', database, '`.`', table, '`') = {table:String}";
  const table = { table: TABLE_NAME };
  return {
    ...spent,
    tags_cpu_s: tags?.cpu_s ?? 0,
    reload_cpu_s: tags?.reload_cpu_s ?? 0,
    rows: await sum_of(store, `SELECT sum(rows) ${active}`, table),
    table_bytes: await sum_of(store, `SELECT sum(bytes_on_disk) ${active}`, table),
    tag_column_bytes: await sum_of(
      store,
      `SELECT sum(column_bytes_on_disk) ${active.replace('system.parts', 'system.parts_columns')} AND column IN {names:Array(String)}`,
      { ...table, names: tag_column_names(work.way) },
    ),
    dictionary_bytes:
      tags === undefined
        ? 0
        : await sum_of(store, "SELECT sum(bytes_on_disk) FROM system.parts WHERE active AND database = 'flow_tag'"),
  };
}

/** As the server does it: the querier translates what is asked in the dialect; plain SQL goes to the store under the same limits. */
async function ask(store: Store, { way, begin_s }: Work, question: Question): Promise<Answered> {
  const began = performance.now();
  const values =
    way === 'SmartEncoding'
      ? (await run_query(store, { db: 'flow_log', sql: question.dialect }, { now: begin_s + 3600 })).result!.values
      : decode_rows((await store.query(question.plain)).text()).values;
  const ms = performance.now() - began;
  const lines = values.map((row) => JSON.stringify(row)).sort();
  return { ms, rows: lines.length, digest: createHash('sha256').update(lines.join('\n')).digest('hex') };
}

/** Does what its parent orders, one after another. */
export function work_for_parent(): void {
  let store: ReturnType<typeof open_embedded> | undefined;
  const obey = async (order: Order): Promise<unknown> => {
    store ??= open_embedded({ path: order.work.data });
    const opened = await store;
    if (order.do === 'ask') return ask(opened, order.work, order.question);
    if (order.do === 'take_in') return take_in(opened, order.work);
    return order.do === 'make' ? make(opened, order.work) : opened.close();
  };
  process.on('message', (order: Order) => {
    obey(order).then(
      (done) => process.send!({ done }),
      (error: unknown) =>
        process.send!({ failed: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
    );
  });
}
