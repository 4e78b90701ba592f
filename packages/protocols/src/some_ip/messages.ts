// What each message type (specification, section 4.1.2.7) becomes:
//
//   REQUEST                     request; paired by session id
//   REQUEST_NO_RETURN           session
//   NOTIFICATION                session; service discovery (service 0xffff, method 0x8100) is one
//   RESPONSE, ERROR             response; return code
//   the same with ACK           ignored on purpose: acknowledgements of older versions carry nothing
//   TP segments                 the first becomes what its message is; later ones are ignored
//   magic cookies               ignored on purpose: they only mark boundaries
//
// Payloads are never kept.
import { u32be } from '../bytes.ts';
import type { FrameRead } from '../framing/parser.ts';
import { MESSAGE_TYPE, new_message, STATUS, type Status } from '../protocol.ts';
import { HEADER_BYTES, type Header, RETURN_CODES, read_header, SEGMENT_HEADER_BYTES, TYPES } from './header.ts';

const REQUEST = 0x00;
const ACK = 0x40;
const RESPONSE = 0x80;
// Section 4.2.2, "Magic Cookies".
const COOKIE_SERVICE = 0xffff;
const COOKIE_METHODS = new Set([0x0000, 0x8000]);
/** Unknown service or method, wrong versions, malformed message, wrong type. */
const CLIENT_ERRORS = new Set([0x02, 0x03, 0x07, 0x08, 0x09, 0x0a]);

function status_of(code: number): Status {
  if (code === 0) return STATUS.ok;
  return CLIENT_ERRORS.has(code) ? STATUS.client_error : STATUS.server_error;
}

function is_later_segment(header: Header, bytes: Uint8Array, at: number, end: number): boolean {
  if (!header.segment || at + HEADER_BYTES + SEGMENT_HEADER_BYTES > end) return false;
  // The upper 28 bits are the offset (section 4.2.1.4).
  return u32be(bytes, at + HEADER_BYTES) >>> 4 !== 0;
}

export function read(bytes: Uint8Array, at: number, end: number): FrameRead {
  const header = read_header(bytes, at);
  if (header.service === COOKIE_SERVICE && COOKIE_METHODS.has(header.method)) return 'ignored';
  if ((header.type & ACK) !== 0 || is_later_segment(header, bytes, at, end)) return 'ignored';
  const message = new_message(MESSAGE_TYPE.session);
  message.request_type = TYPES.get(header.type) ?? '';
  message.request_resource = String(header.service);
  message.endpoint = String(header.method);
  message.request_id = header.session;
  message.version = String(header.interface_version);
  message.attribute_names = ['client_id'];
  message.attribute_values = [String(header.client)];
  if (header.type === REQUEST) message.type = MESSAGE_TYPE.request;
  if (header.type < RESPONSE) return message;
  message.type = MESSAGE_TYPE.response;
  message.response_code = header.code;
  message.response_status = status_of(header.code);
  if (header.code !== 0) message.response_exception = RETURN_CODES.get(header.code) ?? 'error of the service';
  return message;
}
