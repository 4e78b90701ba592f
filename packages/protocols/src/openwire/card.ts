import { type Card, WHOLE_CALLS } from '../protocol.ts';

export const card: Card = {
  id: 103,
  name: 'openwire',
  display_name: 'OpenWire',
  transport: 'tcp',
  unit: 'One command; a message that is sent, delivered or acknowledged is one.',
  status_meaning: 'An exception that the server tells is a server error, one that the client tells is a client error.',
  pairing: 'id',
  port_hints: [61616],
  capture_bytes: WHOLE_CALLS,
  timeout_s: 60,
  icon: 'queue',
};
