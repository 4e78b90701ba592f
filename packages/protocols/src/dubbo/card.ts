import { type Card, WHOLE_CALLS } from '../protocol.ts';

export const card: Card = {
  id: 40,
  name: 'dubbo',
  display_name: 'Dubbo',
  transport: 'tcp',
  unit: 'One request id: a call of a method of a service, or a heartbeat.',
  status_meaning:
    'Response status 30, 40 and 90 are client errors, every other but 20 a server error; so is an exception that a method throws.',
  pairing: 'id',
  port_hints: [20880],
  // Attachments, which carry trace ids, follow the arguments of a call.
  capture_bytes: WHOLE_CALLS,
  timeout_s: 60,
  icon: 'rpc',
};
