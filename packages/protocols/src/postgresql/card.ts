import { type Card, WHOLE_CALLS } from '../protocol.ts';

export const card: Card = {
  id: 61,
  name: 'postgresql',
  display_name: 'PostgreSQL',
  transport: 'tcp',
  unit: 'One Query, or one Execute together with the Parse, Bind and Describe sent for it; a Parse without an Execute is a row too.',
  status_meaning:
    'By the class of the SQLSTATE: rollbacks, resources, operator, system and internal errors and lost connections are server errors, all others client errors. A result counts as ok once its rows began, even when its end was not captured.',
  pairing: 'order',
  port_hints: [5432, 5433, 6432],
  // The server sends in buffers of 8 KiB (PQ_SEND_BUFFER_SIZE): counts and errors stand at the end of a result.
  capture_bytes: WHOLE_CALLS,
  timeout_s: 15,
  icon: 'database',
};
