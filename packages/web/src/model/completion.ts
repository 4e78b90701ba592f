// What the filter bar offers while a person types: tags of a table, comparisons, values. Pure; api/completion.ts asks the server.
import { APPLICATION_MAP, IN_PROCESS, L7_FLOW_LOG } from '@sonde/records';
import {
  type Condition,
  identifier,
  literal,
  type Operator,
  OPERATORS,
  type Span,
  type Statement,
  span_sql,
} from './sql.ts';

/** A tag as SHOW TAGS lists it, once for each name that can be asked for. */
export interface TagInfo {
  readonly name: string;
  readonly type: string;
  readonly meaning: string;
  readonly category: string;
  /** The name without the suffix of an end, of tags that both ends have. */
  readonly of_ends?: string;
}
/** One line of the list. `value` goes into the condition, `text` is shown. */
export interface Option {
  readonly value: string;
  readonly text: string;
  readonly detail?: string;
}

const text_of = (cell: unknown): string => (cell === null || cell === undefined ? '' : String(cell));

/** Rows of SHOW TAGS; a tag of both ends is offered for either end, the client and the server. */
export function tags_of(rows: readonly Readonly<Record<string, unknown>>[]): TagInfo[] {
  return rows.flatMap((row): TagInfo[] => {
    const [name, client, server] = [row.name, row.client_name, row.server_name].map(text_of) as [
      string,
      string,
      string,
    ];
    const about = { type: text_of(row.type), meaning: text_of(row.description), category: text_of(row.category) };
    if (client === server) return [{ ...about, name }];
    const end = (suffixed: string, which: string): TagInfo => ({
      ...about,
      name: suffixed,
      meaning: `${about.meaning} of the ${which} end`,
      of_ends: name,
    });
    return [
      { ...about, name, meaning: `${about.meaning} of either end` },
      end(client, 'client'),
      end(server, 'server'),
    ];
  });
}

/** Better first: the text itself, its beginning, the beginning of a word in it, anywhere; letters in order at last. */
function rank(text: string, wanted: string): number {
  if (text === wanted) return 0;
  const at = text.indexOf(wanted);
  if (at === 0) return 1;
  if (at > 0) return /[._\-/ ]/.test(text[at - 1]!) ? 2 : 3;
  let i = 0;
  for (const c of text) if (c === wanted[i]) i++;
  return i === wanted.length && wanted.length > 1 ? 4 : -1;
}

export function ranked(options: readonly Option[], typed: string, most: number): Option[] {
  const wanted = typed.trim().toLowerCase();
  if (wanted === '') return options.slice(0, most);
  const found: { option: Option; score: number; at: number }[] = [];
  for (const [at, option] of options.entries()) {
    const score = rank(option.text.toLowerCase(), wanted);
    if (score >= 0) found.push({ option, score: score * 1000 + Math.min(999, option.text.length), at });
  }
  return found
    .sort((a, b) => a.score - b.score || a.at - b.at)
    .slice(0, most)
    .map((f) => f.option);
}

export const tag_options = (tags: readonly TagInfo[]): Option[] =>
  tags.map(({ name, meaning }) => ({ value: name, text: name, detail: meaning }));

const WORDS: Readonly<Partial<Record<Operator, string>>> = {
  like: 'text with * for anything',
  'not like': 'none of that text',
  regexp: 'regular expression',
  'not regexp': 'no such text',
};
const ORDERED_TYPES = new Set(['int', 'float', 'time', 'ip']);
export const operator_options = (type: string): Option[] =>
  OPERATORS.filter((op) => !/^[<>]/.test(op) || ORDERED_TYPES.has(type)).map((op) => ({
    value: op,
    text: op,
    ...(WORDS[op] !== undefined && { detail: WORDS[op] }),
  }));

/** Tags whose values the server lists by entity or enumeration, whatever the range. */
const LISTED = new Set(['resource', 'int_enum', 'string_enum', 'bool']);
export const VALUES_MAX = 200;

/** Values of a tag that hold what was typed; of rows within the span where rows have to be looked at. */
export function values_statement(db: string, table: string, tag: TagInfo, typed: string, span: Span): Statement {
  const where = LISTED.has(tag.type) ? [] : [span_sql(span)];
  if (typed !== '') {
    const pattern = `*${typed.replace(/[\\*%]/g, '\\$&')}*`;
    where.push(`${LISTED.has(tag.type) ? 'display_name' : 'value'} like ${literal(pattern)}`);
  }
  const filter = where.length > 0 ? ` WHERE ${where.join(' AND ')}` : '';
  return { db, sql: `SHOW TAG ${identifier(tag.name)} VALUES FROM ${identifier(table)}${filter} LIMIT ${VALUES_MAX}` };
}

/** Enumerations compare by number, things by name. */
export function value_options(tag: TagInfo, rows: readonly (readonly unknown[])[]): Option[] {
  const by_value = /^(?:int_enum|bool)$/.test(tag.type);
  return rows.flatMap(([value, shown]): Option[] => {
    const [stored, text] = [text_of(value), text_of(shown) || text_of(value)];
    return text === '' ? [] : [{ value: by_value || tag.type !== 'resource' ? stored : text, text }];
  });
}

/** Families of names that data decide: their members are the keys of the JSON texts that the family's values are. */
export const FAMILIES: readonly string[] = [
  'k8s.label',
  'k8s.annotation',
  'k8s.env',
  'cloud.tag',
  'os.app',
  'attribute',
];
export function members_of(family: TagInfo, rows: readonly (readonly unknown[])[]): TagInfo[] {
  const suffix = /_[01]$/.exec(family.name)?.[0] ?? '';
  const base = suffix === '' ? family.name : family.name.slice(0, -2);
  const keys = new Set<string>();
  for (const [value] of rows) {
    try {
      const parsed: unknown = JSON.parse(text_of(value));
      if (parsed !== null && typeof parsed === 'object') for (const key of Object.keys(parsed)) keys.add(key);
    } catch {
      // A value that is no JSON names no keys.
    }
  }
  return [...keys].sort().map((key) => ({
    name: `${base}.${key}${suffix}`,
    type: 'string',
    meaning: family.meaning.replace(/^All of (\S+) as JSON/, `$1 ${key}`),
    category: family.category,
    ...(family.of_ends !== undefined && { of_ends: `${base}.${key}` }),
  }));
}

/** `like` without a wildcard means "contains" to whoever types it. */
export const condition_of = (column: string, op: Operator, value: string): Condition => ({
  column,
  op,
  value: op.endsWith('like') && !value.includes('*') ? `*${value}*` : value,
});

const OF_REQUESTS = new Set(
  L7_FLOW_LOG.columns.map((c) => c.name).filter((name) => !APPLICATION_MAP.columns.some((c) => c.name === name)),
);
const names_of = (columns: readonly { readonly name: string }[]): ReadonlySet<string> =>
  new Set(columns.map((c) => c.name));
const IN_FLOWS = new Set([...names_of(APPLICATION_MAP.columns), ...names_of(L7_FLOW_LOG.columns)]);
const IN_PROFILES = names_of(IN_PROCESS.columns);
/** The querier makes it of the stack. */
const LOCATION = 'profile_location_str';

/** Whether a condition can be asked of calls: what only profiles have cannot. */
export const of_flows = ({ column }: Condition): boolean =>
  column !== LOCATION && (!IN_PROFILES.has(column) || IN_FLOWS.has(column) || IN_FLOWS.has(`${column}_0`));
/** Whether a condition can be asked of metrics too; what only single requests have cannot. */
export const of_metrics = (condition: Condition): boolean =>
  of_flows(condition) && !OF_REQUESTS.has(condition.column) && !condition.column.startsWith('attribute');
/** Whether a condition can be asked of profiles, which have one end. */
export const of_profiles = ({ column }: Condition): boolean =>
  IN_PROFILES.has(column) || !(IN_FLOWS.has(column) || /_[01]$/.test(column) || column.startsWith('attribute'));
