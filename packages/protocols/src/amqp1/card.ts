import { type Card, WHOLE_CALLS } from '../protocol.ts';

export const card: Card = {
  id: 109,
  name: 'amqp1',
  display_name: 'AMQP 1.0',
  transport: 'tcp',
  unit: 'One delivery with its outcome, or one opening or closing of a connection, session or link with its answer.',
  status_meaning:
    'A rejected delivery, a refused login and error conditions that blame the request are client errors; released and modified deliveries (the receiver did not take them), internal errors, limits and forced closings are server errors.',
  pairing: 'id',
  port_hints: [5672, 5671],
  capture_bytes: WHOLE_CALLS,
  timeout_s: 60,
  icon: 'queue',
};
