import { type Card, WHOLE_CALLS } from '../protocol.ts';

export const card: Card = {
  id: 105,
  name: 'pulsar',
  display_name: 'Pulsar',
  transport: 'tcp',
  unit: 'One command; a batch of messages that is sent or delivered is one.',
  status_meaning: 'Every ServerError is a server error; there is no client error.',
  // Sends are told apart by producer and number, all other questions by the client's own count: the two may meet.
  pairing: 'id',
  port_hints: [6650],
  capture_bytes: WHOLE_CALLS,
  timeout_s: 60,
  icon: 'queue',
};
