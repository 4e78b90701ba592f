// Makes the recordings anew: `node make.mjs PORT`, PORT of a ClickHouse server on loopback that has an account `app` with the
// password `hidden-word` (Debian's clickhouse-server 18.16). Clients: Debian's clickhouse-client and python3-clickhouse-driver,
// and the engine inside of the npm package chdb, whose function remote() is a client of the newest revision; that one also
// talks to a few answers by hand, of its own revision, which it accepts.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import chdb from 'chdb';
import { prepare, serve } from './server.mjs';

const target = Number(process.argv[2]);
const TRACE = 'traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

function save(name, made_with, connections) {
  const lines = connections.map((pieces) => pieces.map((piece) => JSON.stringify(piece)).join(',\n'));
  const text = lines.map((pieces) => `[\n${pieces}\n]`).join(',');
  writeFileSync(
    new URL(`${name}.json`, import.meta.url),
    `{"made_with":${JSON.stringify(made_with)},"connections":[${text}]}\n`,
  );
}

/** Runs `use(port)` with the port of a forwarder to the server; returns what passed. */
async function recorded(use) {
  const connections = [];
  const server = createServer((client) => {
    const pieces = [];
    connections.push(pieces);
    const upstream = connect(target, '127.0.0.1');
    for (const [from, to, direction] of [
      [client, upstream, 0],
      [upstream, client, 1],
    ]) {
      from.on('data', (piece) => {
        pieces.push([direction, piece.toString('base64')]);
        to.write(piece);
      });
      from.on('end', () => to.end());
      from.on('error', () => to.destroy());
    }
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  await use(server.address().port);
  server.close();
  return connections;
}

function run(command, args, input) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { stdio: ['pipe', 'ignore', 'inherit'] });
    child.stdin.end(input ?? '');
    child.on('close', resolve);
  });
}

const STATEMENTS = [
  'CREATE DATABASE IF NOT EXISTS shop',
  'DROP TABLE IF EXISTS shop.items',
  `CREATE TABLE shop.items (id UInt32, name String, price Nullable(Float64), tags Array(String), kind Enum8('a' = 1, 'b' = 2), code FixedString(3), at DateTime, pair Tuple(UInt8, String)) ENGINE = Memory`,
  "INSERT INTO shop.items VALUES (1, 'apple', 1.5, ['x', 'y'], 'a', 'abc', '2026-01-02 03:04:05', (1, 'p')), (2, 'secret fig', NULL, [], 'b', 'de', '2026-01-02 03:04:05', (2, 'q'))",
  'SELECT * FROM shop.items',
  "SELECT count(), name FROM shop.items WHERE name != 'secret fig' GROUP BY name WITH TOTALS SETTINGS extremes = 1",
  'SELECT number, toString(number) FROM numbers(10000) LIMIT 2500 SETTINGS max_block_size = 1000',
  `SELECT 1 /* ${TRACE} */`,
  'SELECT missing FROM shop.items',
  "SELECT CAST('secret reason' AS Int32) FROM numbers(2)",
  "SELECT sleep(0.001), 'secret' FROM numbers(3)",
  'SELECT sumState(number) FROM numbers(10)',
  'SELECT 2',
];

async function client(extra) {
  const args = ['--user', 'app', '--password', 'hidden-word', '--host', '127.0.0.1', ...extra];
  return recorded(async (port) => {
    const all = [...args, '--port', String(port), '--multiquery', '--ignore-error'];
    await run('clickhouse-client', all, `${STATEMENTS.join(';\n')};\n`);
    await run('clickhouse-client', [
      ...args.map((a) => (a === 'hidden-word' ? 'wrong-word' : a)),
      '--port',
      String(port),
      '--query',
      'SELECT 1',
    ]);
  });
}

const DRIVER = `
import sys
from clickhouse_driver import Client
from clickhouse_driver.errors import Error
c = Client('127.0.0.1', port=int(sys.argv[1]), user='app', password='hidden-word', database='shop',
           settings={'max_block_size': 1000, 'send_logs_level': 'trace'})
c.execute('DROP TABLE IF EXISTS sums')
c.execute('CREATE TABLE sums (id UInt64, name String, at Date, n Nullable(Int32)) ENGINE = Memory')
c.execute('INSERT INTO sums VALUES', [(i, 'secret %d' % i, __import__('datetime').date(2026, 1, 2), None if i % 2 else i) for i in range(500)])
c.execute("SELECT * FROM sums WHERE name <> %(name)s", {'name': "it's secret"})
c.execute('SELECT id FROM sums WHERE id IN ext', external_tables=[{'name': 'ext', 'structure': [('id', 'UInt64')], 'data': [{'id': 1}, {'id': 7}]}])
for text in ['SELECT nothing', 'SELECT 1 FROM nowhere']:
    try:
        c.execute(text)
    except Error:
        pass
c.execute('SELECT number FROM numbers(3)')
c.connection.ping()
progress = c.execute_with_progress('SELECT sum(number) FROM numbers(1000000)')
progress.get_result()
c.disconnect()
`;

const session = new chdb.Session(mkdtempSync(join(tmpdir(), 'frames-')));
prepare(session);

async function embedded(use) {
  await use(async (text) => {
    try {
      return await session.queryAsync(text);
    } catch (error) {
      console.log(String(error).slice(0, 300));
    }
  });
}

const version = 'ClickHouse 18.16.1 (Debian)';
save('lz4', `${version}; clickhouse-client of the same, LZ4`, await client(['--compression', '1']));
save(
  'zstd',
  `${version}; clickhouse-client of the same, ZSTD`,
  await client(['--compression', '1', '--network_compression_method', 'zstd']),
);
save('plain', `${version}; clickhouse-client of the same, not compressed`, await client(['--compression', '0']));
const script = ['-c', DRIVER];
save(
  'driver',
  `${version}; python3-clickhouse-driver 0.2.5 (Debian)`,
  await recorded((port) => run('/usr/bin/python3', [...script, String(port)])),
);
save(
  'remote',
  `${version}; chdb 26.7 by remote()`,
  await recorded((port) =>
    embedded(async (query) => {
      const table = (name) => `remote('127.0.0.1:${port}', shop.${name}, 'app', 'hidden-word')`;
      await query(`SELECT id, name FROM ${table('items')} WHERE id < 100`);
      await query(
        `INSERT INTO FUNCTION ${table('sums')} SELECT number, 'secret', '2026-01-02', NULL FROM numbers(1000)`,
      );
      await query(`SELECT count() FROM ${table('nowhere')}`);
    }),
  ),
);
const TRACED = `
import sys
from clickhouse_driver import Client
c = Client('127.0.0.1', port=int(sys.argv[1]), user='app', password='hidden-word',
           settings={'opentelemetry_traceparent': '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01', 'opentelemetry_tracestate': 'a=b'})
print(c.execute('SELECT n FROM shop.numbers'), c.execute('SELECT n FROM shop.numbers WHERE n = 7'))
c.disconnect()
`;
save(
  'traced',
  'python3-clickhouse-driver 0.2.5 (Debian), revision 54453; answers by hand',
  await serve((port) => run('/usr/bin/python3', ['-c', TRACED, String(port)]), true),
);
const newest = await serve((port) =>
  embedded(async (query) => {
    const table = (name) => `remote('127.0.0.1:${port}', shop.${name}, 'app', 'hidden-word')`;
    const quiet = 'SETTINGS enable_parallel_blocks_marshalling = 0';
    await query(`SELECT * FROM ${table('types')} ${quiet}`);
    await query(
      `SELECT count() FROM ${table('types')} WHERE s = 'secret word' ${quiet}, log_comment = 'secret comment'`,
    );
    await query(
      `INSERT INTO FUNCTION ${table('types')} ${quiet} SELECT number, toString(number), NULL, [toString(number)], map('k', number), (1, 'x'), 'low' || number % 3, NULL FROM numbers(700)`,
    );
    await query(
      `INSERT INTO FUNCTION ${table('types')} ${quiet}, network_compression_method = 'ZSTD' SELECT number, toString(number), NULL, [toString(number)], map('k', number), (1, 'x'), 'low', 'n' FROM numbers(5)`,
    );
    await query(`SELECT s FROM ${table('broken')} ${quiet}`);
    await query(`SELECT s FROM ${table('types')} LIMIT 3 ${quiet}`);
  }),
);
save('newest', 'chdb 26.7 by remote(), revision 54488; answers by hand', newest);
process.exit(0);
