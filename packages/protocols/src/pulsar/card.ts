import type { Card } from '../protocol.ts';

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
  // The command, then the metadata with the properties, then the message.
  capture_bytes: 4096,
  timeout_s: 60,
  icon: 'queue',
};
