import type { Card } from '../protocol.ts';

export const card: Card = {
  id: 120,
  name: 'dns',
  display_name: 'DNS',
  transport: 'both',
  unit: 'One query id: a question and its answer.',
  status_meaning: 'RCODE 1 (FormErr) and 3 (NXDomain) are client errors, every other nonzero code is a server error.',
  pairing: 'id',
  port_hints: [53],
  // EDNS answers of up to 4,096 bytes are common (RFC 6891 section 6.2.5).
  capture_bytes: 4096,
  timeout_s: 15,
  icon: 'name',
};
