// What each kind of message of RFC 9110 and RFC 9112 becomes:
//
//   request (any method)                 request
//   1xx response except 101              response, interim: never pairs
//   101, and 2xx to CONNECT              response; the connection stops being HTTP/1
//   final response                       response
//   bodies, chunks, trailers             nothing; their length only, but for calls that http/watch.ts knows (gRPC-Web, language
//                                        models, APIs with a card of their own): what they tell is told when they have ended
import { intern, latin1, starts_with } from '../bytes.ts';
import { put_call } from '../grpc/path.ts';
import { put_grpc_status, read_grpc_status } from '../grpc/status.ts';
import { add_client, add_trace_ids, http_status } from '../http/fields.ts';
import { kind_of_type } from '../http/kind.ts';
import { reason_phrase } from '../http/reason.ts';
import { put_target, target_authority } from '../http/target.ts';
import { MESSAGE_TYPE, type Message, type ParseOptions, new_message } from '../protocol.ts';
import { FIELD, type Head } from './head.ts';

const TYPE_BYTES_MAX = 64;

/** Places of a start line's parts; for a response `target` is the reason phrase. */
export interface StartLine {
  at: number;
  method_end: number;
  target: number;
  target_end: number;
  /** '1.0' or '1.1'; '' when the line was cut before it. */
  version: string;
  status: number;
}

function put_shared_headers(message: Message, bytes: Uint8Array, head: Head, options: ParseOptions): void {
  const max = options.string_bytes_max;
  if (head.has(FIELD.request_id)) message.x_request_id = head.text(bytes, FIELD.request_id, max);
  const names = options.trace_headers;
  for (let i = 0; i < names.length; i++) {
    if (!head.has(FIELD.trace + i)) continue;
    if (add_trace_ids(message, names[i]!, head.text(bytes, FIELD.trace + i, max))) return;
  }
}

export function request_message(bytes: Uint8Array, line: StartLine, head: Head, options: ParseOptions): Message {
  const max = options.string_bytes_max;
  const message = new_message(MESSAGE_TYPE.request);
  message.request_type = intern(bytes, line.at, line.method_end);
  if (line.version !== '') message.version = line.version;
  const kind = rpc_kind_of(bytes, head);
  if (kind === 0) put_target(message, bytes, line.target, line.target_end, options);
  else {
    message.l7_protocol = kind;
    put_call(message, intern(bytes, line.target, line.target_end, max), options);
  }
  const domain = head.has(FIELD.host)
    ? intern(bytes, head.start(FIELD.host), head.end(FIELD.host), max)
    : target_authority(bytes, line.target, line.target_end);
  if (domain !== '') message.request_domain = domain;
  if (head.has(FIELD.proxy)) message.http_proxy_client = head.text(bytes, FIELD.proxy, max);
  const user_agent = head.has(FIELD.user_agent)
    ? intern(bytes, head.start(FIELD.user_agent), head.end(FIELD.user_agent), max)
    : undefined;
  const referer = head.has(FIELD.referer) ? head.text(bytes, FIELD.referer, max) : undefined;
  add_client(message, user_agent, referer, options);
  put_shared_headers(message, bytes, head, options);
  return message;
}

// Calls by HTTP/1 are gRPC-Web's, and Triple's.
function rpc_kind_of(bytes: Uint8Array, head: Head): number {
  if (!head.has(FIELD.type)) return 0;
  const [start, end] = [head.start(FIELD.type), head.end(FIELD.type)];
  if (!starts_with(bytes, start, end, 'application/')) return 0;
  // Most types are neither "grpc..." nor "triple...".
  const next = bytes[start + 'application/'.length];
  if (next !== 103 && next !== 116) return 0;
  return kind_of_type(latin1(bytes, start, Math.min(end, start + TYPE_BYTES_MAX)));
}

export function response_message(bytes: Uint8Array, line: StartLine, head: Head, options: ParseOptions): Message {
  const message = new_message(MESSAGE_TYPE.response);
  message.version = line.version;
  message.response_status = http_status(line.status);
  message.response_code = line.status;
  if (line.status < 200 && line.status !== 101) message.interim = true;
  if (line.status >= 400) {
    const reason = intern(bytes, line.target, line.target_end, options.string_bytes_max);
    message.response_exception = reason === '' ? reason_phrase(line.status) : reason;
  }
  const kind = rpc_kind_of(bytes, head);
  if (kind !== 0) {
    message.l7_protocol = kind;
    const code = head.has(FIELD.grpc_status) ? read_grpc_status(head.text(bytes, FIELD.grpc_status, 16)) : undefined;
    const text = head.has(FIELD.grpc_message)
      ? head.text(bytes, FIELD.grpc_message, options.string_bytes_max)
      : undefined;
    if (code !== undefined) put_grpc_status(message, line.status, code, text);
  }
  put_shared_headers(message, bytes, head, options);
  return message;
}
