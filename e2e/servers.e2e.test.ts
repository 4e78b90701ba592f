// Real servers of Debian with their usual client libraries: each command is one row at each end, errors are errors.
import { Resolver } from 'node:dns/promises';
import { createConnection } from 'mysql2/promise';
import pg from 'pg';
import { createClient } from 'redis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { run, until } from './lib/process.ts';
import { dnsmasq, mariadb, postgres, type RealServer, redis } from './lib/servers.ts';
import { Stack } from './lib/stack.ts';

const stack = new Stack();
const running: RealServer[] = [];
const use = async (starting: Promise<RealServer>): Promise<RealServer> => {
  const server = await starting;
  running.push(server);
  return server;
};

beforeAll(async () => {
  await stack.start();
  await stack.settings({ throttle_rows_s: 1_000_000, redact: false });
});
afterAll(async () => {
  await stack.stop();
  for (const server of running) await server.stop();
  stack.remove();
});

type Row = Record<string, string | number | null>;

/** Rows of one server at one end, grouped; waits until `enough` of them are there, then for late ones. */
const rows_at = async (port: number, point: string, columns: string, enough: number): Promise<Row[]> => {
  const where = `server_port = ${port} AND observation_point = '${point}'`;
  await until(`${enough} rows of port ${port} at ${point}`, async () => {
    const n = await stack.number(`SELECT Count(row) AS n FROM l7_flow_log WHERE ${where}`, 'flow_log');
    return n >= enough ? n : undefined;
  }).catch(() => undefined);
  await new Promise((done) => setTimeout(done, 2000));
  return stack.rows(
    `SELECT ${columns}, Count(row) AS n FROM l7_flow_log WHERE ${where} GROUP BY ${columns}`,
    'flow_log',
  );
};
const count = (rows: Row[], match: Row): number =>
  rows
    .filter((row) => Object.entries(match).every(([key, value]) => row[key] === value))
    .reduce((sum, row) => sum + Number(row.n), 0);

describe('Redis', () => {
  it('a pipeline of 100 in one write is 100 rows, in order', async () => {
    const server = await use(redis());
    const client = createClient({ socket: { host: '127.0.0.1', port: server.port } });
    await client.connect();
    for (let round = 0; round < 20; round++) {
      await Promise.all(Array.from({ length: 100 }, (_, i) => client.set(`key:${i}`, `value ${round}`)));
      await Promise.all(Array.from({ length: 100 }, (_, i) => client.get(`key:${i}`)));
    }
    await expect(client.lPush('key:1', 'x')).rejects.toThrow('WRONGTYPE');
    await client.close();
    for (const point of ['c-p', 's-p']) {
      const rows = await rows_at(server.port, point, 'request_type, response_status', 4001);
      expect(count(rows, { request_type: 'SET', response_status: 0 }), point).toBe(2000);
      expect(count(rows, { request_type: 'GET', response_status: 0 }), point).toBe(2000);
      expect(count(rows, { request_type: 'LPUSH', response_status: 3 }), point).toBe(1);
    }
    const rows = await rows_at(server.port, 'c-p', 'request_resource', 4001);
    expect(count(rows, { request_resource: 'GET key:7' })).toBe(20);
  });
});

describe('MariaDB', () => {
  it('prepared statements and an error', async () => {
    const server = await use(mariadb());
    const client = await createConnection({ host: '127.0.0.1', port: server.port, user: 'root' });
    await client.query('CREATE DATABASE shop');
    await client.query('CREATE TABLE shop.items (id INT PRIMARY KEY, name VARCHAR(40))');
    for (let i = 0; i < 300; i++) await client.execute('INSERT INTO shop.items VALUES (?, ?)', [i, `item ${i}`]);
    for (let i = 0; i < 200; i++) await client.execute('SELECT name FROM shop.items WHERE id = ?', [i]);
    await expect(client.execute('INSERT INTO shop.items VALUES (?, ?)', [7, 'again'])).rejects.toThrow('Duplicate');
    await expect(client.query('SELECT * FROM shop.nothing')).rejects.toThrow("doesn't exist");
    await client.end();
    for (const point of ['c-p', 's-p']) {
      const rows = await rows_at(server.port, point, 'request_type, response_status', 506);
      expect(count(rows, { request_type: 'COM_STMT_PREPARE' }), point).toBe(2);
      expect(count(rows, { request_type: 'COM_STMT_EXECUTE', response_status: 0 }), point).toBe(500);
      expect(count(rows, { request_type: 'COM_STMT_EXECUTE' }), point).toBe(501);
      expect(count(rows, { request_type: 'COM_QUERY', response_status: 0 }), point).toBe(2);
      expect(count(rows, { request_type: 'COM_QUERY' }), point).toBe(3);
    }
    const [row] = await stack.rows(
      `SELECT response_code, response_exception FROM l7_flow_log WHERE server_port = ${server.port} AND observation_point = 's-p' AND request_type = 'COM_QUERY' AND response_status != 0`,
      'flow_log',
    );
    expect(row?.response_code).toBe(1146);
    expect(row?.response_exception).toContain('shop.nothing');
  });
});

describe('PostgreSQL', () => {
  it('the extended protocol and an error', async () => {
    const server = await use(postgres());
    const client = new pg.Client({ host: '127.0.0.1', port: server.port, user: 'test', database: 'postgres' });
    await client.connect();
    await client.query('CREATE TABLE items (id int PRIMARY KEY, name text)');
    for (let i = 0; i < 300; i++) await client.query('INSERT INTO items VALUES ($1, $2)', [i, `item ${i}`]);
    const named = { name: 'by-id', text: 'SELECT name FROM items WHERE id = $1' };
    for (let i = 0; i < 200; i++) await client.query({ ...named, values: [i] });
    await expect(client.query('INSERT INTO items VALUES ($1, $2)', [7, 'x'])).rejects.toThrow('duplicate key');
    await expect(client.query('SELECT * FROM nothing')).rejects.toThrow('does not exist');
    await client.end();
    for (const point of ['c-p', 's-p']) {
      const rows = await rows_at(server.port, point, 'request_type, response_status', 500);
      // One Execute is one row; with the statement's text in the same batch it is told as P.
      expect(count(rows, { request_type: 'P', response_status: 0 }), point).toBe(301);
      expect(count(rows, { request_type: 'E', response_status: 0 }), point).toBe(199);
      expect(count(rows, { request_type: 'P' }), point).toBe(302);
      expect(count(rows, { request_type: 'Q', response_status: 0 }), point).toBe(1);
      expect(count(rows, { request_type: 'Q' }), point).toBe(2);
    }
  });
});

describe('ping', () => {
  it('each echo and its reply is one row where it was sent', async () => {
    await run('ping', ['-c', '20', '-i', '0.02', '127.0.0.1']);
    await run('ping', ['-c', '10', '-i', '0.02', '::1']);
    const sql = `SELECT protocol, observation_point, request_type, response_status, type, Count(row) AS n, Max(response_duration) AS slowest
      FROM l7_flow_log WHERE Enum(l7_protocol) = 'Ping' GROUP BY protocol, observation_point, request_type, response_status, type`;
    const rows = await until('30 rows', async () => {
      const found = await stack.rows(sql, 'flow_log');
      return found.reduce((sum, row) => sum + Number(row.n), 0) >= 30 ? found : undefined;
    });
    const each = { observation_point: 'c-p', request_type: 'Echo', response_status: 0, type: 2 };
    expect(rows).toHaveLength(2);
    expect(rows).toContainEqual(expect.objectContaining({ ...each, protocol: 1, n: 20 }));
    expect(rows).toContainEqual(expect.objectContaining({ ...each, protocol: 58, n: 10 }));
    for (const row of rows) expect(Number(row.slowest)).toBeGreaterThan(0);
    const edges = await until('the windows of 30 echoes', async () => {
      const found = await stack.rows(
        `SELECT protocol, server_port, Sum(request) AS n FROM application_map WHERE Enum(l7_protocol) = 'Ping' GROUP BY protocol, server_port`,
      );
      return found.reduce((sum, row) => sum + Number(row.n), 0) >= 30 ? found : undefined;
    });
    expect(edges.map((row) => [row.protocol, row.server_port, row.n]).sort()).toEqual([
      [1, 0, 20],
      [58, 0, 10],
    ]);
  });
});

describe('DNS', () => {
  it('answers and refusals through dnsmasq', async () => {
    const server = await use(dnsmasq());
    const resolver = new Resolver();
    resolver.setServers([`127.0.0.1:${server.port}`]);
    for (let i = 0; i < 90; i++)
      expect(await resolver.resolve4(`host${(i % 9) + 1}.test`)).toEqual([`10.9.0.${(i % 9) + 1}`]);
    for (let i = 0; i < 10; i++) await expect(resolver.resolve4(`none${i}.test`)).rejects.toThrow('ENOTFOUND');
    for (const point of ['c-p', 's-p']) {
      const rows = await rows_at(server.port, point, 'request_type, response_code', 100);
      expect(count(rows, { request_type: 'A', response_code: 0 }), point).toBe(90);
      expect(count(rows, { request_type: 'A', response_code: 3 }), point).toBe(10);
    }
  });
});
