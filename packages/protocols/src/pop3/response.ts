// The first line of a response: a status indicator, then words (RFC 1939 section 3).
import { starts_with, u8, utf8 } from '../bytes.ts';
import { is_text } from '../lines/line-reader.ts';
import { mask_addresses } from '../mail/address.ts';
import { type Message, MESSAGE_TYPE, new_message, type ParseOptions, STATUS } from '../protocol.ts';
import { SERVERS_FAULT } from './messages.ts';

const TEXT_BYTES_MAX = 512;
const CODE = /^\[[A-Z0-9/-]{1,32}\]/i;
const PLUS = 43;
const MINUS = 45;

/** The indicator of the line in [start, stop); '+' asks for the next line of a login; undefined when it is no response. */
export function indicator_at(bytes: Uint8Array, start: number, stop: number): '+OK' | '-ERR' | '+' | undefined {
  const first = u8(bytes, start);
  if ((first !== PLUS && first !== MINUS) || !is_text(bytes, start, stop)) return undefined;
  if (starts_with(bytes, start, stop, '+OK') && ends_word(bytes, start + 3, stop)) return '+OK';
  if (starts_with(bytes, start, stop, '-ERR') && ends_word(bytes, start + 4, stop)) return '-ERR';
  return first === PLUS && ends_word(bytes, start + 1, stop) ? '+' : undefined;
}

function ends_word(bytes: Uint8Array, at: number, stop: number): boolean {
  return at === stop || bytes[at] === 32;
}

export function ok(): Message {
  return new_message(MESSAGE_TYPE.response, STATUS.ok);
}

/** -ERR; `own_words`: the server's text may be told, else only its code: it could repeat what the client sent. */
export function refusal(
  bytes: Uint8Array,
  start: number,
  stop: number,
  own_words: boolean,
  options: ParseOptions,
): Message {
  const message = new_message(MESSAGE_TYPE.response, STATUS.client_error);
  const text = utf8(bytes, start + 5, stop, Math.min(TEXT_BYTES_MAX, options.string_bytes_max));
  if (SERVERS_FAULT.test(text)) message.response_status = STATUS.server_error;
  const told = own_words ? text : (CODE.exec(text)?.[0] ?? '');
  if (told !== '') message.response_exception = options.redact ? mask_addresses(told) : told;
  return message;
}
