import { type Card, WHOLE_CALLS } from '../protocol.ts';

export const card: Card = {
  id: 104,
  name: 'nats',
  display_name: 'NATS',
  transport: 'tcp',
  unit: 'One operation; publications and deliveries are one-way rows, a ping is one row with its pong.',
  status_meaning:
    'An -ERR about a slow or stale connection, too many connections or the server itself is a server error, any other a client error; the status of a delivery counts as in HTTP.',
  // Pings are numbered as they come; greetings have a number of their own.
  pairing: 'id',
  port_hints: [4222, 6222],
  capture_bytes: WHOLE_CALLS,
  timeout_s: 30,
  icon: 'queue',
};
