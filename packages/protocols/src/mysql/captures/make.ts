// Makes the recordings anew: run with PORT of a MariaDB on loopback that has a database `shop` and an account `app` with the
// password `hidden-word` and all rights.
import { Readable } from 'node:stream';
import mysql from 'mysql2/promise';
import { record, save } from '../../testing/record.ts';

const target = Number(process.argv[2]);
const quiet = () => undefined;

function open(port: number, more: Partial<mysql.ConnectionOptions> = {}): Promise<mysql.Connection> {
  return mysql.createConnection({
    host: '127.0.0.1',
    port,
    user: 'app',
    password: 'hidden-word',
    database: 'shop',
    multipleStatements: true,
    ...more,
  });
}

async function commands(port: number): Promise<void> {
  const c = await open(port);
  await c.query('DROP TABLE IF EXISTS items, blobs');
  await c.query('CREATE TABLE items (id INT PRIMARY KEY AUTO_INCREMENT, name VARCHAR(64), price DOUBLE, at DATETIME)');
  await c.query("INSERT INTO items (name, price) VALUES ('apple', 1.5), ('pear', 2.5), ('secret fig', 3)");
  await c.query('SELECT * FROM items');
  await c.query('SELECT id FROM items WHERE id > 100');
  await c
    .query("UPDATE items SET price = price + 1 WHERE name = 'apple'; SELECT 1; SELECT nothing FROM nowhere")
    .catch(quiet);
  await c.query('SELEC 1').catch(quiet);
  await c.query("INSERT INTO items (id, name) VALUES (1, 'secret')").catch(quiet);
  const find = await c.prepare('SELECT * FROM items WHERE id > ? AND name <> ?');
  await find.execute([1, 'secret name']);
  await find.execute([2, null]);
  await find.close();
  await c.execute('INSERT INTO items (name, price, at) VALUES (?, ?, ?)', [
    'plum',
    -0.25,
    new Date(Date.UTC(2026, 1, 3, 4, 5, 6)),
  ]);
  await c.execute('SELECT 1');
  await c.ping();
  await c.changeUser({ database: 'mysql' });
  await c.query('USE shop');
  await c.query(
    '/* traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01 */ DELETE FROM items WHERE id = 2',
  );
  await c.query({
    sql: "LOAD DATA LOCAL INFILE 'x' INTO TABLE items (name)",
    infileStreamFactory: () => Readable.from([Buffer.from('from a file\n'), Buffer.from('and another\n')]),
  });
  await c.query(`CREATE TABLE blobs (b LONGBLOB)`);
  await c.query('INSERT INTO blobs VALUES (?)', [Buffer.alloc(20_000, 'b')]);
  await c.query('SELECT * FROM blobs');
  await c.query('CALL nothing()').catch(quiet);
  await c.end();
}

async function refused(port: number): Promise<void> {
  await open(port, { password: 'wrong' }).catch(quiet);
}

async function compressed(port: number): Promise<void> {
  const c = await open(port, { compress: true });
  await c.query('SELECT 1');
  await c.query("SELECT REPEAT('long text', 500) AS a, id FROM items");
  const find = await c.prepare('SELECT * FROM items WHERE id > ?');
  await find.execute([0]);
  await c.query('SELEC 1').catch(quiet);
  await c.end();
}

for (const [name, step] of Object.entries({ commands, refused, compressed })) {
  const recorder = await record(target);
  await step(recorder.port);
  save(new URL(`${name}.json`, import.meta.url), await recorder.stop('MariaDB 10.11, mysql2 3.24.6'));
}
process.exit(0);
