import { type Card, WHOLE_CALLS } from '../protocol.ts';

export const card: Card = {
  id: 80,
  name: 'redis',
  display_name: 'Redis',
  transport: 'tcp',
  unit: 'One command; a pipeline or a transaction of n commands is n rows.',
  status_meaning: 'Every error reply (-ERR ..., !...) is a server error; there is no client error.',
  pairing: 'order',
  port_hints: [6379, 6380, 16379, 26379],
  // A pipeline of some hundred commands is one write: seeing all of it keeps the count exact.
  capture_bytes: WHOLE_CALLS,
  timeout_s: 15,
  icon: 'cache',
};
