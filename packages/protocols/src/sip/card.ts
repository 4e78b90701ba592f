import type { Card } from '../protocol.ts';

export const card: Card = {
  id: 123,
  name: 'sip',
  display_name: 'SIP',
  transport: 'both',
  unit: 'One transaction: a request and its final response, however often either was sent again; an ACK is a row of its own.',
  status_meaning:
    'Responses 4xx, and 6xx, by which the called side refuses, are client errors, 5xx server errors; a challenge (401, 407) counts as 4xx.',
  pairing: 'id',
  port_hints: [5060],
  capture_bytes: 8192,
  // Timer C (RFC 3261 section 16.6): how long the called side may ring.
  timeout_s: 180,
  icon: 'rpc',
};
