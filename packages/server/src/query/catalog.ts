// What can be asked: databases, tables, their tags and metrics, all derived from the record definitions.
import {
  AGENT_STATS,
  APPLICATION,
  APPLICATION_MAP,
  L7_FLOW_LOG,
  type RecordDefinition,
  SERVER_STATS,
} from '@sonde/records';
import { invalid, QueryError } from './error.ts';
import { type Metric, metrics_of, named_metric } from './metrics.ts';
import { hint } from './nearest.ts';
import type { TableName } from './sql/ast.ts';
import { dynamic_tag, tags_of } from './tags/index.ts';
import type { Tag } from './tags/tag.ts';

const DEFINITIONS: readonly RecordDefinition[] = [L7_FLOW_LOG, APPLICATION, APPLICATION_MAP, AGENT_STATS, SERVER_STATS];

/** Names of older DeepFlow releases and of its own documents (deepflow.md section 10.5). */
const OLD_TABLES: Readonly<Record<string, string>> = {
  vtap_flow_port: 'network',
  vtap_flow_edge_port: 'network_map',
  vtap_app_port: 'application',
  vtap_app_edge_port: 'application_map',
};
const OLD_TAGS: Readonly<Record<string, string>> = { tap_side: 'observation_point', vtap_id: 'agent_id' };
const OLD_METRICS: Readonly<Record<string, string>> = { rrt: 'response_duration' };

export class Table {
  readonly definition: RecordDefinition;
  /** Name as asked for: the definition's, or that of a virtual table. */
  readonly name: string;
  /** Rows of one group of counters only. */
  readonly virtual: string | undefined;
  readonly tags: ReadonlyMap<string, Tag>;
  readonly metrics: ReadonlyMap<string, Metric>;

  constructor(definition: RecordDefinition, virtual?: string) {
    this.definition = definition;
    this.virtual = virtual;
    this.name = virtual ?? definition.table;
    this.tags = tags_of(definition);
    this.metrics = metrics_of(definition);
  }

  /** The tag of this name; on tables of calls a name without suffix means the server end, and either end in filters. */
  tag(asked: string): Tag | undefined {
    const name = renamed(asked);
    const tag = this.tags.get(name) ?? dynamic_tag(this.definition, name);
    if (tag) return tag;
    const client = this.tags.get(`${name}_0`);
    const server = this.tags.get(`${name}_1`);
    return client && server ? { ...server, name, ends: [client, server] } : undefined;
  }
  metric(asked: string): Metric | undefined {
    const old = OLD_METRICS[asked];
    return this.metrics.get(asked) ?? (old ? this.metrics.get(old) : undefined) ?? named_metric(this.definition, asked);
  }
  *names(): Iterable<string> {
    for (const tag of this.tags.values()) if (!tag.hidden) yield tag.name;
    for (const metric of this.metrics.values()) if (!metric.hidden) yield metric.name;
  }
  unknown(name: string, what: string, at: number, known: Iterable<string> = this.names()): QueryError {
    return invalid(`\`${name}\` is no ${what} of ${this.definition.database}.${this.name}.${hint(name, known)}`, at);
  }
}

/** tap_side, tap_side_0: the name it has now. */
function renamed(name: string): string {
  return OLD_TAGS[name] ?? name;
}

const TABLES: readonly Table[] = DEFINITIONS.map((d) => new Table(d));
export const DATABASES: readonly string[] = [...new Set(DEFINITIONS.map((d) => d.database))];

export const has_virtual_tables = (definition: RecordDefinition): boolean =>
  definition.columns.some((c) => c.name === 'virtual_table_name');
export const tables_of = (database: string): readonly Table[] =>
  TABLES.filter((t) => t.definition.database === database);

export function check_database(database: string): string {
  if (DATABASES.includes(database)) return database;
  throw new QueryError(
    'RESOURCE_NOT_FOUND',
    `there is no database \`${database.slice(0, 64)}\`; there are ${DATABASES.join(', ')}.${hint(database, DATABASES)}`,
  );
}

const PRECISION = /^\d+[smhd]$/;
/** A table and the precision that its name asks for, e.g. '1m' of application_map.1m. */
export interface FoundTable {
  readonly table: Table;
  readonly precision: string | undefined;
}

/** Looks up `table`, `table.1m`, `db.table`, `db.table.1m`; `database` is the request's, '' when it names none. */
export function find_table(from: TableName, database: string): FoundTable {
  // A backquoted name may hold the dots itself.
  let parts = from.parts.flatMap((part) => part.split('.'));
  let db = database;
  if (parts.length > 1 && DATABASES.includes(parts[0]!)) {
    db = parts[0]!;
    parts = parts.slice(1);
  }
  let precision: string | undefined;
  if (parts.length > 1 && PRECISION.test(parts.at(-1)!)) {
    precision = parts.at(-1)!;
    parts = parts.slice(0, -1);
  }
  const asked = parts.join('.');
  const name = OLD_TABLES[asked] ?? asked;
  if (db !== '') check_database(db);
  const candidates = db === '' ? TABLES : tables_of(db);
  const table = candidates.find((t) => t.definition.table === name);
  if (table) return { table, precision };
  const host = db === '' ? undefined : candidates.find((t) => has_virtual_tables(t.definition));
  if (host && name.length <= 256) return { table: new Table(host.definition, name), precision };
  const known = candidates.map((t) => t.definition.table);
  throw invalid(
    `there is no table \`${asked.slice(0, 128)}\`${db === '' ? '' : ` in ${db}`}; there are ${known.join(', ')}.${hint(asked, known)}`,
    from.at,
  );
}

/** SQL name of the physical table; made of the definition's words, never of the statement's. */
export function physical_source(table: Table, interval_s: number): string {
  const { database, table: name } = table.definition;
  const suffix = interval_s === 0 ? '' : interval_s % 60 === 0 ? `.${interval_s / 60}m` : `.${interval_s}s`;
  return `\`${database}\`.\`${name}${suffix}\``;
}
