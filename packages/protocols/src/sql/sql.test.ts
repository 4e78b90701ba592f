import { describe, expect, it } from 'vitest';
import { DEFAULT_OPTIONS, type Message, MESSAGE_TYPE } from '../protocol.ts';
import { sql_endpoint } from './endpoint.ts';
import { redact_sql, storable_sql } from './redact.ts';
import { read_statement } from './statement.ts';
import type { Dialect } from './tokens.ts';

describe('redact_sql', () => {
  const both: [string, string][] = [
    ["SELECT * FROM t WHERE a = 'it''s' AND b=5", 'SELECT * FROM t WHERE a = ? AND b=?'],
    ['SELECT t1.a2, 0xFF, 1.5e-10, .5, -3 FROM t1', 'SELECT t1.a2, ?, ?, ?, -? FROM t1'],
    ["INSERT INTO t VALUES (1,'x'),(2,x'1F')", 'INSERT INTO t VALUES (?,?),(?,?)'],
    ["SELECT /* secret */ 1 -- more\n, b'01'", 'SELECT  ? \n, ?'],
    ["SELECT 'cut of", 'SELECT ?'],
    ['SELECT 1 /* cut', 'SELECT ?'],
    ['SELECT a FROM t WHERE b IN (1, 2, 3) LIMIT 10', 'SELECT a FROM t WHERE b IN (?, ?, ?) LIMIT ?'],
  ];
  it.each(both)('%s', (text, redacted) => {
    expect(redact_sql(text, 'mysql')).toBe(redacted);
    expect(redact_sql(text, 'postgresql')).toBe(redacted);
  });

  it.each<[Dialect, string, string]>([
    ['mysql', 'SELECT "a\\"b", `c` # secret', 'SELECT ?, `c`'],
    ['mysql', "SELECT 'a\\'b', _utf8'x', N'y', _binary 'z'", 'SELECT ?, ?, ?, _binary ?'],
    ['mysql', "/*!40101 SET NAMES 'utf8' */", 'SET NAMES ?'],
    ['mysql', 'SELECT 5--3', 'SELECT ?--?'],
    ['postgresql', 'SELECT "a", $1, $tag$ secret $x$ $tag$, $$y$$', 'SELECT "a", $1, ?, ?'],
    ['postgresql', "SELECT E'a\\'b', U&'x', 'c\\', 'd'", 'SELECT ?, ?, ?, ?'],
    ['postgresql', 'SELECT 1 /* a /* b */ secret */ + 2', 'SELECT ?  + ?'],
    ['clickhouse', "SELECT \"a\", `b`, 'it\\'s', $h$secret$h$, 5--3", 'SELECT "a", `b`, ?, ?, ?'],
    ['transact', "SELECT [a]]b], \"c\", N'it''s\\', $1.50, 0xFF, @x, #t.y", 'SELECT [a]]b], "c", ?, ?, ?, @x, #t.y'],
    ['transact', 'SELECT 1 /* a /* b */ secret */ + 2', 'SELECT ?  + ?'],
    ['oracle', "SELECT q'[it's]', nq'!se'cret!', N'y', 'z\\', :a FROM t$x#", 'SELECT ?, ?, ?, ?, :a FROM t$x#'],
    ['oracle', "SELECT q'[cut", 'SELECT ?'],
    ['oracle', 'SELECT 1 /* a /* b */ + 2', 'SELECT ?  + ?'],
    ['oracle', 'SELECT :1, :22 + 3 FROM t WHERE a=:1', 'SELECT :1, :22 + ? FROM t WHERE a=:1'],
  ])('%s: %s', (dialect, text, redacted) => expect(redact_sql(text, dialect)).toBe(redacted));

  it('hides passwords whatever the settings say', () => {
    expect(storable_sql("CREATE USER a IDENTIFIED BY 'pw'", 'mysql', false)).toBe('CREATE USER a IDENTIFIED BY ?');
    expect(storable_sql("ALTER ROLE a WITH PASSWORD 'pw'", 'postgresql', false)).toBe('ALTER ROLE a WITH PASSWORD ?');
    expect(storable_sql("SELECT 'password'", 'mysql', false)).toBe("SELECT 'password'");
    expect(storable_sql("CREATE LOGIN a WITH PASSWORD = 'pw'", 'transact', false)).toBe(
      'CREATE LOGIN a WITH PASSWORD = ?',
    );
    expect(storable_sql("EXEC sp_addlogin 'a', 'pw'", 'transact', false)).toBe('EXEC sp_addlogin ?, ?');
    expect(storable_sql("SELECT * FROM remote('h', d.t, 'a', 'pw')", 'clickhouse', false)).toBe(
      'SELECT * FROM remote(?, d.t, ?, ?)',
    );
    expect(storable_sql("SELECT 'remote'", 'clickhouse', false)).toBe("SELECT 'remote'");
  });

  it('hides passwords that are written as names', () => {
    const redact = (text: string) => storable_sql(text, 'oracle', false);
    expect(redact('ALTER USER a IDENTIFIED BY pw REPLACE "old pw"')).toBe('ALTER USER a IDENTIFIED BY ? REPLACE ?');
    expect(redact("CREATE DATABASE LINK l CONNECT TO a IDENTIFIED BY /* x */ pw USING 'd'")).toBe(
      'CREATE DATABASE LINK l CONNECT TO a IDENTIFIED BY  ? USING ?',
    );
    expect(redact("CREATE USER a IDENTIFIED BY VALUES 'S:1'")).toBe('CREATE USER a IDENTIFIED BY VALUES ?');
    expect(redact('CREATE OR REPLACE VIEW v AS SELECT 1 FROM t')).toBe('CREATE OR REPLACE VIEW v AS SELECT 1 FROM t');
  });

  it('never throws and never keeps a literal, wherever the text is cut', () => {
    const text = `SELECT 'secret', "secret", 'secret', $$secret$$, E'se\\'cret' /* secret */ -- secret\n, 0x5 FROM t`;
    for (let end = 0; end <= text.length; end++) {
      for (const dialect of ['mysql', 'postgresql', 'clickhouse', 'transact', 'oracle'] as const) {
        const redacted = redact_sql(text.slice(0, end), dialect);
        if (dialect === 'postgresql' || dialect === 'clickhouse')
          expect(redacted.replace(/"secret"?/, '')).not.toContain('secret');
      }
    }
  });
});

describe('sql_endpoint', () => {
  it.each<[string, string | undefined]>([
    ['SELECT * FROM `az_controller_connection`', 'SELECT az_controller_connection'],
    ['select * from test_table', 'SELECT test_table'],
    ['SELECT EXTRACT(year FROM d), (SELECT 1 FROM x) FROM a.b JOIN c', 'SELECT a.b'],
    ['SELECT count(*) FROM (SELECT a FROM inner_t) q', 'SELECT inner_t'],
    ['(SELECT 1 FROM a) UNION (SELECT 2 FROM b)', 'SELECT a'],
    ['WITH x AS (SELECT 1 FROM y) SELECT * FROM x', 'SELECT x'],
    ['WITH x AS (SELECT 1) INSERT INTO z SELECT * FROM x', 'INSERT z'],
    ['INSERT IGNORE INTO t (a) VALUES (1)', 'INSERT t'],
    ['REPLACE INTO t VALUES (1)', 'REPLACE t'],
    ['update test_table set age=1000 where id=1', 'UPDATE test_table'],
    ['DELETE FROM ONLY s.t WHERE 1=1', 'DELETE s.t'],
    ['create table `test_table_2`( `id` int)', 'CREATE test_table_2'],
    ['CREATE TEMPORARY TABLE IF NOT EXISTS t (a int)', 'CREATE t'],
    ['CREATE OR REPLACE VIEW v AS SELECT 1', 'CREATE v'],
    ['CREATE UNIQUE INDEX i ON t (a)', 'CREATE t'],
    ['ALTER TABLE test_table ADD x int', 'ALTER test_table'],
    ['DROP TABLE IF EXISTS a, b', 'DROP a'],
    ['TRUNCATE TABLE t', 'TRUNCATE t'],
    ['/* a */ -- b\n SELECT 1 FROM t', 'SELECT t'],
    ['COPY t (a) FROM STDIN', 'COPY t'],
    ["CREATE USER u IDENTIFIED BY 'x'", undefined],
    ['set @@SQL_SELECT_LIMIT=60001', undefined],
    ['SELECT DATABASE()', undefined],
    ['select @@version_comment limit 1', undefined],
    ['show tables', undefined],
    ['use `test`', undefined],
    ['BEGIN', undefined],
    ['SELECT * FROM', undefined],
    ['', undefined],
  ])('%s', (text, endpoint) => expect(sql_endpoint(text, 'mysql')).toBe(endpoint));

  it('reads quoted names of every dialect', () => {
    expect(sql_endpoint('SELECT TOP 5 * FROM [my db]..[a]]b] AS x', 'transact')).toBe('SELECT my db..a]b');
    expect(sql_endpoint('DELETE FROM #t', 'transact')).toBe('DELETE #t');
    expect(sql_endpoint('EXEC @rc = dbo.pay @a = 1', 'transact')).toBe('EXEC dbo.pay');
    expect(sql_endpoint('INSERT INTO TABLE "d"."t" FORMAT Native', 'clickhouse')).toBe('INSERT d.t');
    expect(sql_endpoint('SELECT /*+ FULL(x) */ 1 FROM sys.x$y#', 'oracle')).toBe('SELECT sys.x$y#');
    expect(sql_endpoint('SELECT 1 FROM "a b"."c""d"', 'postgresql')).toBe('SELECT a b.c"d');
    expect(sql_endpoint('SELECT 1 FROM `a`.`b`', 'mysql')).toBe('SELECT a.b');
  });
});

describe('trace context in comments', () => {
  const id = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
  const read = (text: string, dialect: Dialect, trace_headers: string[] = ['traceparent', 'sw8']) => {
    const bytes = Buffer.from(text);
    const into: Message = { type: MESSAGE_TYPE.request };
    read_statement(bytes, 0, bytes.length, dialect, { ...DEFAULT_OPTIONS, trace_headers }, into);
    return [into.trace_id, into.span_id];
  };
  const ids = ['0af7651916cd43dd8448eb211c80319c', 'b7ad6b7169203331'];

  it.each(['mysql', 'postgresql'] as const)('%s: all styles', (dialect) => {
    for (const text of [
      `/* traceparent: ${id} */ SELECT 1`,
      `SELECT 1 /*action='%2Fusers',db_driver='pg',traceparent='${id}',tracestate='a%3D1'*/`,
      `SELECT 1 -- TraceParent=${id}`,
      `SELECT 1 /* traceparent='${id.replaceAll('-', '%2D')}' */`,
      `SELECT 1 /* {"traceparent": "${id}"} */`,
    ]) {
      expect(read(text, dialect), text).toEqual(ids);
    }
  });

  it('other formats, and names of the settings', () => {
    const sw8 = `1-${btoa('trace')}-${btoa('segment')}-3-c-i-e-t`;
    expect(read(`SELECT 1 /* sw8: ${sw8} */`, 'mysql')).toEqual(['trace', 'segment-3']);
    expect(read(`SELECT 1 # uber-trace-id='a%3Ab%3A0%3A1'`, 'mysql', ['uber-trace-id'])).toEqual(['a', 'b']);
    expect(read(`SELECT 1 /* my-trace: 77 */`, 'postgresql', ['my-trace'])).toEqual(['77', undefined]);
    expect(read(`SELECT 1 /* x-b3-traceid='t',x-b3-spanid='s' */`, 'mysql', ['x-b3-traceid', 'x-b3-spanid'])).toEqual([
      't',
      's',
    ]);
  });

  it('looks into comments only', () => {
    expect(read(`SELECT 'traceparent: ${id}' /* x */`, 'mysql')).toEqual([undefined, undefined]);
    expect(read(`SELECT 1 /* tracestate='${id}' */`, 'mysql')).toEqual([undefined, undefined]);
  });
});
