import type { Card } from '../protocol.ts';

export const card: Card = {
  id: 121,
  name: 'tls',
  display_name: 'TLS',
  transport: 'tcp',
  unit: 'One handshake: from the ClientHello to the first encrypted data, or to the alert that ends it.',
  status_meaning:
    'A fatal alert blames the side that sent it, also when only its being an alert can be read; an answer that is no TLS is a server error.',
  pairing: 'id',
  port_hints: [443, 8443, 6443, 853, 993, 995, 465, 636, 5671, 8883],
  // Certificates are long.
  capture_bytes: 16_384,
  timeout_s: 15,
  icon: 'lock',
  encrypts: true,
};
