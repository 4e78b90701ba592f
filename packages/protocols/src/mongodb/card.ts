import { type Card, WHOLE_CALLS } from '../protocol.ts';

export const card: Card = {
  id: 81,
  name: 'mongodb',
  display_name: 'MongoDB',
  transport: 'tcp',
  unit: 'One message to the server: a command, or an operation of the old kinds; a bulk of n documents is one row.',
  status_meaning:
    'By the error code of the command, its first write error or its write concern: failures of the network, of the replica set, of time and of the server itself are server errors, all others client errors.',
  pairing: 'id',
  port_hints: [27_017, 27_018, 27_019],
  capture_bytes: WHOLE_CALLS,
  timeout_s: 120,
  icon: 'database',
};
