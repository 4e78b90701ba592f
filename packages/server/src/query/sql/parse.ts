// Statement text -> AST: SELECT, WITH, and the SHOW forms.
import { invalid } from '../error.ts';
import type {
  Expr,
  Join,
  Limit,
  OrderItem,
  Select,
  SelectItem,
  Show,
  ShowSubject,
  Statement,
  TableName,
  With,
} from './ast.ts';
import { Cursor } from './cursor.ts';
import { parse_expr, parse_name, RESERVED } from './parse-expr.ts';
import { print } from './print.ts';

const CLAUSES = ['from', 'where', 'group by', 'having', 'order by', 'limit', 'slimit', 'offset'];
/** Queries that one `with` may hold. */
const QUERIES_MAX = 16;
const WHOLE = /^\d{1,9}$/;

function parse_whole(cursor: Cursor, of: string): number {
  const token = cursor.peek();
  if (token.kind !== 'number' || !WHOLE.test(token.text)) throw cursor.unexpected(`a whole number after \`${of}\``);
  cursor.next();
  return Number(token.text);
}

function parse_item(cursor: Cursor): SelectItem {
  const expr = parse_expr(cursor);
  const named = cursor.take_words('as');
  const alias = cursor.peek();
  const fits =
    alias.kind === 'name' ||
    (alias.kind === 'string' && named) ||
    (alias.kind === 'word' && !RESERVED.has(alias.text.toLowerCase()));
  if (!fits && named) throw cursor.unexpected('a name after `as`');
  if (!fits) return { expr, name: print(expr) };
  cursor.next();
  if (alias.text === '') throw invalid('an empty name', alias.at);
  return { expr, alias: alias.text, name: alias.text };
}

function parse_table(cursor: Cursor): TableName {
  return parse_name(cursor, 'the name of a table');
}

function parse_order(cursor: Cursor): OrderItem[] {
  const items: OrderItem[] = [];
  if (!cursor.take_words('order', 'by')) return items;
  do {
    const expr = parse_expr(cursor);
    const descending = cursor.take_words('desc');
    if (!descending) cursor.take_words('asc');
    items.push({ expr, descending });
  } while (cursor.take_sign(','));
  return items;
}

/** `limit n`, `limit offset, n`, `limit n offset m`; `offset m` alone is refused, it needs a limit. */
function parse_limit(cursor: Cursor): Limit | undefined {
  if (!cursor.take_words('limit')) return undefined;
  const first = parse_whole(cursor, 'limit');
  if (cursor.take_sign(',')) return { count: parse_whole(cursor, 'limit'), offset: first };
  return { count: first, offset: cursor.take_words('offset') ? parse_whole(cursor, 'offset') : 0 };
}

function parse_list(cursor: Cursor): Expr[] {
  const items: Expr[] = [];
  do items.push(parse_expr(cursor));
  while (cursor.take_sign(','));
  return items;
}

/** `joins` takes what is joined to the table of FROM; without it a join is refused. */
function parse_select(cursor: Cursor, joins?: Join[]): Select {
  const distinct = cursor.take_words('distinct');
  const items: SelectItem[] = [];
  do items.push(parse_item(cursor));
  while (cursor.take_sign(','));
  if (!cursor.take_words('from')) throw cursor.unexpected('`,` or `from`', ['from']);
  const from = parse_table(cursor);
  if (joins) for (let join = parse_join(cursor); join; join = parse_join(cursor)) joins.push(join);
  const where = cursor.take_words('where') ? parse_expr(cursor) : undefined;
  const group_by = cursor.take_words('group', 'by') ? parse_list(cursor) : [];
  const having = cursor.take_words('having') ? parse_expr(cursor) : undefined;
  const order_by = parse_order(cursor);
  let slimit = cursor.take_words('slimit') ? parse_whole(cursor, 'slimit') : undefined;
  const limit = parse_limit(cursor);
  if (slimit === undefined && cursor.take_words('slimit')) slimit = parse_whole(cursor, 'slimit');
  return {
    kind: 'select',
    items,
    distinct,
    from,
    group_by,
    order_by,
    ...(where && { where }),
    ...(having && { having }),
    ...(limit && { limit }),
    ...(slimit !== undefined && { slimit }),
  };
}

function parse_join(cursor: Cursor): Join | undefined {
  const outer = cursor.take_words('left', 'outer', 'join') || cursor.take_words('left', 'join');
  if (!outer && !cursor.take_words('inner', 'join') && !cursor.take_words('join')) return undefined;
  const { name, at } = parse_name(cursor, 'the name of a query of `with`');
  if (!cursor.take_words('on')) throw cursor.unexpected('`on` after the name', ['on']);
  return { outer, name, at, on: parse_expr(cursor) };
}

function parse_with(cursor: Cursor): With {
  const queries: { name: string; at: number; select: Select }[] = [];
  do {
    const { name, at } = parse_name(cursor, 'a name for the query');
    if (queries.some((q) => q.name === name)) throw invalid(`\`${name}\` is there twice`, at);
    if (queries.length === QUERIES_MAX) throw invalid(`more than ${QUERIES_MAX} queries`, at);
    if (!cursor.take_words('as')) throw cursor.unexpected('`as` after the name', ['as']);
    cursor.expect_sign('(', 'after `as`');
    if (!cursor.take_words('select')) throw cursor.unexpected('`select`', ['select']);
    queries.push({ name, at, select: parse_select(cursor) });
    cursor.expect_sign(')', 'to close the query');
  } while (cursor.take_sign(','));
  if (!cursor.take_words('select')) throw cursor.unexpected('`select`', ['select']);
  const joins: Join[] = [];
  return { kind: 'with', queries, select: parse_select(cursor, joins), joins };
}

const SHOW_FORMS: readonly { readonly words: readonly string[]; readonly subject: ShowSubject }[] = [
  { words: ['databases'], subject: 'databases' },
  { words: ['tables'], subject: 'tables' },
  { words: ['tags'], subject: 'tags' },
  // Documents of DeepFlow spell it in each of these ways.
  ...['metrics', 'metric'].flatMap((first) =>
    ['functions', 'function'].map((second) => ({ words: [first, second], subject: 'functions' as const })),
  ),
  { words: ['functions'], subject: 'functions' },
  { words: ['metrics'], subject: 'metrics' },
  { words: ['metric'], subject: 'metrics' },
  { words: ['all_enum_tags'], subject: 'all_enum_tags' },
  { words: ['all', 'enum', 'tags'], subject: 'all_enum_tags' },
  { words: ['language'], subject: 'language' },
];

function parse_show_subject(cursor: Cursor): { subject: ShowSubject; tag?: { name: string; at: number } } {
  for (const { words, subject } of SHOW_FORMS) if (cursor.take_words(...words)) return { subject };
  const subject = cursor.at_words('enum') ? 'enum_values' : 'tag_values';
  if (!cursor.take_words('tag') && !cursor.take_words('enum'))
    throw cursor.unexpected(
      'one of databases, tables, tags, tag, metrics, functions, enum',
      SHOW_FORMS.map((f) => f.words.join(' ')),
    );
  if (cursor.take_sign('-')) {
    if (!cursor.take_words('values')) throw cursor.unexpected('`values` after `tag-`');
    return { subject };
  }
  // SHOW TAG VALUES: of all enumerations, as SHOW TAG-VALUES.
  if (subject === 'tag_values' && cursor.at_words('values') && !cursor.at_words('values', 'values')) {
    cursor.next();
    return { subject };
  }
  const { name, at } = parse_name(cursor, 'the name of a tag');
  if (!cursor.take_words('values')) throw cursor.unexpected('`values` after the tag', ['values']);
  return { subject, tag: { name, at } };
}

function parse_show(cursor: Cursor): Show {
  const { subject, tag } = parse_show_subject(cursor);
  const from = cursor.take_words('from') || cursor.take_words('on') ? parse_table(cursor) : undefined;
  const where = cursor.take_words('where') ? parse_expr(cursor) : undefined;
  const order_by = parse_order(cursor);
  const limit = parse_limit(cursor);
  return {
    kind: 'show',
    subject,
    order_by,
    ...(tag && { tag }),
    ...(from && { from }),
    ...(where && { where }),
    ...(limit && { limit }),
  };
}

/** Throws QueryError with the position of what is wrong. */
export function parse(sql: string): Statement {
  const cursor = new Cursor(sql);
  if (cursor.peek().kind === 'end') throw invalid('the statement is empty', 0);
  let statement: Statement;
  if (cursor.take_words('select')) statement = parse_select(cursor);
  else if (cursor.take_words('show')) statement = parse_show(cursor);
  else if (cursor.take_words('with')) statement = parse_with(cursor);
  else throw cursor.unexpected('`select` or `show`', ['select', 'show', 'with']);
  cursor.take_sign(';');
  if (cursor.peek().kind !== 'end') throw cursor.unexpected('the end of the statement', CLAUSES);
  return statement;
}
