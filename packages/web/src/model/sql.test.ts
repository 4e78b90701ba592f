import { expect, it } from 'vitest';
import { condition_sql, identifier, literal, select_sql } from './sql.ts';

/** Reads a literal back by the dialect's rules; undefined when it ends early or not at all. */
function read_literal(sql: string): string | undefined {
  if (!sql.startsWith("'")) return undefined;
  let text = '';
  for (let i = 1; i < sql.length; i++) {
    if (sql[i] === '\\') text += sql[++i] ?? '';
    else if (sql[i] === "'") return i === sql.length - 1 ? text : undefined;
    else text += sql[i];
  }
  return undefined;
}

it('writes any text as one literal that reads back as it was', () => {
  for (const text of [
    "it's",
    "\\' OR 1=1 --",
    "'; DROP TABLE x; --",
    '\\',
    "\\\\'",
    'line\nbreak',
    'ünïcode 🙂',
    '',
    '`"%_*',
  ])
    expect(read_literal(literal(text))).toBe(text);
});

it('refuses numbers that are none', () => {
  expect(literal(1.5)).toBe('1.5');
  expect(() => literal(Number.NaN)).toThrow(/BUG/);
  expect(() => literal(Number.POSITIVE_INFINITY)).toThrow(/BUG/);
});

it('never lets a column name end its quotes', () => {
  expect(identifier('auto_service_0')).toBe('auto_service_0');
  expect(identifier('attribute.http.host')).toBe('`attribute.http.host`');
  expect(identifier('x` OR `1`=`1')).toBe('`x OR 1=1`');
  expect(identifier('a\\`b\n')).toBe('`ab`');
});

it('puts a statement together', () => {
  const sql = select_sql({
    select: ['a', 'Sum(b) AS b'],
    from: 't',
    where: ['time >= 1', condition_sql({ column: 'c', op: 'like', value: "*'*" })],
    group_by: ['a'],
    order_by: 'b DESC',
    limit: 5,
  });
  expect(sql).toBe(
    "SELECT a, Sum(b) AS b FROM t WHERE time >= 1 AND c like '*\\'*' GROUP BY a ORDER BY b DESC LIMIT 5",
  );
});
