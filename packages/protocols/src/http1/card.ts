import type { Card } from '../protocol.ts';

export const card: Card = {
  id: 20,
  name: 'http1',
  display_name: 'HTTP',
  transport: 'tcp',
  unit: 'One request with its final response; interim responses (1xx except 101) belong to it.',
  status_meaning: '400 to 499 is a client error, 500 and above a server error, everything else ok.',
  pairing: 'order',
  port_hints: [80, 8080, 8000],
  // Headers of many kilobytes and pipelines stay whole; what a large body has left is skipped by its length.
  capture_bytes: 16_384,
  timeout_s: 120,
  icon: 'web',
};
