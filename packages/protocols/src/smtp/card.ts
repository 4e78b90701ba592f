import { type Card, WHOLE_CALLS } from '../protocol.ts';

export const card: Card = {
  id: 110,
  name: 'smtp',
  display_name: 'SMTP',
  transport: 'tcp',
  unit: 'One command with its final reply (DATA: the one behind the message); the greeting is a row of its own.',
  // RFC 5321 section 4.2.1: 4yz is a temporary state of the receiver, 5yz must not be tried again as it is.
  status_meaning: 'A reply 4yz, which asks to try again later, is a server error; 5yz, a refusal, is a client error.',
  pairing: 'order',
  port_hints: [25, 587, 24, 2525],
  capture_bytes: WHOLE_CALLS,
  // RFC 5321 section 4.5.3.2.6: the reply behind a message may take ten minutes.
  timeout_s: 600,
  icon: 'queue',
};
