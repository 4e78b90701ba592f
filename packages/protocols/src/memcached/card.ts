import { type Card, WHOLE_CALLS } from '../protocol.ts';

export const card: Card = {
  id: 82,
  name: 'memcached',
  display_name: 'Memcached',
  transport: 'tcp',
  unit: 'One command line, or one binary request; a get of n keys is one row, a quiet command one of its own.',
  status_meaning:
    'ERROR and CLIENT_ERROR, and binary statuses that blame the request, are client errors; SERVER_ERROR and statuses that blame the server are server errors. A key that is not there, or is there already, is no error.',
  pairing: 'order',
  port_hints: [11_211, 11_212],
  capture_bytes: WHOLE_CALLS,
  timeout_s: 15,
  icon: 'cache',
};
