// Orders, kept in PostgreSQL; paid through payments.
import pg from 'pg';
import { Client, HOST, port_of, serve } from './lib.mjs';

const pool = new pg.Pool({ host: HOST, port: port_of('postgres'), user: 'shop', database: 'postgres', max: 4 });
await pool.query(
  'CREATE TABLE IF NOT EXISTS orders (id serial PRIMARY KEY, customer text, amount integer, paid boolean)',
);
const client = new Client('orders');

serve('orders', [
  [
    'POST',
    /^\/orders$/,
    async (_, order) => {
      const sql = 'INSERT INTO orders (customer, amount, paid) VALUES ($1, $2, false) RETURNING id';
      const { rows } = await pool.query(sql, [order.user, order.amount]);
      const id = rows[0].id;
      const [status] = await client.call('payments', 'POST', '/payments', { order: id, amount: order.amount });
      if (status !== 201) return [502, { error: 'payment failed', id }];
      await pool.query('UPDATE orders SET paid = true WHERE id = $1', [id]);
      return [201, { id }];
    },
  ],
  [
    'GET',
    /^\/orders\/(\d+)$/,
    async ([, id]) => {
      // One customer's client asks with an outdated statement: PostgreSQL refuses it.
      if (Number(id) % 50 === 0) await pool.query('SELECT total FROM orders WHERE id = $1', [id]);
      const { rows } = await pool.query('SELECT id, customer, amount, paid FROM orders WHERE id = $1', [id]);
      return rows.length === 0 ? [404, { error: 'no such order' }] : [200, rows[0]];
    },
  ],
]);
