import { type Card, WHOLE_CALLS } from '../protocol.ts';

export const card: Card = {
  id: 46,
  name: 'tars',
  display_name: 'Tars',
  transport: 'both',
  unit: 'One request id: a call of a function of an object.',
  status_meaning: 'Return codes -12 to -10 are client errors, every other nonzero code is a server error.',
  pairing: 'id',
  port_hints: [],
  // The context, which carries trace ids, follows the arguments of a call.
  capture_bytes: WHOLE_CALLS,
  timeout_s: 60,
  icon: 'rpc',
};
