import { type Card, WHOLE_CALLS } from '../protocol.ts';

export const card: Card = {
  id: 45,
  name: 'brpc',
  display_name: 'bRPC',
  transport: 'tcp',
  unit: 'One correlation id: a call of a method of a service.',
  status_meaning: 'Error codes 1000 to 1999 are client errors, every other nonzero code is a server error.',
  pairing: 'id',
  port_hints: [8000, 8010],
  // Meta data come first; a body says nothing that is stored.
  capture_bytes: WHOLE_CALLS,
  timeout_s: 60,
  icon: 'rpc',
};
