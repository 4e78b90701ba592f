import { type Card, WHOLE_CALLS } from '../protocol.ts';

export const card: Card = {
  id: 44,
  name: 'fastcgi',
  display_name: 'FastCGI',
  transport: 'tcp',
  unit: 'One request id: what a web server asks of an application, with its answer up to the record that ends it.',
  status_meaning:
    'As in HTTP: status 400 to 499 is a client error, 500 and above a server error; without a status field it is 200. A request that the web server aborted, or whose role the application does not know, is a client error; an application that is overloaded or ends without an answer is a server error.',
  pairing: 'id',
  port_hints: [9000],
  // The record that ends an answer stands behind its body, often in the same call.
  capture_bytes: WHOLE_CALLS,
  timeout_s: 120,
  icon: 'web',
};
