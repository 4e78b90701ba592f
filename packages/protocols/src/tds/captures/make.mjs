// Makes the recordings anew: `node make.mjs FOLDER`, with the public library tedious installed in FOLDER. Clients: tedious;
// Debian's python3-tds (also with several sessions on one connection), python3-pymssql and tsql (FreeTDS), the latter in
// TDS 7.1 and with an encrypted login too. The server is answers by hand, which all of them accept.
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createSecureContext } from 'node:tls';
import { serve } from './server.mjs';

const { Connection, Request, TYPES, ISOLATION_LEVEL } = createRequire(`${process.argv[2]}/`)('tedious');
const TRACE = 'traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
const scratch = mkdtempSync(join(tmpdir(), 'tds-'));

function save(name, made_with, connections) {
  const lines = connections.map((pieces) => pieces.map((piece) => JSON.stringify(piece)).join(',\n'));
  const text = lines.map((pieces) => `[\n${pieces}\n]`).join(',');
  writeFileSync(
    new URL(`${name}.json`, import.meta.url),
    `{"made_with":${JSON.stringify(made_with)},"connections":[${text}]}\n`,
  );
}

function run(command, args, input = '', env = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      stdio: ['pipe', process.env.SHOW ? 'inherit' : 'ignore', 'inherit'],
      env: { ...process.env, ...env },
    });
    child.stdin.end(input);
    child.on('close', resolve);
  });
}

function open(port, user, encrypt) {
  const options = {
    port,
    encrypt,
    database: 'shop',
    trustServerCertificate: true,
    appName: 'shop app',
    requestTimeout: 3000,
    connectTimeout: 3000,
  };
  const connection = new Connection({
    server: '127.0.0.1',
    authentication: { type: 'default', options: { userName: user, password: 'hidden-word' } },
    options,
  });
  return new Promise((resolve) => {
    connection.on('connect', (error) => resolve(error ? undefined : connection));
    connection.connect();
  });
}

const outcome = (start) =>
  new Promise((resolve) => {
    start((error, result) => {
      if (process.env.SHOW) console.log(error?.message ?? result);
      resolve(result);
    });
  });

async function tedious(port) {
  await open(port, 'stranger', false);
  const c = await open(port, 'app', false);
  const shown = (request) => request.on('row', (row) => process.env.SHOW && console.log(row.map(({ value }) => value)));
  const send = (sql) => outcome((end) => c.execSqlBatch(shown(new Request(sql, end))));
  const execute = (sql, values) =>
    outcome((end) => {
      const request = shown(new Request(sql, end));
      for (const [name, type, value] of values) request.addParameter(name, type, value);
      c.execSql(request);
    });
  await send('SELECT id, name FROM items');
  await send("SELECT id FROM items WHERE name = N'secret' ; SELECT name FROM items");
  await send('SELECT * FROM many_types');
  await send('SELECT * FROM many_more');
  await send("UPDATE items SET name = 'secret' WHERE id < 5");
  await send('SELECT * FROM nowhere');
  await send('SELECT crash FROM items');
  await send("INSERT INTO items (name) VALUES ('duplicate secret')");
  await send("PRINT 'secret'");
  await send(`/* ${TRACE} */ DELETE FROM items WHERE id = 3`);
  await send(`SELECT id FROM items -- ${'long '.repeat(2000)}`);
  await execute('SELECT name FROM items WHERE id = @id AND name <> @name', [
    ['id', TYPES.Int, 7],
    ['name', TYPES.NVarChar, 'secret name'],
    ['at', TYPES.DateTime2, new Date(Date.UTC(2026, 0, 2, 3, 4, 5))],
    ['price', TYPES.Decimal, 12.5],
    ['none', TYPES.Float, null],
    ['flag', TYPES.Bit, true],
    ['long', TYPES.NVarChar, 'secret '.repeat(1000)],
  ]);
  await execute('SELECT * FROM nowhere WHERE id = @id', [['id', TYPES.Int, 1]]);
  await outcome((end) => {
    const request = shown(new Request('dbo.pay', end));
    request.addParameter('amount', TYPES.Money, 12.5);
    request.addParameter('who', TYPES.VarChar, 'secret one');
    c.callProcedure(request);
  });
  const prepared = shown(new Request('SELECT name FROM items WHERE id = @id', () => undefined));
  prepared.addParameter('id', TYPES.Int);
  await new Promise((resolve) => {
    prepared.on('prepared', resolve);
    c.prepare(prepared);
  });
  for (const id of [1, 2]) {
    await new Promise((resolve) => {
      prepared.userCallback = resolve;
      c.execute(prepared, { id });
    });
  }
  await new Promise((resolve) => {
    prepared.userCallback = resolve;
    c.unprepare(prepared);
  });
  await outcome((end) => c.beginTransaction(end, 'work', ISOLATION_LEVEL.READ_COMMITTED));
  await outcome((end) => c.commitTransaction(end));
  await outcome((end) => c.beginTransaction(end));
  await outcome((end) => c.rollbackTransaction(end));
  await outcome((end) => {
    const bulk = c.newBulkLoad('items', { keepNulls: true }, end);
    bulk.addColumn('id', TYPES.Int, { nullable: false });
    bulk.addColumn('name', TYPES.NVarChar, { length: 50, nullable: true });
    c.execBulkLoad(bulk, [
      [1, 'secret a'],
      [2, 'secret b'],
      [3, null],
    ]);
  });
  const waits = outcome((end) => {
    c.execSqlBatch(new Request("WAITFOR DELAY '00:01'", end));
  });
  setTimeout(() => c.cancel(), 100);
  await waits;
  await send('SELECT id FROM items');
  await new Promise((resolve) => {
    c.on('end', resolve);
    c.close();
  });
}

const PYTDS = `
import sys, pytds
mars = len(sys.argv) > 2
c = pytds.connect('127.0.0.1', 'shop', 'app', 'hidden-word', port=int(sys.argv[1]), use_mars=mars, appname='shop app', autocommit=True)
a, b = c.cursor(), c.cursor()
for cur in (a, b, a):
    cur.execute('SELECT id, name FROM items')
    print(cur.fetchall())
a.execute('SELECT name FROM items WHERE id = %s AND name <> %s', (5, 'secret'))
b.execute('SELECT * FROM many_types') if mars else None
print(a.fetchall(), b.fetchall() if mars else '')
try:
    b.execute('SELECT 1 FROM nowhere')
except Exception as e:
    print(e)
a.callproc('dbo.pay', (7, 'secret'))
print(a.fetchall())
a.execute("UPDATE items SET name = 'secret'")
print(a.rowcount)
c.close()
`;

const PYMSSQL = `
import sys, pymssql
c = pymssql.connect('127.0.0.1', 'app', 'hidden-word', 'shop', port=sys.argv[1], tds_version=sys.argv[2], appname='shop app', autocommit=True)
a = c.cursor()
a.execute('SELECT id, name FROM items')
print(a.fetchall())
a.execute("UPDATE items SET name = 'secret' WHERE id = %d", 5)
print(a.rowcount)
try:
    a.execute('SELECT 1 FROM nowhere')
except Exception as e:
    print(e)
c.close()
`;

const python = '/usr/bin/python3';
const by_hand = 'answers by hand';
save('tedious', `tedious 19.2.2 (npm), TDS 7.4; ${by_hand}`, await serve(tedious));
save('pytds', `python3-tds 1.11.0 (Debian); ${by_hand}`, await serve((port) => run(python, ['-c', PYTDS, port])));
save(
  'mars',
  `python3-tds 1.11.0 (Debian), sessions; ${by_hand}`,
  await serve((port) => run(python, ['-c', PYTDS, port, 'mars']), { mars: 1 }),
);
save(
  'pymssql',
  `python3-pymssql 2.2.2 (Debian); ${by_hand}`,
  await serve((port) => run(python, ['-c', PYMSSQL, port, '7.3'])),
);
save(
  'old',
  `python3-pymssql 2.2.2 (Debian), TDS 7.1; ${by_hand}`,
  await serve((port) => run(python, ['-c', PYMSSQL, port, '7.1']), { old: true }),
);

const files = ['-keyout', join(scratch, 'key'), '-out', join(scratch, 'cert')];
execFileSync(
  'openssl',
  ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=by hand', ...files],
  { stdio: 'ignore' },
);
const context = createSecureContext({
  key: readFileSync(join(scratch, 'key')),
  cert: readFileSync(join(scratch, 'cert')),
  maxVersion: 'TLSv1.2',
  ciphers: 'DEFAULT:@SECLEVEL=0',
});
save(
  'encrypted',
  `tedious 19.2.2 (npm), encrypted; ${by_hand}`,
  await serve(
    async (port) => {
      const c = await open(port, 'app', true);
      await outcome((end) => c.execSqlBatch(new Request('SELECT id, name FROM items', end)));
      c.close();
    },
    { encryption: 1, context },
  ),
);
const config = join(scratch, 'freetds.conf');
writeFileSync(config, '[global]\ntext size = 64512\nencryption = request\n');
const tsql = (port, version) =>
  run(
    '/usr/bin/tsql',
    ['-H', '127.0.0.1', '-p', String(port), '-U', 'app', '-P', 'hidden-word', '-D', 'shop'],
    "SELECT id, name FROM items\ngo\nUPDATE items SET name = 'secret'\ngo\nSELECT 1 FROM nowhere\ngo\nexit\n",
    { TDSVER: version, FREETDS: config },
  );
save(
  'login',
  `tsql of FreeTDS 1.3.17 (Debian), login encrypted; ${by_hand}`,
  await serve((port) => tsql(port, '7.4'), { encryption: 0, context }),
);
process.exit(0);
