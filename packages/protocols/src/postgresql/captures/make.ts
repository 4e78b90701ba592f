// Makes the recordings anew: run with PORT of a PostgreSQL on loopback (TLS on) whose superuser is `app` with the password
// `hidden-word`. Needs psql for COPY.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import pg from 'pg';
import { record, save } from '../../testing/record.ts';

const target = Number(process.argv[2]);
const quiet = () => undefined;

async function open(port: number, more: pg.ClientConfig = {}): Promise<pg.Client> {
  const client = new pg.Client({
    host: '127.0.0.1',
    port,
    user: 'app',
    password: 'hidden-word',
    database: 'postgres',
    ...more,
  });
  client.on('error', quiet);
  await client.connect();
  return client;
}

async function commands(port: number): Promise<void> {
  const c = await open(port);
  await c.query('DROP TABLE IF EXISTS items');
  await c.query('CREATE TABLE items (id serial PRIMARY KEY, name text UNIQUE, price float)');
  await c.query("INSERT INTO items (name, price) VALUES ('apple', 1.5), ('pear', 2.5), ('secret fig', 3)");
  await c.query('SELECT * FROM items');
  await c.query('');
  await c.query("UPDATE items SET price = 0 WHERE name = 'pear'; SELECT 1; SELECT * FROM nowhere").catch(quiet);
  await c.query('SELEC 1').catch(quiet);
  await c.query('SELECT * FROM items WHERE id > $1 AND name <> $2', [1, 'secret name']);
  const named = { name: 'find', text: 'SELECT name FROM items WHERE id = $1' };
  for (let i = 1; i <= 3; i++) await c.query({ ...named, values: [i] });
  await c.query('INSERT INTO items (name) VALUES ($1)', ['apple']).catch(quiet);
  await c.query('SELECT $1::int', ['secret']).catch(quiet);
  await c.query('BEGIN');
  await c.query(
    'DELETE FROM items WHERE id = $1 /* traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01 */',
    [1],
  );
  await c.query('ROLLBACK');
  await c.query('LISTEN news');
  await c.query("NOTIFY news, 'secret item'");
  await c.query("DO $$ BEGIN RAISE NOTICE 'secret note'; END $$");
  await c.query("SELECT repeat('x', 30000), generate_series(1, 3)");
  await c.end();
}

async function refused(port: number): Promise<void> {
  await open(port, { password: 'wrong' }).catch(quiet);
}

async function tls(port: number): Promise<void> {
  const c = await open(port, { ssl: { rejectUnauthorized: false } });
  await c.query('SELECT 1');
  await c.end();
}

async function psql(port: number): Promise<void> {
  const script = [
    'COPY items (name) FROM STDIN;\nfrom a file\nand another\n\\.',
    'COPY items TO STDOUT;',
    'BEGIN; DECLARE c CURSOR FOR SELECT * FROM items; FETCH 2 FROM c; COMMIT;',
    'VACUUM items;',
  ].join('\n');
  const child = promisify(execFile)('psql', ['-h', '127.0.0.1', '-p', String(port), '-U', 'app', '-X', 'postgres'], {
    env: { ...process.env, PGPASSWORD: 'hidden-word', PGSSLMODE: 'disable' },
  });
  child.child.stdin!.end(script);
  await child;
}

for (const [name, step] of Object.entries({ commands, refused, tls, psql })) {
  const recorder = await record(target);
  await step(recorder.port);
  save(new URL(`${name}.json`, import.meta.url), await recorder.stop('PostgreSQL 15, pg 8.23.1 and psql 15'));
}
process.exit(0);
