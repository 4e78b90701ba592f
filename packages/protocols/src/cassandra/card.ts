import { type Card, WHOLE_CALLS } from '../protocol.ts';

export const card: Card = {
  // DeepFlow has no number for it.
  id: 64,
  name: 'cassandra',
  display_name: 'Cassandra',
  transport: 'tcp',
  unit: 'One request frame: a query, a prepared statement made or executed, a batch, a step of the login.',
  status_meaning:
    'By the code of an ERROR frame: wrong logins, statements, rights and functions are client errors; nodes that are unavailable, overloaded or too slow are server errors.',
  pairing: 'id',
  port_hints: [9042, 9142],
  capture_bytes: WHOLE_CALLS,
  timeout_s: 15,
  icon: 'database',
};
