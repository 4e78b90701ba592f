// Brings the tables of a data folder to what the record definitions say. Adds databases, tables, columns and indexes, changes
// retention and codecs, makes empty tables of another shape anew; refuses what would need rows to be rewritten, naming the table and the way out.
import { type RecordDefinition, STORED } from '@sonde/records';
import { StoreError } from '../store.ts';
import {
  CLEANUP,
  column_ddl,
  create_table,
  full_name,
  index_ddl,
  type PhysicalColumn,
  type PhysicalTable,
  physical_tables,
  type Rollup,
  rollups,
  sorting_key_ddl,
  ttl_ddl,
} from './ddl.ts';
import { ENTITY_DDL } from './entity.ts';
import { PROFILE_DDL } from './profile.ts';
import { PROMETHEUS_DDL } from './prometheus.ts';

/** What the migration asks of an engine; rows as arrays of strings. */
export interface Engine {
  rows(sql: string, params: Readonly<Record<string, string>>): Promise<string[][]>;
  run(sql: string): Promise<void>;
}

/** Hours that a table ('flow_metrics.application.1m') keeps its rows; undefined leaves it to the definition. */
export type RetentionHours = (table: string) => number | undefined;

/** Returns sentences about what was changed; nothing on a folder that is up to date. */
export async function migrate(
  engine: Engine,
  definitions: readonly RecordDefinition[] = STORED,
  retention: RetentionHours = () => undefined,
): Promise<string[]> {
  const done: string[] = [];
  for (const ddl of [...ENTITY_DDL, ...PROMETHEUS_DDL]) await engine.run(ddl);
  for (const definition of definitions) {
    await engine.run(`CREATE DATABASE IF NOT EXISTS \`${definition.database}\``);
    for (const table of physical_tables(definition)) {
      const ttl_hours = retention(`${table.database}.${table.name}`) ?? table.ttl_hours;
      done.push(...(await migrate_table(engine, { ...table, ttl_hours })));
    }
    for (const rollup of rollups(definition)) done.push(...(await migrate_rollup(engine, rollup)));
  }
  for (const ddl of PROFILE_DDL) await engine.run(ddl);
  return done;
}

/** Views hold no rows, so one that does something else is made anew. */
async function migrate_rollup(engine: Engine, rollup: Rollup): Promise<string[]> {
  const { database, name, version } = rollup;
  const [stored] = await engine.rows(
    'SELECT comment FROM system.tables WHERE database = {database:String} AND name = {name:String}',
    { database, name },
  );
  if (stored?.[0] === version) return [];
  if (stored !== undefined) await engine.run(`DROP VIEW ${full_name(rollup)}`);
  await engine.run(rollup.ddl);
  return [`${database}.${name} was ${stored === undefined ? 'created' : 'changed'}`];
}

async function migrate_table(engine: Engine, table: PhysicalTable): Promise<string[]> {
  const params = { database: table.database, table: table.name };
  const where = 'database = {database:String} AND table = {table:String}';
  const stored = await engine.rows(
    `SELECT name, type, replaceRegexpOne(compression_codec, '^CODEC\\\\((.*)\\\\)$', '\\\\1'), toString(is_in_sorting_key) FROM system.columns WHERE ${where}`,
    params,
  );
  if (stored.length === 0) {
    await engine.run(create_table(table));
    return [`${table.database}.${table.name} was created`];
  }
  const [about] = await engine.rows(
    `SELECT engine, engine_full FROM system.tables WHERE ${where.replace('table =', 'name =')}`,
    params,
  );
  const problem = shape_problem(table, stored, about?.[0] ?? '');
  if (problem !== undefined) {
    const filled = await engine.rows(`SELECT 1 FROM ${full_name(table)} LIMIT 1`, {});
    if (filled.length > 0) throw problem;
    await engine.run(`DROP TABLE ${full_name(table)} SYNC`);
    await engine.run(create_table(table));
    return [`${table.database}.${table.name} held no rows and was made anew`];
  }
  const indexes = await engine.rows(`SELECT expr FROM system.data_skipping_indices WHERE ${where}`, params);
  const steps = alterations(
    table,
    stored,
    indexes.map((row) => row[0] ?? ''),
    about?.[1] ?? '',
  );
  for (const step of steps) await engine.run(`ALTER TABLE ${full_name(table)} ${step}`);
  return steps.map((step) => `${table.database}.${table.name}: ${step}`);
}

const refuse = (table: PhysicalTable, what: string): StoreError =>
  new StoreError(
    'schema',
    `The data folder's table ${table.database}.${table.name} ${what}. It cannot be changed in place: ` +
      'start with another data folder, or with the version that wrote this one.',
  );

function shape_problem(table: PhysicalTable, stored: readonly string[][], engine: string): StoreError | undefined {
  if (engine !== table.engine) return refuse(table, `is a ${engine}, this version needs ${table.engine}`);
  const types = new Map(stored.map(([name, type]) => [name, type]));
  for (const column of table.columns) {
    const type = types.get(column.name);
    if (type !== undefined && type !== column.type) {
      return refuse(table, `has column ${column.name} as ${type}, this version needs ${column.type}`);
    }
  }
  const wanted = new Set(table.sorting_key.filter((name) => types.has(name)));
  const sorted = stored.filter((row) => row[3] === '1').map((row) => row[0] ?? '');
  if (sorted.length !== wanted.size || sorted.some((name) => !wanted.has(name))) {
    return refuse(table, `is sorted by ${sorted.join(', ')}, this version needs ${[...wanted].join(', ')}`);
  }
  return undefined;
}

/** ALTER clauses, in the order in which they must run. */
function alterations(
  table: PhysicalTable,
  stored: readonly string[][],
  indexed: readonly string[],
  engine_full: string,
): string[] {
  const by_name = new Map(stored.map((row) => [row[0], row]));
  const added = table.columns.filter((c) => !by_name.has(c.name));
  const steps = added.filter((c) => !table.sorting_key.includes(c.name)).map((c) => `ADD COLUMN ${column_ddl(c)}`);
  // A column can enter the sorting key only in the statement that adds it.
  const keys = added.filter((c) => table.sorting_key.includes(c.name));
  if (keys.length > 0) {
    const adds = keys.map((c) => `ADD COLUMN ${column_ddl(c)}`);
    steps.push(`${adds.join(', ')}, MODIFY ORDER BY ${sorting_key_ddl(table)}`);
  }
  const compact = (codec: string): string => codec.replaceAll(' ', '');
  const recoded = (c: PhysicalColumn): boolean => compact(by_name.get(c.name)?.[2] ?? '') !== compact(c.codec);
  for (const c of table.columns) if (by_name.has(c.name) && recoded(c)) steps.push(`MODIFY COLUMN ${column_ddl(c)}`);
  for (const c of table.columns) {
    if (c.index !== undefined && !indexed.includes(c.name)) steps.push(`ADD ${index_ddl(c)}`);
  }
  const ttl = /TTL time \+ toIntervalHour\((\d+)\)/.exec(engine_full)?.[1];
  if (ttl !== String(table.ttl_hours)) steps.push(`MODIFY TTL ${ttl_ddl(table.ttl_hours)}`);
  if (CLEANUP.split(', ').some((setting) => !engine_full.includes(setting))) steps.push(`MODIFY SETTING ${CLEANUP}`);
  return steps;
}
