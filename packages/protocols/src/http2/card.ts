import { type Card, WHOLE_CALLS } from '../protocol.ts';

export const card: Card = {
  id: 21,
  name: 'http2',
  display_name: 'HTTP2',
  transport: 'tcp',
  unit: 'One stream that a client opened: its request with the final response, or with the reset that ended it.',
  status_meaning:
    '400 to 499, and a reset by the client, is a client error; 500 and above, and a reset by the server, a server error.',
  pairing: 'id',
  port_hints: [],
  // One byte of a header block that was not captured makes its direction's whole header table unknown.
  capture_bytes: WHOLE_CALLS,
  timeout_s: 120,
  icon: 'web',
};
