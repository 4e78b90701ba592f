// What each kind of baidu_std message becomes:
//
//   "PRPC" with request meta    request
//   "PRPC" with response meta   response; error code and text
//   "PRPC" with neither         response of a server that answers without any, by direction
//   "STRM"                      ignored on purpose: a piece of a stream that a call opened
//
// Bodies, attachments and authentication data are never kept.
import { u32be } from '../bytes.ts';
import type { FrameRead } from '../framing/parser.ts';
import {
  type Direction,
  MESSAGE_TYPE,
  type Message,
  type ParseOptions,
  STATUS,
  type Status,
  TO_SERVER,
  new_message,
} from '../protocol.ts';
import { TracePairs } from '../trace-pairs.ts';
import { HEADER_BYTES, is_stream, type Meta, read_meta } from './meta.ts';

/** Names of errno.proto. */
const ERROR_NAMES: ReadonlyMap<number, string> = new Map([
  [1001, 'ENOSERVICE'],
  [1002, 'ENOMETHOD'],
  [1003, 'EREQUEST'],
  [1004, 'ERPCAUTH'],
  [1005, 'ETOOMANYFAILS'],
  [1006, 'EPCHANFINISH'],
  [1007, 'EBACKUPREQUEST'],
  [1008, 'ERPCTIMEDOUT'],
  [1009, 'EFAILEDSOCKET'],
  [1010, 'EHTTP'],
  [1011, 'EOVERCROWDED'],
  [2001, 'EINTERNAL'],
  [2002, 'ERESPONSE'],
  [2003, 'ELOGOFF'],
  [2004, 'ELIMIT'],
  [2005, 'ECLOSE'],
]);

function status_of(code: number): Status {
  if (code === 0) return STATUS.ok;
  return code >= 1000 && code < 2000 ? STATUS.client_error : STATUS.server_error;
}

function request(meta: Meta, traces: TracePairs): Message {
  const message = new_message(MESSAGE_TYPE.request);
  message.request_id = meta.correlation_id;
  if (meta.method !== undefined) message.request_type = meta.method;
  if (meta.service !== undefined) {
    message.request_resource = meta.service;
    message.attribute_names = ['rpc_service'];
    message.attribute_values = [meta.service];
    message.endpoint = `${meta.service}/${meta.method ?? ''}`;
  }
  const x_request_id = meta.request_id || meta.log_id?.toString();
  if (x_request_id !== undefined) message.x_request_id = x_request_id;
  if (!traces.put(message) && meta.trace_id) {
    message.trace_id = meta.trace_id.toString(16);
    if (meta.span_id) message.span_id = meta.span_id.toString(16);
    if (meta.parent_span_id) message.parent_span_id = meta.parent_span_id.toString(16);
  }
  return message;
}

function response(meta: Meta): Message {
  const message = new_message(MESSAGE_TYPE.response);
  message.request_id = meta.correlation_id;
  message.response_code = meta.error_code;
  message.response_status = status_of(meta.error_code);
  if (meta.error_code !== 0) message.response_exception = meta.error_text || (ERROR_NAMES.get(meta.error_code) ?? '');
  return message;
}

export function read(
  bytes: Uint8Array,
  at: number,
  end: number,
  direction: Direction,
  options: ParseOptions,
): FrameRead {
  if (is_stream(bytes, at)) return 'ignored';
  const meta_end = at + HEADER_BYTES + u32be(bytes, at + 8);
  const traces = new TracePairs(options);
  // Meta data that are cut say nothing sure.
  if (meta_end > end) return 'ignored';
  const meta = read_meta(bytes, at + HEADER_BYTES, meta_end, options.string_bytes_max, traces.note);
  if (meta === undefined) return undefined;
  if (meta.request === meta.response && direction === TO_SERVER) return 'ignored';
  return meta.request && !meta.response ? request(meta, traces) : response(meta);
}
