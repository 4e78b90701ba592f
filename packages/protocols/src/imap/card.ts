import { type Card, WHOLE_CALLS } from '../protocol.ts';

export const card: Card = {
  id: 112,
  name: 'imap',
  display_name: 'IMAP',
  transport: 'tcp',
  unit: 'One tagged command with its tagged response; the greeting is a row of its own.',
  status_meaning:
    'BAD and NO are client errors, NO with a code such as [UNAVAILABLE], [SERVERBUG] or [INUSE] and a BYE that nobody asked for are server errors.',
  pairing: 'id',
  port_hints: [143],
  capture_bytes: WHOLE_CALLS,
  timeout_s: 300,
  icon: 'queue',
};
