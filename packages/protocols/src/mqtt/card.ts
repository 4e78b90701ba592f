import { type Card, WHOLE_CALLS } from '../protocol.ts';

export const card: Card = {
  id: 101,
  name: 'mqtt',
  display_name: 'MQTT',
  transport: 'tcp',
  unit: 'One control packet that asks for an answer, with it; a publication that nobody confirms is a row of its own.',
  status_meaning:
    'Refusals that name the server or its quota are server errors, all other refusals (credentials, identifier, rights, topic) client errors.',
  // Packet identifiers of the two directions and the kinds of packet are kept apart within the id.
  pairing: 'id',
  port_hints: [1883, 8883],
  capture_bytes: WHOLE_CALLS,
  timeout_s: 30,
  icon: 'queue',
};
