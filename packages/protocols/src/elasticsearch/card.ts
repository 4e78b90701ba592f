import { type VariantCard, WHOLE_CALLS } from '../protocol.ts';

export const card: VariantCard<'http1'> = {
  id: 70,
  name: 'elasticsearch',
  display_name: 'Elasticsearch',
  variant_of: 'http1',
  transport: 'tcp',
  unit: 'One call of an API of Elasticsearch or OpenSearch with its response.',
  status_meaning:
    '400 to 499 is a client error, 500 and above a server error, everything else ok, also a bulk whose items failed.',
  pairing: 'order',
  port_hints: [9200],
  capture_bytes: WHOLE_CALLS,
  timeout_s: 120,
  icon: 'database',
};
