// What each kind of Bolt command becomes:
//
//   request                     request
//   one-way request             request without response
//   heartbeat                   request: HEARTBEAT
//   response                    response; status, and the error that it carries
//   heartbeat's response        response
//
// Arguments and results are never kept. Service and method stand in the header's pairs (protobuf) or at the beginning of
// the content (Hessian).
import { i32be, intern, starts_with, u8 } from '../bytes.ts';
import { MESSAGE_TYPE, type Message, type ParseOptions, STATUS, type Status, new_message } from '../protocol.ts';
import { TracePairs } from '../trace-pairs.ts';
import { type Header, HEARTBEAT, ONE_WAY, read_header, RESPONSE } from './header.ts';
import { ContentReader } from './hessian.ts';

/** ResponseStatus of sofa-bolt. */
const STATUS_NAMES: ReadonlyMap<number, string> = new Map([
  [0x00, 'SUCCESS'],
  [0x01, 'ERROR'],
  [0x02, 'SERVER_EXCEPTION'],
  [0x03, 'UNKNOWN'],
  [0x04, 'SERVER_THREADPOOL_BUSY'],
  [0x05, 'ERROR_COMM'],
  [0x06, 'NO_PROCESSOR'],
  [0x07, 'TIMEOUT'],
  [0x08, 'CLIENT_SEND_ERROR'],
  [0x09, 'CODEC_EXCEPTION'],
  [0x10, 'CONNECTION_CLOSED'],
]);
const CLIENT_SEND_ERROR = 8;
const PAIRS_MAX = 128;
const TRACE_ID = 'sofaTraceId';
const SPAN_ID = 'sofaRpcId';
const CONTEXT = 'new_rpc_trace_context';

function status_of(code: number): Status {
  if (code === 0) return STATUS.ok;
  return code === CLIENT_SEND_ERROR ? STATUS.client_error : STATUS.server_error;
}

/** Pairs of texts, each behind four bytes of length. */
function read_pairs(bytes: Uint8Array, start: number, end: number, max: number): Map<string, string> {
  const pairs = new Map<string, string>();
  let at = start;
  const text = (): string | undefined => {
    const length = at + 4 <= end ? i32be(bytes, at) : -1;
    if (length < 0 || at + 4 + length > end) return undefined;
    at += 4 + length;
    return intern(bytes, at - length, at, max);
  };
  while (at < end && pairs.size < PAIRS_MAX) {
    const key = text();
    const value = key === undefined ? undefined : text();
    if (key === undefined || value === undefined) break;
    pairs.set(key, value);
  }
  return pairs;
}

const named_by_length = new Uint8Array(256);

/** The texts that follow the first of each of `names` in [start, end) of Hessian content. */
function find(
  bytes: Uint8Array,
  start: number,
  end: number,
  names: readonly string[],
  max: number,
): Map<string, string> {
  const found = new Map<string, string>();
  for (const name of names) named_by_length[name.length & 255] = 1;
  for (let at = start; at < end; at++) {
    const length = u8(bytes, at);
    if (named_by_length[length] === 0) continue;
    for (const name of names) {
      if (length !== name.length || found.has(name) || !starts_with(bytes, at + 1, end, name)) continue;
      const text = new ContentReader(bytes, at + 1 + length, end, max).string();
      if (text !== undefined) found.set(name, text);
    }
  }
  for (const name of names) named_by_length[name.length & 255] = 0;
  return found;
}

/** "tcid=...&spid=...&pspid=...": trace, span and parent span. */
function put_context(message: Message, context: string): void {
  const values = new Map(
    context.split('&').map((part) => [part.slice(0, part.indexOf('=')), part.slice(part.indexOf('=') + 1)]),
  );
  const [trace_id, span_id, parent] = ['tcid', 'spid', 'pspid'].map((name) => values.get(name));
  if (trace_id) message.trace_id = trace_id;
  if (span_id) message.span_id = span_id;
  if (parent) message.parent_span_id = parent;
}

function put_trace(message: Message, get: (name: string) => string | undefined, options: ParseOptions): void {
  const traces = new TracePairs(options);
  for (const name of options.trace_headers) traces.note(name, get(name) ?? '');
  if (traces.put(message)) return;
  const context = get(CONTEXT);
  if (context !== undefined) put_context(message, context);
  const [trace_id, span_id] = [get(TRACE_ID), get(SPAN_ID)];
  if (trace_id) message.trace_id = trace_id;
  if (span_id) message.span_id = span_id;
}

function request(header: Header, bytes: Uint8Array, end: number, options: ParseOptions): Message {
  const message = new_message(MESSAGE_TYPE.request);
  message.request_id = header.id;
  message.version = String(header.version);
  if (header.type === ONE_WAY) message.one_way = true;
  if (header.command === HEARTBEAT) {
    message.request_type = 'HEARTBEAT';
    return message;
  }
  const max = options.string_bytes_max;
  const pairs = read_pairs(bytes, header.header_at, Math.min(header.content_at, end), max);
  const content_end = Math.min(header.content_end, end);
  const begins = new ContentReader(bytes, header.content_at, content_end, max).object()?.fields;
  const method = pairs.get('sofa_head_method_name') ?? begins?.get('methodName');
  const service =
    pairs.get('sofa_head_target_service') ?? pairs.get('service') ?? begins?.get('targetServiceUniqueName');
  if (typeof method === 'string') message.request_type = method;
  if (typeof service === 'string') {
    message.request_resource = service;
    message.attribute_names = ['rpc_service'];
    message.attribute_values = [service];
    message.endpoint = typeof method === 'string' ? `${service}/${method}` : service;
  }
  const found =
    begins === undefined
      ? undefined
      : find(bytes, header.content_at, content_end, [...options.trace_headers, CONTEXT, TRACE_ID, SPAN_ID], max);
  const get = (name: string) => pairs.get(name) ?? pairs.get(`rpc_trace_context.${name}`) ?? found?.get(name);
  put_trace(message, get, options);
  return message;
}

function response(header: Header, bytes: Uint8Array, end: number, options: ParseOptions): Message {
  const message = new_message(MESSAGE_TYPE.response);
  message.request_id = header.id;
  message.response_code = header.status;
  message.response_status = status_of(header.status);
  const max = options.string_bytes_max;
  const begins = new ContentReader(bytes, header.content_at, Math.min(header.content_end, end), max).object();
  const pairs = read_pairs(bytes, header.header_at, Math.min(header.content_at, end), max);
  const says_error = begins?.fields.get('isError') === true || pairs.get('sofa_head_response_error') === 'true';
  if (header.status === 0 && !says_error) return message;
  if (header.status === 0) message.response_status = STATUS.server_error;
  const text = begins?.fields.get('errorMsg') ?? begins?.fields.get('detailMessage');
  message.response_exception = typeof text === 'string' ? text : (STATUS_NAMES.get(header.status) ?? '');
  return message;
}

export function read(bytes: Uint8Array, at: number, end: number, options: ParseOptions): Message {
  const header = read_header(bytes, at);
  return header.type === RESPONSE ? response(header, bytes, end, options) : request(header, bytes, end, options);
}
