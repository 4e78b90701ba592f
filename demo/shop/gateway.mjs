// The shop's front door.
import { Client, serve } from './lib.mjs';

const client = new Client('gateway');

serve('gateway', [
  ['GET', /^\/products$/, () => client.call('catalogue', 'GET', '/products')],
  ['GET', /^\/products\/(\d+)$/, ([, id]) => client.call('catalogue', 'GET', `/products/${id}`)],
  ['GET', /^\/carts\/(\d+)$/, ([, user]) => client.call('cart', 'GET', `/carts/${user}`)],
  [
    'POST',
    /^\/carts\/(\d+)\/items$/,
    async ([, user], item) => {
      const [status] = await client.call('catalogue', 'GET', `/products/${item.product}`);
      if (status !== 200) return [404, { error: 'no such product' }];
      return client.call('cart', 'POST', `/carts/${user}/items`, item);
    },
  ],
  ['POST', /^\/orders$/, (_, order) => client.call('orders', 'POST', '/orders', order)],
  ['GET', /^\/orders\/(\d+)$/, ([, id]) => client.call('orders', 'GET', `/orders/${id}`)],
]);
