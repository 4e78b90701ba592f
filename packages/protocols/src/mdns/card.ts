import type { Card } from '../protocol.ts';

export const card: Card = {
  id: 124,
  name: 'mdns',
  display_name: 'mDNS',
  transport: 'udp',
  unit: 'One datagram: a query or an answer, each a one-way row; a query with an id is one row with its unicast answer.',
  status_meaning: 'Answers are ok: multicast DNS has no error codes, who does not know is silent.',
  pairing: 'id',
  port_hints: [5353],
  // RFC 6762 section 17: with headers at most 9,000 bytes.
  capture_bytes: 9000,
  timeout_s: 5,
  icon: 'name',
};
