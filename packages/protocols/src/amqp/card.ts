import { type Card, WHOLE_CALLS } from '../protocol.ts';

export const card: Card = {
  id: 102,
  name: 'amqp',
  display_name: 'AMQP',
  transport: 'tcp',
  unit: 'One method; a message sent or delivered is one row with its header and body.',
  status_meaning:
    'A closing with a reply code other than 200: internal-error, not-implemented, resource-error and connection-forced are server errors, all others client errors.',
  // One synchronous method at a time may wait on a channel, and the id is the channel.
  pairing: 'id',
  port_hints: [5672, 5671],
  capture_bytes: WHOLE_CALLS,
  timeout_s: 30,
  icon: 'queue',
};
