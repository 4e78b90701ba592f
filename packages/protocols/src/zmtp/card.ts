import { type Card, WHOLE_CALLS } from '../protocol.ts';

export const card: Card = {
  id: 106,
  name: 'zmtp',
  display_name: 'ZMTP',
  transport: 'tcp',
  unit: 'One message with all its frames, one command, or one greeting; what goes to or from a REQ or REP socket is one with its reply.',
  status_meaning: 'An ERROR that the server sends is a server error, one that the client sends is a client error.',
  pairing: 'order',
  port_hints: [],
  capture_bytes: WHOLE_CALLS,
  timeout_s: 60,
  icon: 'queue',
};
