import { type Card, WHOLE_CALLS } from '../protocol.ts';

export const card: Card = {
  id: 43,
  name: 'sofarpc',
  display_name: 'SofaRPC',
  transport: 'tcp',
  unit: 'One request id: a call of a method of a service, or a heartbeat.',
  status_meaning:
    'Response status 8 (sending failed at the client) is a client error, every other nonzero status a server error; so is a response that says it is an error.',
  pairing: 'id',
  port_hints: [12200],
  capture_bytes: WHOLE_CALLS,
  timeout_s: 60,
  icon: 'rpc',
};
