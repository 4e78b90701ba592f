// What can be asked: databases, tables, their tags and metrics, all derived from the record definitions.
import { DEFINITIONS, DISPLAY_NAMES_ZH, interval_name, type RecordDefinition } from '@sonde/records';
import { invalid, QueryError } from './error.ts';
import { type Metric, metrics_of, named_metric } from './metrics.ts';
import { hint } from './nearest.ts';
import type { Bind } from './params.ts';
import type { TableName } from './sql/ast.ts';
import { dynamic_tag, tags_of } from './tags/index.ts';
import type { Tag } from './tags/tag.ts';

/** Names of older DeepFlow releases and of its own documents (deepflow.md section 10.5). */
const OLD_TABLES: Readonly<Record<string, string>> = {
  vtap_flow_port: 'network',
  vtap_flow_edge_port: 'network_map',
  vtap_app_port: 'application',
  vtap_app_edge_port: 'application_map',
  vtap_acl: 'traffic_policy',
  perf_event: 'file_event',
  resource_event: 'event',
  alarm_event: 'alert_event',
};
const OLD_TAGS: Readonly<Record<string, string>> = {
  tap_side: 'observation_point',
  vtap_id: 'agent_id',
  tap_port: 'capture_nic',
  tap_port_type: 'capture_nic_type',
  tap_id: 'capture_network_type_id',
  tap: 'capture_network_type',
  tap_port_name: 'capture_nic_name',
  tap_port_host: 'capture_nic_host',
  tap_port_chost: 'capture_nic_chost',
  tap_port_pod_node: 'capture_nic_pod_node',
  vtap: 'agent',
  epc_id: 'l2_vpc_id',
  ip_version: 'is_ipv4',
  service: 'pod_service',
  resource_gl0: 'auto_instance',
  resource_gl0_id: 'auto_instance_id',
  resource_gl0_type: 'auto_instance_type',
  resource_gl1: 'auto_service',
  resource_gl1_id: 'auto_service_id',
  resource_gl1_type: 'auto_service_type',
  resource_gl2: 'auto_service',
  resource_gl2_id: 'auto_service_id',
  resource_gl2_type: 'auto_service_type',
};
const OLD_METRICS: Readonly<Record<string, string>> = {
  rrt: 'response_duration',
  rtt_avg: 'rtt',
  avg_duration: 'duration',
  client_syn_repeat: 'server_syn_miss',
  server_syn_ack_repeat: 'client_ack_miss',
};
/** Names that stand for two columns: a filter holds where it holds for one of them, a negative one where it holds for both. */
const TWO_COLUMNS: Readonly<Record<string, readonly [string, string]>> = {
  tcp_seq: ['req_tcp_seq', 'resp_tcp_seq'],
  syscall_trace_id: ['syscall_trace_id_request', 'syscall_trace_id_response'],
};

/** Display name -> column names that it may stand for, in order. */
const BY_DISPLAY_NAME = new Map<string, string[]>();
for (const [name, shown] of Object.entries(DISPLAY_NAMES_ZH))
  BY_DISPLAY_NAME.set(shown, [...(BY_DISPLAY_NAME.get(shown) ?? []), name]);
const ENDED = /^(.*?)(_[01])?$/su;
/** Name for people, in their language; the column's name where there is none. */
export function display_name(name: string, language: 'zh' | 'en'): string {
  const [, base = name, end = ''] = ENDED.exec(name) ?? [];
  const shown = language === 'zh' ? DISPLAY_NAMES_ZH[base] : undefined;
  return shown === undefined ? name : shown + end;
}

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
    for (const name of spellings(asked)) {
      const tag = this.#tag(renamed(name));
      if (tag) return tag;
    }
    return undefined;
  }
  #tag(name: string): Tag | undefined {
    const one = (of: string) => this.tags.get(of) ?? dynamic_tag(this.definition, of);
    const tag = one(name);
    if (tag) return tag;
    const [first, second] = TWO_COLUMNS[name] ?? [`${name}_0`, `${name}_1`];
    const client = one(first);
    const server = one(second);
    if (!client && !server && !name.startsWith('_')) return one(`_${name}`);
    return client && server ? { ...server, name, ends: [client, server] } : undefined;
  }
  metric(asked: string): Metric | undefined {
    for (const name of spellings(asked)) {
      const old = OLD_METRICS[name];
      const metric = this.metrics.get(name) ?? (old ? this.metrics.get(old) : undefined);
      if (metric) return metric;
    }
    return named_metric(this.definition, asked);
  }
  *names(): Iterable<string> {
    for (const tag of this.tags.values()) if (!tag.hidden) yield tag.name;
    for (const metric of this.metrics.values()) if (!metric.hidden) yield metric.name;
  }
  unknown(name: string, what: string, at: number, known: Iterable<string> = this.names()): QueryError {
    return invalid(`\`${name}\` is no ${what} of ${this.definition.database}.${this.name}.${hint(name, known)}`, at);
  }
}

/** tap_side, resource_gl0_1: the name it has now. */
function renamed(name: string): string {
  const [, base = name, end = ''] = ENDED.exec(name) ?? [];
  const now = OLD_TAGS[base];
  return now === undefined ? name : now + end;
}

/** The name itself, and the names that it is the display name of. */
function spellings(name: string): readonly string[] {
  const [, base = name, end = ''] = ENDED.exec(name) ?? [];
  const named = BY_DISPLAY_NAME.get(base);
  return named === undefined ? [name] : [name, ...named.map((n) => n + end)];
}

const TABLES: readonly Table[] = DEFINITIONS.map((d) => new Table(d));
export const DATABASES: readonly string[] = [...new Set(DEFINITIONS.map((d) => d.database))];

/** Column that tells the rows of a virtual table, and how a name is found in it. */
function virtual_column(definition: RecordDefinition): 'virtual_table_name' | 'metric_id' | undefined {
  return (['virtual_table_name', 'metric_id'] as const).find((name) => definition.columns.some((c) => c.name === name));
}
export const has_virtual_tables = (definition: RecordDefinition): boolean => virtual_column(definition) !== undefined;
/** SQL condition for the rows of a virtual table; undefined for whole tables. */
export function virtual_condition(table: Table, bind: Bind): string | undefined {
  if (table.virtual === undefined) return undefined;
  const name = bind(table.virtual, 'String');
  return virtual_column(table.definition) === 'metric_id'
    ? `metric_id IN (SELECT id FROM flow_tag.prometheus_metric_name_map WHERE name = ${name})`
    : `virtual_table_name = ${name}`;
}
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
  const suffix = interval_s === 0 ? '' : `.${interval_name(interval_s)}`;
  return `\`${database}\`.\`${name}${suffix}\``;
}
