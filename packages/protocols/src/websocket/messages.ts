// What each frame of RFC 6455 section 5.2 and 11.8 becomes:
//
//   text, binary, with their continuations   one session row a message, of whoever sent it
//   close, the first of a connection         session; its code tells whom it blames
//   close, the answer to it                  nothing
//   ping, pong                               ignored on purpose
import { u16be, utf8 } from '../bytes.ts';
import { add_attribute } from '../http/fields.ts';
import {
  type Direction,
  MESSAGE_TYPE,
  type Message,
  type ParseOptions,
  STATUS,
  type Status,
  type Succession,
  TO_SERVER,
  new_message,
} from '../protocol.ts';
import { OPCODE } from './frame.ts';

/** Bytes of a text message that a row may show when nothing is to be redacted. */
export const TEXT_BYTES_SHOWN = 256;

export function session(request_type: string, direction: Direction, length: number, before?: Succession): Message {
  const message = new_message(MESSAGE_TYPE.session);
  message.one_way = true;
  message.request_type = request_type;
  message.version = '13';
  message.length = length;
  if (before?.domain !== undefined) message.request_domain = before.domain;
  if (before?.endpoint !== undefined) message.endpoint = before.endpoint;
  add_attribute(message, 'websocket.sender', direction === TO_SERVER ? 'client' : 'server');
  return message;
}

export function type_name(opcode: number): string {
  return opcode === OPCODE.text ? 'TEXT' : 'BINARY';
}

export function show_text(message: Message, payload: Uint8Array, options: ParseOptions): void {
  if (options.redact) return;
  const max = Math.min(TEXT_BYTES_SHOWN, options.string_bytes_max);
  message.request_resource = utf8(payload, 0, payload.length, max);
}

// RFC 6455 section 7.4.1 and the IANA registry: these blame whoever the close is sent to.
const BLAMES_RECEIVER = new Set([1002, 1003, 1007, 1008, 1009, 1010]);
// And these whoever sends it: internal error, restart, try again later, bad gateway.
const BLAMES_SENDER = new Set([1011, 1012, 1013, 1014]);

function close_status(code: number, direction: Direction): Status {
  const by_client = direction === TO_SERVER;
  if (BLAMES_RECEIVER.has(code)) return by_client ? STATUS.server_error : STATUS.client_error;
  if (BLAMES_SENDER.has(code)) return by_client ? STATUS.client_error : STATUS.server_error;
  return STATUS.ok;
}

/** The body of a close: a code and a reason, or nothing (RFC 6455 section 5.5.1). */
export function put_close(message: Message, payload: Uint8Array, direction: Direction): void {
  message.response_status = STATUS.ok;
  if (payload.length < 2) return;
  const code = u16be(payload, 0);
  message.response_code = code;
  message.response_status = close_status(code, direction);
  const reason = utf8(payload, 2, payload.length);
  if (message.response_status !== STATUS.ok) message.response_exception = reason === '' ? `close ${code}` : reason;
}
