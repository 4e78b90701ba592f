import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { QueryError } from '../error.ts';
import type { Expr, Select, Show } from './ast.ts';
import { parse } from './parse.ts';
import { print } from './print.ts';

const select = (sql: string) => parse(sql) as Select;
const where = (condition: string) => print(select(`SELECT a FROM t WHERE ${condition}`).where!);

describe('SELECT', () => {
  it('reads every clause', () => {
    const s = select(
      "select Sum(a) as 'x', b `y z`, time(time, 60) from db.`t.1m` where a = 1 group by `y z` having Sum(a) > 2 order by x desc, b asc slimit 3 limit 4 offset 5;",
    );
    expect(s.items.map((i) => [print(i.expr), i.alias, i.name])).toEqual([
      ['Sum(a)', 'x', 'x'],
      ['b', 'y z', 'y z'],
      ['time(time, 60)', undefined, 'time(time, 60)'],
    ]);
    expect(s.from.parts).toEqual(['db', 't.1m']);
    expect(s.group_by.map(print)).toEqual(['y z']);
    expect(print(s.having!)).toBe('Sum(a) > 2');
    expect(s.order_by.map((o) => [print(o.expr), o.descending])).toEqual([
      ['x', true],
      ['b', false],
    ]);
    expect([s.slimit, s.limit]).toEqual([3, { count: 4, offset: 5 }]);
    expect(select('select a from t limit 5, 10').limit).toEqual({ count: 10, offset: 5 });
  });

  it.each([
    ['a = 1 or b = 2 and not c = 3', '(a = 1 or (b = 2 and not (c = 3)))'],
    ['(a = 1 or b = 2) && c <> 3', '((a = 1 or b = 2) and c != 3)'],
    ['a not in (1, -2) and b NOT LIKE "x*"', "(a not in (1, -2) and b not like 'x*')"],
    ['a between 1 and 2 and b is not null', '((a >= 1 and a <= 2) and b is not null)'],
    ['a + b * 2 - (c - d) > 1', 'a + b * 2 - (c - d) > 1'],
    ['!(a = 1)', 'not (a = 1)'],
    ["`k8s.label.app/x_0` regexp 'a\\'b'", "k8s.label.app/x_0 regexp 'a\\'b'"],
    ['attribute.user.name = "it""s"', "attribute.user.name = 'it\"s'"],
    ['会话长度 >= 10 -- a remark\n and /* another */ 1=1', '(会话长度 >= 10 and 1 = 1)'],
    ['exist(a) and ip >= ("10.0.0.0/8", "::1")', "(exist(a) and ip >= ('10.0.0.0/8', '::1'))"],
  ])('%s', (text, normal) => {
    expect(where(text)).toBe(normal);
  });

  it('keeps precision suffixes and large numbers whole', () => {
    expect(select('select a from application_map.1m').from.parts).toEqual(['application_map', '1m']);
    expect(where('_id = 18446744073709551615')).toBe('_id = 18446744073709551615');
  });
});

describe('SHOW', () => {
  it.each<[string, Partial<Show>]>([
    ['show databases', { subject: 'databases' }],
    ['SHOW TABLES FROM flow_log', { subject: 'tables' }],
    ['show tags from t where category = "x" limit 5', { subject: 'tags', limit: { count: 5, offset: 0 } }],
    ['show metrics functions', { subject: 'functions' }],
    ['show metrics on db', { subject: 'metrics' }],
    ['show tag-values', { subject: 'tag_values' }],
    ['show all_enum_tags', { subject: 'all_enum_tags' }],
    ['show language', { subject: 'language' }],
    ['show enum l7_protocol values', { subject: 'enum_values', tag: { name: 'l7_protocol', at: 10 } }],
    [
      'show tag attribute.x values from t order by value limit 2, 3',
      { subject: 'tag_values', tag: { name: 'attribute.x', at: 9 }, limit: { count: 3, offset: 2 } },
    ],
  ])('%s', (sql, expected) => {
    expect(parse(sql)).toMatchObject(expected);
  });
});

describe('refusals', () => {
  it.each([
    ['', 0, /empty/],
    ['SELET a FROM t', 0, /Did you mean `select`/],
    ['SELECT a FORM t', 14, /expected `,` or `from`/],
    ['SELECT a FROM', 13, /the name of a table, but the statement ends/],
    ['SELECT a FROM t WHER b = 1', 16, /Did you mean `where`/],
    ['SELECT a, FROM t', 10, /a name, a value/],
    ['SELECT a FROM t WHERE b = ', 26, /the statement ends/],
    ["SELECT a FROM t WHERE b = 'x", 26, /opened here and not closed/],
    ['SELECT a FROM t WHERE b in 1', 27, /`\(` after `in`/],
    ['SELECT a FROM t LIMIT x', 22, /whole number/],
    ['SELECT a FROM t LIMIT -1', 22, /whole number/],
    ['SELECT a FROM t; DROP TABLE t', 17, /end of the statement/],
    ['SELECT a FROM t WHERE b = \u0001', 26, /means nothing/],
    ['SHOW TAGZ FROM t', 5, /one of databases/],
    ['SELECT `` FROM t', 7, /empty name/],
  ])('%j', (sql, at, message) => {
    expect(() => parse(sql)).toThrow(message);
    try {
      parse(sql);
    } catch (error) {
      expect((error as QueryError).at).toBe(at);
    }
  });

  it('bounds length and depth', () => {
    expect(() => parse(`SELECT a FROM t WHERE ${'('.repeat(100_000)}`)).toThrow(/nested more than/);
    expect(() => parse(`SELECT a FROM t WHERE ${'not '.repeat(10_000)} a = 1`)).toThrow(/nested more than/);
    expect(() => parse(`SELECT ${'a, '.repeat(100_000)}`)).toThrow(/characters, more than/);
    // Chains nest to the left, and translation recurses along them.
    expect(() => parse(`SELECT a FROM t WHERE ${'a = 1 or '.repeat(450)} a = 1`)).not.toThrow();
    expect(() => parse(`SELECT a FROM t WHERE ${'a = 1 or '.repeat(2000)} a = 1`)).toThrow(/more than 1000 operators/);
  });
});

/** Random expressions of the grammar. */
const expr: fc.Arbitrary<Expr> = fc.letrec<{ value: Expr; leaf: Expr; condition: Expr }>((tie) => ({
  leaf: fc.oneof(
    fc.string({ minLength: 1, maxLength: 8 }).map((name): Expr => ({ kind: 'name', name, parts: [name], at: 0 })),
    fc.nat().map((n): Expr => ({ kind: 'number', text: String(n), at: 0 })),
    fc.string({ maxLength: 8 }).map((text): Expr => ({ kind: 'string', text, at: 0 })),
  ),
  value: fc.oneof(
    { depthSize: 'small' },
    tie('leaf'),
    fc
      .tuple(fc.constantFrom('+', '-', '*', '/', '%' as const), tie('value'), tie('value'))
      .map(([operator, left, right]): Expr => ({ kind: 'math', operator: operator as '+', left, right, at: 0 })),
    fc.array(tie('value'), { maxLength: 3 }).map((args): Expr => ({ kind: 'call', name: 'f', args, at: 0 })),
  ),
  condition: fc.oneof(
    { depthSize: 'small' },
    fc
      .tuple(fc.constantFrom('=', '!=', '<', 'like', 'not regexp'), tie('value'), tie('value'))
      .map(([operator, left, right]): Expr => ({ kind: 'compare', operator: operator as '=', left, right, at: 0 })),
    fc
      .tuple(fc.constantFrom('and', 'or'), tie('condition'), tie('condition'))
      .map(([operator, left, right]): Expr => ({ kind: 'logic', operator: operator as 'and', left, right, at: 0 })),
    tie('condition').map((arg): Expr => ({ kind: 'not', arg, at: 0 })),
  ),
})).condition;

/** Printed names are not quoted, as columns are called; this prints them so that they can be read again. */
const quoted = (e: Expr): Expr =>
  JSON.parse(JSON.stringify(e), (_key, value) =>
    value?.kind === 'name' ? { ...value, name: `\`${value.name.replaceAll('`', '``')}\`` } : value,
  ) as Expr;

it('what is printed reads back as the same', () => {
  fc.assert(
    fc.property(expr, (e) => {
      const text = print(quoted(e));
      expect(print(quoted(select(`SELECT a FROM t WHERE ${text}`).where!))).toBe(text);
    }),
    { numRuns: 300 },
  );
});

it('no text makes it throw anything but a refusal with a place in the text', () => {
  const words = [
    'select',
    'from',
    'where',
    '(',
    ')',
    ',',
    "'",
    '`',
    '"',
    'a',
    '1',
    '.',
    '*',
    '-',
    'in',
    'not',
    'like',
    'time',
    '=',
    '\\',
    ' ',
    '/*',
    '--',
    '\n',
  ];
  const text = fc.oneof(
    fc.string(),
    fc.array(fc.constantFrom(...words), { maxLength: 40 }).map((w) => w.join('')),
  );
  fc.assert(
    fc.property(text, fc.boolean(), (noise, prefixed) => {
      const sql = prefixed ? `select a from t where ${noise}` : noise;
      try {
        parse(sql);
      } catch (error) {
        expect(error).toBeInstanceOf(QueryError);
        expect((error as QueryError).at).toBeLessThanOrEqual(sql.length);
      }
    }),
    { numRuns: 3000 },
  );
});
