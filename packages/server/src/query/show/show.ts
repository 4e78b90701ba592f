// SHOW: what can be asked, out of the catalogue; values of tags out of the store.
import { ENUMS, interval_name, physical_intervals, type RecordDefinition } from '@sonde/records';
import {
  check_database,
  DATABASES,
  display_name,
  type FoundTable,
  find_table,
  has_virtual_tables,
  type Table,
  tables_of,
} from '../catalog.ts';
import type { QueryEngine } from '../engine.ts';
import { invalid } from '../error.ts';
import { FUNCTIONS } from '../functions/index.ts';
import { hint } from '../nearest.ts';
import type { Show } from '../sql/ast.ts';
import type { Tag } from '../tags/tag.ts';
import type { KeepsHours } from '../translate/range.ts';
import { counters_of, virtual_tables } from './counters.ts';
import { filtered, type ShownTable } from './table.ts';
import { tag_values } from './tag-values.ts';

export interface ShowContext {
  readonly engine: QueryEngine;
  readonly database: string;
  readonly signal?: AbortSignal;
  readonly keeps?: KeepsHours | undefined;
}

export async function show(statement: Show, context: ShowContext): Promise<ShownTable> {
  switch (statement.subject) {
    case 'databases':
      return filtered({ columns: ['name'], values: DATABASES.map((name) => [name]) }, statement, context);
    case 'tables':
      return filtered(await tables(statement, context), statement, context);
    case 'tags':
      return filtered(tags(statement, context), statement, context);
    case 'metrics':
      return filtered(await metrics(statement, context), statement, context);
    case 'functions':
      return filtered(functions(), statement, context);
    case 'tag_values':
      if (!statement.tag) return filtered(all_enum_values(), statement, context);
      return tag_values(statement, statement.tag, found_table(statement, context), context);
    case 'enum_values':
      return filtered(enum_values(statement.tag!.name, statement.tag!.at), statement, context);
    case 'all_enum_tags':
      return filtered({ columns: ['name'], values: Object.keys(ENUMS).map((name) => [name]) }, statement, context);
    case 'language':
      return { columns: ['language'], values: [['en']] };
  }
}

function found_table(statement: Show, context: ShowContext): FoundTable {
  if (statement.from) return find_table(statement.from, context.database);
  throw invalid('`from` and a table are missing', -1);
}

/** Tables of `from`, else of the statement's tables: all of the request's database when none is named. */
function asked_tables(statement: Show, context: ShowContext): readonly Table[] {
  // `show metrics on db`: of every table of the database.
  if (statement.from && statement.from.name.toLowerCase() !== 'db')
    return [find_table(statement.from, context.database).table];
  return context.database === '' ? DATABASES.flatMap(tables_of) : tables_of(check_database(context.database));
}

const precisions_of = (definition: RecordDefinition): string[] =>
  definition.intervals_s.length === 0 ? [] : physical_intervals(definition).map(interval_name);

async function tables(statement: Show, context: ShowContext): Promise<ShownTable> {
  const asked = statement.from?.name ?? context.database;
  const databases = asked === '' ? DATABASES : [check_database(asked)];
  const values: (string | readonly string[])[][] = [];
  for (const database of databases)
    for (const table of tables_of(database)) {
      const precisions = precisions_of(table.definition);
      if (!has_virtual_tables(table.definition)) values.push([table.name, database, precisions]);
      else for (const name of await virtual_tables(table, context)) values.push([name, database, precisions]);
    }
  return { columns: ['name', 'database', 'datasources'], values };
}

const OPERATORS = ['=', '!=', 'in', 'not in', 'like', 'not like', 'regexp', 'not regexp'];
const ORDERED = ['=', '!=', '>', '>=', '<', '<=', 'in', 'not in'];
const ALL_OPERATORS = [...new Set([...OPERATORS, ...ORDERED])];
const TYPES = { text: 'string', ip: 'ip', integer: 'int', number: 'float', moment: 'time', array: 'array' } as const;
/** What SHOW TAGS calls the kind of a tag. */
function type_of(tag: Tag): string {
  if (tag.enumeration === 'yes_no' || tag.enumeration?.startsWith('is_')) return 'bool';
  if (tag.enumeration !== undefined) return tag.kind === 'text' ? 'string_enum' : 'int_enum';
  if (tag.name === '_id') return 'id';
  if (tag.family) return 'map';
  if (tag.hardware) return 'mac';
  return tag.listed_by === undefined && tag.type_tag === undefined ? TYPES[tag.kind] : 'resource';
}
/** Who may see it: administrators, tenants, everybody. There are no roles yet. */
const PERMISSIONS = [true, true, true];
const TAG_COLUMNS = [
  'name',
  'client_name',
  'server_name',
  'display_name',
  'display_name_zh',
  'display_name_en',
  'type',
  'category',
  'operators',
  'not_supported_operators',
  'permissions',
  'description',
  'related_tag',
  'deprecated',
  'enum',
  'unit',
  'table',
];

/** One row a tag; both ends of a call share one, with the names of its ends beside it. */
function tags(statement: Show, context: ShowContext): ShownTable {
  const values: ShownTable['values'] = [];
  for (const table of asked_tables(statement, context))
    for (const tag of table.tags.values()) {
      if (tag.hidden || tag.end === 1) continue;
      const both = tag.end === 0 && table.tags.has(tag.name.replace(/_0$/, '_1'));
      const name = both ? tag.name.replace(/_0$/, '') : tag.name;
      values.push([
        name,
        both ? `${name}_0` : name,
        both ? `${name}_1` : name,
        name,
        display_name(name, 'zh'),
        display_name(name, 'en'),
        type_of(tag),
        tag.category,
        tag.kind === 'text' || tag.kind === 'ip' ? OPERATORS : ORDERED,
        ALL_OPERATORS.filter((o) => !(tag.kind === 'text' || tag.kind === 'ip' ? OPERATORS : ORDERED).includes(o)),
        PERMISSIONS,
        both ? tag.meaning.replace(/ of the client (?:end|process)$/, '') : tag.meaning,
        (tag.companions ?? []).map((companion) => (both ? companion.replace(/_0$/, '') : companion)).join(', '),
        false,
        tag.enumeration ?? '',
        tag.unit,
        table.name,
      ]);
    }
  return { columns: TAG_COLUMNS, values };
}

async function metrics(statement: Show, context: ShowContext): Promise<ShownTable> {
  const columns = [
    'name',
    'is_agg',
    'display_name',
    'display_name_zh',
    'display_name_en',
    'unit',
    'type',
    'category',
    'operators',
    'permissions',
    'description',
    'table',
  ];
  const values: ShownTable['values'] = [];
  for (const table of asked_tables(statement, context)) {
    const named = has_virtual_tables(table.definition) ? await counters_of(table, context) : [];
    for (const metric of [...table.metrics.values(), ...named])
      if (!metric.hidden)
        values.push([
          metric.name,
          false,
          metric.name,
          display_name(metric.name, 'zh'),
          display_name(metric.name, 'en'),
          metric.unit,
          metric.metric,
          metric.category,
          ORDERED,
          PERMISSIONS,
          metric.meaning,
          table.name,
        ]);
  }
  return { columns, values };
}

function functions(): ShownTable {
  const columns = ['name', 'type', 'arguments', 'arguments_min', 'arguments_max', 'description', 'example'];
  const values = FUNCTIONS.map((fn) => [fn.name, fn.kind, fn.usage, fn.arity[0], fn.arity[1], fn.meaning, fn.example]);
  return { columns, values };
}

/** Every value that has a name, whatever the tag. */
function all_enum_values(): ShownTable {
  const values = Object.entries(ENUMS).flatMap(([name, all]) => all.map((v) => [name, v.value, v.name]));
  return { columns: ['name', 'value', 'display_name'], values };
}

function enum_values(name: string, at: number): ShownTable {
  const values = ENUMS[name];
  if (!values) throw invalid(`there is no enumeration \`${name}\`.${hint(name, Object.keys(ENUMS))}`, at);
  return { columns: ['value', 'display_name'], values: values.map((v) => [v.value, v.name]) };
}
