// What each kind of frame of RFC 9113 section 6 becomes:
//
//   HEADERS (with CONTINUATION) of a client   request; of a stream that has one already: trailers, read for the table
//   HEADERS of a server, 1xx                  response, interim: never pairs
//   HEADERS of a server, final                response; where the call is gRPC or the body is read, an unfinished
//                                             one, and the whole with the trailers or the body's end
//   HEADERS of a server, trailers             status of a gRPC call
//   DATA                                      nothing; lengths only, and status where gRPC-Web puts it there
//   RST_STREAM before the response            response: an error of the side that reset
//   PUSH_PROMISE and responses to it          nothing: no client asked; read for the table
//   SETTINGS                                  nothing; the largest frame is noted
//   PRIORITY, PING, GOAWAY, WINDOW_UPDATE     ignored on purpose, as are frames of extensions
import { card as grpc } from '../grpc/card.ts';
import { put_call } from '../grpc/path.ts';
import { put_grpc_status, read_grpc_status } from '../grpc/status.ts';
import { add_client, add_trace_ids, http_status } from '../http/fields.ts';
import { kind_of_type } from '../http/kind.ts';
import { reason_phrase } from '../http/reason.ts';
import { put_target } from '../http/target.ts';
import { MESSAGE_TYPE, type Message, new_message, type ParseOptions, STATUS } from '../protocol.ts';
import { card as triple } from '../triple/card.ts';
import { FIELD, type Fields } from './fields.ts';

/** Id of the card that a call's rows carry; 0 = the parser's own. */
export type Kind = number;
export const GRPC_ID = grpc.id;

export function kind_of(fields: Fields): Kind {
  return fields.get(FIELD.triple) === undefined ? kind_of_type(fields.get(FIELD.content_type)) : triple.id;
}

function put_common(message: Message, fields: Fields, options: ParseOptions): void {
  const request_id = fields.get(fields.request_id);
  if (request_id !== undefined) message.x_request_id = request_id;
  for (let i = 0; i < fields.trace.length; i++) {
    const value = fields.get(fields.trace[i]!);
    if (value !== undefined && add_trace_ids(message, options.trace_headers[i]!, value)) return;
  }
}

function content_length(fields: Fields): number {
  const text = fields.get(FIELD.content_length);
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : 0;
}

function put_path(message: Message, path: string, kind: Kind, options: ParseOptions): void {
  if (kind === 0) {
    const bytes = Buffer.from(path, 'utf8');
    put_target(message, bytes, 0, bytes.length, options);
    return;
  }
  put_call(message, path, options);
}

export function request_message(fields: Fields, id: number, kind: Kind, head: number, options: ParseOptions): Message {
  const message = new_message(MESSAGE_TYPE.request);
  message.request_id = id;
  message.version = '2';
  if (kind !== 0) message.l7_protocol = kind;
  const method = fields.get(FIELD.method);
  if (method !== undefined) message.request_type = method;
  const domain = fields.get(FIELD.authority) ?? fields.get(FIELD.host);
  if (domain !== undefined) message.request_domain = domain;
  const path = fields.get(FIELD.path);
  if (path !== undefined) put_path(message, path, kind, options);
  const proxy = fields.get(fields.proxy);
  if (proxy !== undefined) message.http_proxy_client = proxy;
  add_client(message, fields.get(FIELD.user_agent), fields.get(FIELD.referer), options);
  put_common(message, fields, options);
  message.length = head + content_length(fields);
  return message;
}

/** Code in :status; undefined when it is unknown or none. */
function status_code(fields: Fields): number | undefined {
  const text = fields.get(FIELD.status);
  return text !== undefined && /^[1-9]\d\d$/.test(text) ? Number(text) : undefined;
}

export function response_message(fields: Fields, id: number, kind: Kind, head: number, options: ParseOptions): Message {
  const message = new_message(MESSAGE_TYPE.response);
  message.request_id = id;
  message.version = '2';
  if (kind !== 0) message.l7_protocol = kind;
  const code = status_code(fields);
  if (code === undefined) {
    message.response_status = STATUS.unknown;
  } else {
    message.response_code = code;
    message.response_status = http_status(code);
    if (code < 200) message.interim = true;
    if (code >= 400) message.response_exception = reason_phrase(code);
  }
  put_common(message, fields, options);
  message.length = head + content_length(fields);
  return message;
}

/** Status fields of gRPC in a block of trailers, or of a response that is nothing but its trailers. */
export function put_trailers(message: Message, fields: Fields): void {
  const code = read_grpc_status(fields.get(FIELD.grpc_status) ?? '');
  put_grpc_status(message, message.response_code, code, fields.get(FIELD.grpc_message));
}

// RFC 9113 section 7.
const ERRORS = [
  ...['NO_ERROR', 'PROTOCOL_ERROR', 'INTERNAL_ERROR', 'FLOW_CONTROL_ERROR', 'SETTINGS_TIMEOUT', 'STREAM_CLOSED'],
  ...['FRAME_SIZE_ERROR', 'REFUSED_STREAM', 'CANCEL', 'COMPRESSION_ERROR', 'CONNECT_ERROR', 'ENHANCE_YOUR_CALM'],
  ...['INADEQUATE_SECURITY', 'HTTP_1_1_REQUIRED'],
];
// Errors that gRPC does not map to INTERNAL, 13 (grpc/doc/PROTOCOL-HTTP2.md, Errors).
const GRPC_CODES: Readonly<Record<number, number>> = { 7: 14, 8: 1, 11: 8, 12: 7 };

/** Completes the response of a stream that was reset: by the client when `by_client`. */
export function put_reset(message: Message, kind: Kind, error: number, by_client: boolean): void {
  const name = `RST_STREAM ${ERRORS[error] ?? error}`;
  if (kind !== 0) put_grpc_status(message, undefined, by_client ? 1 : (GRPC_CODES[error] ?? 13), name);
  else {
    message.response_status = by_client ? STATUS.client_error : STATUS.server_error;
    message.response_exception = name;
  }
}
