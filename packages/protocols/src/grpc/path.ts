// What the headers of a request say of a call.
import { add_attribute } from '../http/fields.ts';
import type { Message, ParseOptions } from '../protocol.ts';
import { redact_url } from '../redact/query.ts';

/** Service in "/package.Service/Method"; '' for other paths. */
function rpc_service(path: string): string {
  const second = path.indexOf('/', 1);
  return path.startsWith('/') && second > 1 ? path.slice(1, second) : '';
}

export function put_call(message: Message, path: string, options: ParseOptions): void {
  const query = path.indexOf('?');
  message.endpoint = query < 0 ? path : path.slice(0, query);
  message.request_resource = options.redact ? redact_url(path) : path;
  const service = rpc_service(message.endpoint);
  if (service !== '') add_attribute(message, 'rpc_service', service);
}
