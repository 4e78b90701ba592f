// Calls of Elasticsearch and OpenSearch, which HTTP carries: recognised by their paths, or by what their clients and servers
// say of themselves.
import { add_attribute } from '../http/fields.ts';
import { behind_coding } from '../http/compressed.ts';
import type { Asked, BodyWatch, Sign } from '../http/watch.ts';
import type { Message } from '../protocol.ts';
import { ErrorBody, QueryBody } from './body.ts';
import { card } from './card.ts';
import { type Call, read_path } from './path.ts';

/** Response fields of servers, and the request field of Elastic's clients. */
export const SIGNS: readonly Sign[] = [
  { field: 'x-elastic-product', kind: card.id },
  { field: 'x-opensearch-version', kind: card.id },
  { field: 'x-elastic-client-meta', kind: card.id },
];

/** User agents of client libraries and programs that speak to nothing else. */
const AGENTS = ['elasticsearch', 'elastic-', 'opensearch', 'go-elasticsearch', 'Elastic-'];
const VENDOR_TYPE = 'application/vnd.elasticsearch+';
const JSON_TYPES = ['application/json', VENDOR_TYPE];

function is_known(asked: Asked): boolean {
  if (asked.known === card.id || asked.content_type.startsWith(VENDOR_TYPE)) return true;
  return AGENTS.some((agent) => asked.user_agent.startsWith(agent));
}

function put(call: Call, method: string, request: Message): void {
  if (call.name === undefined) return;
  request.request_type = call.name;
  request.endpoint = call.index === '' ? call.name : `${call.index}/${call.name}`;
  add_attribute(request, 'http_method', method);
}

export function watch_elasticsearch(asked: Asked): BodyWatch | undefined {
  const call = read_path(asked.method, asked.path, is_known(asked));
  if (call === undefined) return undefined;
  const { redact, string_bytes_max } = asked.options;
  const asks =
    call.query && !redact ? behind_coding(new QueryBody(string_bytes_max), asked.content_encoding) : undefined;
  return {
    kind: card.id,
    put: (request) => put(call, asked.method, request),
    asks,
    holds: asks !== undefined,
    answers(type, coding, status) {
      if (status < 400 && !call.items) return undefined;
      if (!JSON_TYPES.some((json) => type.startsWith(json))) return undefined;
      return behind_coding(new ErrorBody(redact, call.items), coding);
    },
  };
}
