import { type Card, WHOLE_CALLS } from '../protocol.ts';

export const card: Card = {
  id: 111,
  name: 'pop3',
  display_name: 'POP3',
  transport: 'tcp',
  unit: 'One command with its response, a message or list behind it included; the greeting is a row of its own.',
  status_meaning:
    '-ERR with [SYS/TEMP] or [SYS/PERM] is a server error, any other -ERR a client error: POP3 has no other codes.',
  pairing: 'order',
  port_hints: [110],
  capture_bytes: WHOLE_CALLS,
  timeout_s: 600,
  icon: 'queue',
};
