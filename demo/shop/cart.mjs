// Carts, kept in Redis.
import { createClient } from 'redis';
import { HOST, port_of, serve } from './lib.mjs';

const redis = createClient({ socket: { host: HOST, port: port_of('redis') } });
redis.on('error', (error) => console.error(error.message));
await redis.connect();

serve('cart', [
  ['GET', /^\/carts\/(\d+)$/, async ([, user]) => [200, { items: await redis.lRange(`cart:${user}`, 0, -1) }]],
  [
    'POST',
    /^\/carts\/(\d+)\/items$/,
    async ([, user], item) => {
      const key = `cart:${user}`;
      const [count] = await redis.multi().rPush(key, String(item.product)).lTrim(key, -20, -1).expire(key, 600).exec();
      return [201, { count }];
    },
  ],
]);
