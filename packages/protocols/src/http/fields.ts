// What rows keep of the header fields that all versions of HTTP share.
import { type Message, type ParseOptions, STATUS, type Status } from '../protocol.ts';
import { redact_url } from '../redact/query.ts';
import { read_trace_header } from '../trace-headers.ts';

export function http_status(code: number): Status {
  if (code < 400) return STATUS.ok;
  return code < 500 ? STATUS.client_error : STATUS.server_error;
}

/** Takes the ids of one trace header that the message has none of yet; true when no further header is needed. */
export function add_trace_ids(message: Message, name: string, value: string): boolean {
  const ids = read_trace_header(name, value);
  if (ids === undefined) return false;
  if (ids.trace_id !== undefined) message.trace_id ??= ids.trace_id;
  if (ids.span_id !== undefined) message.span_id ??= ids.span_id;
  return message.trace_id !== undefined && message.span_id !== undefined;
}

export function add_attribute(message: Message, name: string, value: string): void {
  message.attribute_names ??= [];
  message.attribute_values ??= [];
  message.attribute_names.push(name);
  message.attribute_values.push(value);
}

/** What the client says of itself and of where it comes from. */
export function add_client(
  message: Message,
  user_agent: string | undefined,
  referer: string | undefined,
  options: ParseOptions,
): void {
  if (user_agent !== undefined) add_attribute(message, 'http_user_agent', user_agent);
  if (referer !== undefined) add_attribute(message, 'http_referer', options.redact ? redact_url(referer) : referer);
}
