import type { Card } from '../protocol.ts';

export const card: Card = {
  id: 47,
  name: 'some_ip',
  display_name: 'SOME/IP',
  transport: 'both',
  unit: 'One session id: a call of a method of a service, or a notification.',
  status_meaning:
    'Return codes that blame the request (unknown service or method, wrong version, malformed) are client errors, every other nonzero code is a server error.',
  pairing: 'id',
  port_hints: [30490, 30501, 30506, 30509],
  capture_bytes: 1500,
  timeout_s: 30,
  icon: 'rpc',
};
