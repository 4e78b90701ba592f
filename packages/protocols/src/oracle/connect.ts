// Beginning of a connection: what the client asks a listener for, and what that answers.
import { index_of_text, latin1, u16be, u32be } from '../bytes.ts';
import { type Message, MESSAGE_TYPE, new_message, type ParseOptions, STATUS } from '../protocol.ts';
import { error_status } from './errors.ts';
import { LARGE_SINCE, MARKED_SINCE, PACKET } from './messages.ts';

const TEXT_BYTES_MAX = 2048;
const VALUE_BYTES_MAX = 256;
/** Of a connect: version, and the place of its text. */
const VERSION_AT = 8;
const LENGTH_AT = 24;
const OFFSET_AT = 26;
const CONNECT_BYTES_MIN = 28;
/** Of an acceptance: session data unit, in newer versions with 4 bytes, and flags. */
const SDU_AT = 12;
const LARGE_SDU_AT = 32;
const FLAGS_AT = 41;
const MARKS_END = 0x02000000;

export interface Accepted {
  large: boolean;
  /** Longest packet. */
  sdu: number;
  /** Answers are marked where they end. */
  marked: boolean;
}

/** A connect of which no more is known yet. */
export function bare_connect(): Message {
  const message = new_message(MESSAGE_TYPE.request);
  message.request_type = 'Connect';
  return message;
}

/** The connect in [start, stop); undefined when its text comes in the next packet. */
export function connect_message(bytes: Uint8Array, start: number, stop: number): Message | undefined {
  const message = bare_connect();
  if (stop - start < CONNECT_BYTES_MIN) return message;
  message.version = String(u16be(bytes, start + VERSION_AT));
  const length = u16be(bytes, start + LENGTH_AT);
  const from = start + u16be(bytes, start + OFFSET_AT);
  if (length > 0 && from >= start + u16be(bytes, start)) return undefined;
  tell_connect(message, bytes, from, Math.min(stop, from + length));
  return message;
}

/** Names in a connect descriptor; it can have no password. */
export function tell_connect(message: Message, bytes: Uint8Array, start: number, stop: number): void {
  const text = latin1(bytes, start, Math.min(stop, start + TEXT_BYTES_MAX));
  const service = value_of(text, 'SERVICE_NAME') ?? value_of(text, 'SID');
  if (service !== undefined) message.request_domain = service;
  // Those of the client stand in the CID; what is before it is the server's.
  const client = text.slice(Math.max(0, text.toUpperCase().indexOf('(CID=')));
  for (const [name, key] of [
    ['program', 'PROGRAM'],
    ['host', 'HOST'],
    ['user', 'USER'],
  ] as const) {
    const value = value_of(client, key);
    if (value !== undefined) tell(message, name, value);
  }
}

function value_of(text: string, key: string): string | undefined {
  const upper = text.toUpperCase();
  const at = upper.indexOf(`(${key}=`);
  if (at < 0) return undefined;
  const from = at + key.length + 2;
  const end = text.indexOf(')', from);
  const value = text.slice(from, end < 0 ? undefined : end).slice(0, VALUE_BYTES_MAX);
  return value === '' || value.startsWith('(') ? undefined : value;
}

export function accepted(bytes: Uint8Array, start: number, stop: number): Accepted {
  const version = u16be(bytes, start + VERSION_AT);
  const large = version >= LARGE_SINCE;
  const sdu =
    large && stop - start >= LARGE_SDU_AT + 4 ? u32be(bytes, start + LARGE_SDU_AT) : u16be(bytes, start + SDU_AT);
  const marked =
    version >= MARKED_SINCE && stop - start >= FLAGS_AT + 4 && (u32be(bytes, start + FLAGS_AT) & MARKS_END) !== 0;
  return { large, sdu, marked };
}

/** Place of the text in what answers a connect; when it comes in a packet of its own, behind the end. */
export function answer_text_at(type: number): number {
  return type === PACKET.redirect ? 10 : 12;
}

export function accept_message(bytes: Uint8Array, start: number): Message {
  const message = new_message(MESSAGE_TYPE.response, STATUS.ok);
  message.version = String(u16be(bytes, start + VERSION_AT));
  return message;
}

/** What else answers a connect: its text is in [start, stop). */
export function refusal_message(
  type: number,
  bytes: Uint8Array,
  start: number,
  stop: number,
  options: ParseOptions,
): Message {
  const message = new_message(MESSAGE_TYPE.response, STATUS.ok);
  if (type === PACKET.redirect) {
    const text = latin1(bytes, start, Math.min(stop, start + TEXT_BYTES_MAX));
    const host = value_of(text, 'HOST');
    if (host !== undefined) message.response_result = `redirect to ${host}:${value_of(text, 'PORT') ?? ''}`;
    else message.response_result = 'redirect';
    return message;
  }
  // "(DESCRIPTION=(ERR=12514)...": without a number the reason is the listener's own.
  const at = index_of_text(bytes, '(ERR=', start, stop);
  const number = at < 0 ? 0 : Number.parseInt(latin1(bytes, at + 5, Math.min(stop, at + 11)), 10) || 0;
  message.response_status = number > 0 ? error_status(number) : STATUS.server_error;
  if (number > 0) message.response_code = number;
  message.response_exception = number > 0 ? `ORA-${String(number).padStart(5, '0')}` : 'refused';
  const log = latin1(bytes, start, Math.min(stop, start + TEXT_BYTES_MAX));
  if (!options.redact && log !== '') message.response_result = log;
  return message;
}

export function tell(message: Message, name: string, value: string): void {
  message.attribute_names ??= [];
  message.attribute_values ??= [];
  message.attribute_names.push(name);
  message.attribute_values.push(value);
}
