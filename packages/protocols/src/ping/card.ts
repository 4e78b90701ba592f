import type { Card } from '../protocol.ts';

export const card: Card = {
  id: 122,
  name: 'ping',
  display_name: 'Ping',
  transport: 'icmp',
  unit: 'One echo request and its reply.',
  status_meaning:
    'What was unreachable, or refused on the way, is a server error; a packet too big, of too few hops or malformed is a client error.',
  pairing: 'id',
  port_hints: [],
  // Two IP headers of full length and both ICMP headers.
  capture_bytes: 256,
  timeout_s: 10,
  icon: 'name',
};
