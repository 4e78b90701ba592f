import { type Card, WHOLE_CALLS } from '../protocol.ts';

export const card: Card = {
  id: 51,
  name: 'thrift',
  display_name: 'Thrift',
  transport: 'tcp',
  unit: 'One sequence id: a call of a method.',
  status_meaning:
    'Application exceptions that blame the call (unknown method, wrong type or protocol) are client errors, all others and exceptions that a method declares are server errors.',
  pairing: 'id',
  port_hints: [9090],
  capture_bytes: WHOLE_CALLS,
  timeout_s: 60,
  icon: 'rpc',
};
