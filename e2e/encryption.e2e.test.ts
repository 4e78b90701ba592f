// Encrypted connections of real servers and clients: each handshake is one row at either end, and what follows stays an edge
// of bytes and connections that nobody looks into.
import { once } from 'node:events';
import { connect as connect_tcp } from 'node:net';
import { connect } from 'node:tls';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { run, until } from './lib/process.ts';
import { nginx, postgres, type RealServer } from './lib/servers.ts';
import { Stack } from './lib/stack.ts';

const REQUESTS = 3;
const RECENT = 30;
const OLD = 10;
const REFUSALS = 5;
const HANDSHAKES = RECENT + OLD + REFUSALS;
const POINTS = ['c-p', 's-p'];

const stack = new Stack();
let web: RealServer;
let database: RealServer;
/** Bytes of the clients' sockets, as they count them. */
const own = { sent: 0, received: 0 };

async function visit(maxVersion: 'TLSv1.2' | 'TLSv1.3'): Promise<void> {
  const raw = connect_tcp(web.port, '127.0.0.1');
  const trust = { servername: 'shop.test', rejectUnauthorized: false };
  const socket = connect({ socket: raw, maxVersion, ALPNProtocols: ['http/1.1'], ...trust });
  await once(socket, 'secureConnect');
  for (let i = 0; i < REQUESTS; i++) {
    socket.write('GET /ok HTTP/1.1\r\nHost: shop.test\r\n\r\n');
    await once(socket, 'data');
  }
  socket.end();
  await once(socket, 'close');
  own.sent += raw.bytesWritten;
  own.received += raw.bytesRead;
}

beforeAll(async () => {
  web = await nginx({ tls: true });
  database = await postgres({ tls: true });
  await stack.start();
  await stack.settings({ throttle_rows_s: 1_000_000, redact: false });
  for (let i = 0; i < RECENT; i++) await visit('TLSv1.3');
  for (let i = 0; i < OLD; i++) await visit('TLSv1.2');
  const distrusting = [
    's_client',
    '-connect',
    `127.0.0.1:${web.port}`,
    '-tls1_2',
    '-verify_return_error',
    '-verify',
    '2',
  ];
  for (let i = 0; i < REFUSALS; i++) await run('openssl', distrusting).catch(() => undefined);
  const ssl = { rejectUnauthorized: false };
  const client = new pg.Client({ host: '127.0.0.1', port: database.port, user: 'test', database: 'postgres', ssl });
  await client.connect();
  for (let i = 0; i < 20; i++) await client.query('SELECT 1');
  await client.end();
  await until('all rows have arrived', async () => {
    const where = `server_port = ${web.port} OR server_port = ${database.port}`;
    const n = await stack.number(`SELECT Count(row) AS n FROM l7_flow_log WHERE ${where}`, 'flow_log');
    return n >= 2 * HANDSHAKES + 2 ? n : undefined;
  }).catch(() => undefined);
  // Windows end, and too many rows would be seen as well.
  await new Promise((done) => setTimeout(done, 6000));
});
afterAll(async () => {
  await stack.stop();
  await web?.stop();
  await database?.stop();
  stack.remove();
});

const log = (columns: string, port: number, point: string) =>
  stack.rows(
    `SELECT ${columns}, Count(row) AS n FROM l7_flow_log WHERE server_port = ${port} AND observation_point = '${point}' GROUP BY ${columns}`,
    'flow_log',
  );

describe('nginx', () => {
  it.each(POINTS)('has one row a handshake at %s', async (point) => {
    const columns = 'request_type, version, response_status, response_exception, type, is_tls';
    const rows = await log(columns, web.port, point);
    const of = (version: string) => ({ request_type: 'ClientHello', version, type: 2, is_tls: 1 });
    const good = { response_status: 0, response_exception: '' };
    expect(rows).toHaveLength(3);
    expect(rows).toContainEqual({ ...of('1.3'), ...good, n: RECENT });
    expect(rows).toContainEqual({ ...of('1.2'), ...good, n: OLD });
    expect(rows).toContainEqual({ ...of('1.2'), response_status: 4, response_exception: 'unknown_ca', n: REFUSALS });
  });

  it.each(POINTS)('tells the name asked for and the certificate at %s', async (point) => {
    const where = `server_port = ${web.port} AND observation_point = '${point}' AND version = '1.2' AND response_status = 0`;
    const [row] = await stack.rows(
      `SELECT request_domain, attribute_names, attribute_values, response_duration FROM l7_flow_log WHERE ${where} LIMIT 1`,
      'flow_log',
    );
    expect(row?.request_domain).toBe('shop.test');
    expect(Number(row?.response_duration)).toBeGreaterThan(100);
    const told = JSON.stringify([row?.attribute_names, row?.attribute_values]);
    expect(told).toContain('server_cert_valid_days');
    for (const value of ['CN=shop.test,O=Shop', 'DNS:shop.test', 'http/1.1', 'TLS_ECDHE_RSA_WITH_'])
      expect(told).toContain(value);
    expect(told).toMatch(/"(29\.9|30\.0)\d"/);
  });

  it.each(POINTS)('is one encrypted edge with all bytes and connections at %s', async (point) => {
    const sums =
      'Sum(new_flow) AS connects, Sum(byte_tx) AS sent, Sum(byte_rx) AS received, Sum(request) AS handshakes, Sum(client_error) AS refused';
    const rows = await stack.rows(
      `SELECT l7_protocol, is_tls, endpoint, ${sums} FROM application_map WHERE server_port = ${web.port} AND observation_point = '${point}' GROUP BY l7_protocol, is_tls, endpoint`,
    );
    expect(rows).toHaveLength(1);
    expect(rows[0]).toMatchObject({ l7_protocol: 121, is_tls: 1, endpoint: '', connects: HANDSHAKES });
    expect(rows[0]).toMatchObject({ handshakes: HANDSHAKES, refused: REFUSALS });
    // The refusals' bytes come on top of what the other clients counted.
    expect(Number(rows[0]?.sent)).toBeGreaterThan(own.sent);
    expect(Number(rows[0]?.sent)).toBeLessThan(own.sent + REFUSALS * 1000);
    expect(Number(rows[0]?.received)).toBeGreaterThan(own.received);
    expect(Number(rows[0]?.received)).toBeLessThan(own.received + REFUSALS * 4000);
  });
});

describe('PostgreSQL', () => {
  it.each(POINTS)('has its handshake read after both agreed to encrypt, at %s', async (point) => {
    const rows = await log('request_type, version, response_status', database.port, point);
    expect(rows).toEqual([{ request_type: 'ClientHello', version: '1.3', response_status: 0, n: 1 }]);
    const edges = await stack.rows(
      `SELECT l7_protocol, is_tls, Sum(new_flow) AS connects FROM application_map WHERE server_port = ${database.port} AND observation_point = '${point}' GROUP BY l7_protocol, is_tls`,
    );
    expect(edges).toEqual([{ l7_protocol: 121, is_tls: 1, connects: 1 }]);
  });
});
