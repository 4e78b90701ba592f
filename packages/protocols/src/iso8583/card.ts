import { type Card, WHOLE_CALLS } from '../protocol.ts';

export const card: Card = {
  id: 48,
  name: 'iso8583',
  display_name: 'ISO 8583',
  transport: 'tcp',
  unit: 'One request or advice with its response, by system trace audit number (field 11) and retrieval reference number (field 37).',
  status_meaning:
    'By the response code (field 39): what blames card, cardholder or message is a client error; what blames issuer, switch or system (91, 96 and the like) is a server error; approvals are ok.',
  pairing: 'id',
  port_hints: [],
  capture_bytes: WHOLE_CALLS,
  timeout_s: 60,
  icon: 'lock',
};
