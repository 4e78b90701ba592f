// What each kind of Dubbo message becomes:
//
//   request, two-way            request; paired by id
//   request, one-way            request without response
//   request, event              request: HEARTBEAT, or READONLY (one-way) when a server is about to go
//   response                    response; status, and the exception where the body is one
//   response, event             response to a heartbeat
//
// Arguments and results are never kept. Attachments are looked through for trace headers only.
import { starts_with_fold, u8 } from '../bytes.ts';
import { MESSAGE_TYPE, type Message, type ParseOptions, STATUS, type Status, new_message } from '../protocol.ts';
import { TracePairs } from '../trace-pairs.ts';
import { Fastjson2 } from './fastjson2.ts';
import { type Header, OK, STATUS_NAMES } from './header.ts';
import { Hessian2 } from './hessian2.ts';
import { Kryo } from './kryo.ts';
import { count_parameters, JsonLines, type OpenValues, type Values } from './values.ts';

const OPEN: ReadonlyMap<number, OpenValues> = new Map<number, OpenValues>([
  [2, (...span) => new Hessian2(...span)],
  [6, (...span) => new JsonLines(...span)],
  [8, (...span) => new Kryo(...span)],
  [23, (...span) => new Fastjson2(...span)],
  [25, (...span) => new Kryo(...span)],
]);

const CLIENT_ERRORS = new Set([30, 40, 90]);
// First value of a response's body (DubboCodec): an exception, without and with attachments behind it.
const EXCEPTION = 0;
const EXCEPTION_AND_ATTACHMENTS = 3;

function status_of(code: number): Status {
  if (code === OK) return STATUS.ok;
  return CLIENT_ERRORS.has(code) ? STATUS.client_error : STATUS.server_error;
}

function values_of(header: Header, bytes: Uint8Array, at: number, end: number, options: ParseOptions) {
  return OPEN.get(header.serialization)?.(bytes, at, end, options.string_bytes_max);
}

/** A span's number beside a trace id that says nothing of spans itself: EagleEye-TraceID has EagleEye-SpanID. */
function span_name(trace_name: string): string | undefined {
  return trace_name.endsWith('traceid') ? `${trace_name.slice(0, -7)}spanid` : undefined;
}

function is_span_name(name: string): boolean {
  return name.length > 6 && name.slice(-6).toLowerCase() === 'spanid';
}

const wanted_names = new WeakMap<ParseOptions, string[]>();

/** Names of the attachments that carry ids, lower case. */
function wanted(options: ParseOptions): string[] {
  let names = wanted_names.get(options);
  if (names === undefined) {
    names = options.trace_headers.flatMap((header) => {
      const name = header.toLowerCase();
      const span = span_name(name);
      return span === undefined ? [name] : [name, span];
    });
    wanted_names.set(options, names);
  }
  return names;
}

class Attachments {
  readonly wanted: readonly string[];
  private readonly traces: TracePairs;
  /** Of a trace header that says nothing of spans. */
  private span_id = '';

  constructor(options: ParseOptions) {
    this.wanted = wanted(options);
    this.traces = new TracePairs(options);
  }

  readonly note = (key: string, value: string): void => {
    this.traces.note(key, value);
    if (this.span_id === '' && is_span_name(key) && this.wanted.includes(key.toLowerCase())) this.span_id = value;
  };

  put(message: Message): void {
    if (this.traces.put(message) && this.span_id !== '') message.span_id ??= this.span_id;
  }
}

/** Where arguments cannot be passed over: looks for the names themselves, the value follows each. */
function search(values: Values, bytes: Uint8Array, end: number, attachments: Attachments): void {
  const from = values.at;
  for (const name of attachments.wanted) {
    const last = name.length - 1;
    for (let at = from; at < end - name.length; at++) {
      if (!starts_with_fold(bytes, at, end, name.slice(0, last))) continue;
      const byte = u8(bytes, at + last);
      if (values.marks_last_byte && byte < 0x80) continue;
      if (String.fromCharCode(byte & 0x7f).toLowerCase() !== name[last]) continue;
      values.at = at + name.length;
      const value = values.any_string();
      if (value !== undefined) attachments.note(name, value);
      break;
    }
  }
}

/** Descriptors of the parameters; Dubbox puts their number in front of them, or in place of them, or -1. */
function parameter_count(values: Values): number {
  let descriptors = values.string();
  if (descriptors === undefined) {
    const count = values.integer() ?? -1;
    if (count >= 0) return count;
    descriptors = values.string();
  }
  return descriptors === undefined ? -1 : count_parameters(descriptors);
}

function put_trace(message: Message, values: Values, bytes: Uint8Array, end: number, options: ParseOptions): void {
  const attachments = new Attachments(options);
  const arguments_at = values.at;
  const count = parameter_count(values);
  if (count < 0 || !values.skip(count) || !values.map(attachments.note)) {
    values.at = arguments_at;
    search(values, bytes, end, attachments);
  }
  attachments.put(message);
}

function put_event(message: Message, header: Header, values: Values | undefined): void {
  const readonly = values?.string() === 'R';
  message.request_type = readonly ? 'READONLY' : 'HEARTBEAT';
  if (!header.two_way) message.one_way = true;
}

export function request(header: Header, bytes: Uint8Array, at: number, end: number, options: ParseOptions): Message {
  const message = new_message(MESSAGE_TYPE.request);
  message.request_id = header.id;
  const values = values_of(header, bytes, at, end, options);
  if (header.event) {
    put_event(message, header, values);
    return message;
  }
  if (!header.two_way) message.one_way = true;
  const version = values?.string();
  const service = values?.string();
  // The service's own version, perhaps null, stands between its name and the method.
  const service_version = values?.string() ?? (values?.skip(1) === true ? '' : undefined);
  const method = values?.string();
  if (version !== undefined) message.version = version;
  if (service !== undefined) {
    message.request_resource = service;
    message.attribute_names = ['rpc_service'];
    message.attribute_values = [service];
  }
  if (service_version !== undefined && method !== undefined) {
    message.request_type = method;
    message.endpoint = `${service}/${method}`;
    put_trace(message, values!, bytes, end, options);
  }
  return message;
}

export function response(header: Header, bytes: Uint8Array, at: number, end: number, options: ParseOptions): Message {
  const message = new_message(MESSAGE_TYPE.response);
  message.request_id = header.id;
  message.response_code = header.status;
  message.response_status = status_of(header.status);
  if (header.event && header.status === OK) return message;
  const values = values_of(header, bytes, at, end, options);
  if (header.status !== OK) {
    message.response_exception = values?.string() || STATUS_NAMES.get(header.status) || '';
    return message;
  }
  const kind = values?.integer();
  if (kind === EXCEPTION || kind === EXCEPTION_AND_ATTACHMENTS) {
    message.response_status = STATUS.server_error;
    message.response_exception = (values?.exception() ?? 'exception').slice(0, options.string_bytes_max);
  }
  return message;
}
