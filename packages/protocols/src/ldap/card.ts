import { type Card, WHOLE_CALLS } from '../protocol.ts';

export const card: Card = {
  // DeepFlow has no number for it.
  id: 68,
  name: 'ldap',
  display_name: 'LDAP',
  transport: 'tcp',
  unit: 'One operation: a bind, a search with all its entries, a change, a comparison, an extended operation.',
  status_meaning:
    'By the result code: true, false, referrals and further steps of a login are ok; operations errors, limits of time and size at the server, busy, unavailable, unwilling, loops and others are server errors; the rest are client errors.',
  pairing: 'id',
  port_hints: [389, 3268],
  capture_bytes: WHOLE_CALLS,
  timeout_s: 60,
  icon: 'name',
};
