import { type Card, WHOLE_CALLS } from '../protocol.ts';

export const card: Card = {
  id: 100,
  name: 'kafka',
  display_name: 'Kafka',
  transport: 'tcp',
  unit: 'One request to a broker, whatever number of records it carries.',
  status_meaning: 'Every error code other than 0 is a server error; there is no client error.',
  pairing: 'id',
  port_hints: [9092, 9093, 9094, 19092, 29092],
  // Names, and the headers of the first records, stand near the front.
  capture_bytes: WHOLE_CALLS,
  // A consumer waits for new records as long as it likes, usually below a minute; joining a group takes longer.
  timeout_s: 120,
  icon: 'queue',
};
