// Customers: a steady stream of visits at RATE a second (default 20), each one to four calls of the gateway. What it
// counted stands in COUNTS/load.json. With SONDE_DEMO_VISITS it stops after so many, so that totals can be compared.
import { Client, sleep } from './lib.mjs';

const client = new Client('load');
const rate = Number(process.env.RATE ?? 20);
const visits_max = Number(process.env.SONDE_DEMO_VISITS ?? Number.POSITIVE_INFINITY);
let visits = 0;
let last_order = 0;
let stopping = false;

const visit = async (n) => {
  const user = n % 40;
  const product = 1 + ((n * 7) % 104); // 101 to 104 do not exist.
  await client.call('gateway', 'GET', n % 5 === 0 ? '/products' : `/products/${product}`);
  if (n % 2 === 0) await client.call('gateway', 'POST', `/carts/${user}/items`, { product });
  if (n % 3 === 0) await client.call('gateway', 'GET', `/carts/${user}`);
  if (n % 6 === 0) {
    const [status, order] = await client.call('gateway', 'POST', '/orders', { user, amount: 10 + (n % 90) });
    if (status === 201) last_order = order.id;
  }
  if (n % 8 === 0 && last_order > 0) await client.call('gateway', 'GET', `/orders/${last_order}`);
};

process.on('SIGTERM', () => {
  stopping = true;
  client.write();
  process.exit(0);
});

const running = new Set();
while (!stopping) {
  if (running.size < 200 && visits < visits_max) {
    const one = visit(++visits)
      .catch((error) => console.error(error.message))
      .finally(() => running.delete(one));
    running.add(one);
  }
  await sleep(1000 / rate);
}
