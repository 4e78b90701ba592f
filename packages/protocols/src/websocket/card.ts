import { type Card, WHOLE_CALLS } from '../protocol.ts';

export const card: Card = {
  id: 22,
  name: 'websocket',
  display_name: 'WebSocket',
  transport: 'tcp',
  unit: 'One data message of either side, one-way; the closing of the connection is a row, too. Its beginning is a row of HTTP.',
  status_meaning:
    'Only a close has one: codes that blame the client are client errors, those that blame the server, server errors.',
  pairing: 'order',
  port_hints: [],
  capture_bytes: WHOLE_CALLS,
  timeout_s: 120,
  icon: 'web',
};
