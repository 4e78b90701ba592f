import { type VariantCard, WHOLE_CALLS } from '../protocol.ts';

export const card: VariantCard<'http2'> = {
  id: 41,
  name: 'grpc',
  variant_of: 'http2',
  display_name: 'gRPC',
  transport: 'tcp',
  unit: 'One call: a request with all its messages and the final status; latency is measured to that status.',
  status_meaning:
    'Statuses 2, 4, 12, 13, 14 and 15 are server errors, every other but 0 a client error; with status 0, or none, HTTP decides.',
  pairing: 'id',
  port_hints: [],
  capture_bytes: WHOLE_CALLS,
  timeout_s: 120,
  icon: 'rpc',
};
