// Lines of the server: status responses, tagged or not (RFC 9051 section 7.1), and what of their text may be told.
import { starts_with_fold, u8, utf8 } from '../bytes.ts';
import { mask_addresses } from '../mail/address.ts';
import { MESSAGE_TYPE, new_message, type Message, type ParseOptions, STATUS } from '../protocol.ts';
import { tag_end, tag_number } from './command.ts';
import { SERVERS_FAULT } from './messages.ts';

const TEXT_BYTES_MAX = 512;
const CODE = /^\[([A-Z0-9-]{1,32})[^\]]*\]/i;

export type Condition = 'ok' | 'no' | 'bad' | 'bye' | 'preauth';
const CONDITIONS: readonly Condition[] = ['ok', 'no', 'bad', 'bye', 'preauth'];

/** The condition at `at`: 'more' when the bytes end before that can be told, undefined when there is none. */
export function condition_at(bytes: Uint8Array, at: number, end: number): Condition | 'more' | undefined {
  for (const condition of CONDITIONS) {
    const seen = Math.min(condition.length, end - at);
    if (!starts_with_fold(bytes, at, at + seen, condition.slice(0, seen))) continue;
    if (at + seen === end) return 'more';
    const next = u8(bytes, at + condition.length);
    if (next === 32 || next === 13 || next === 10) return condition;
  }
  return undefined;
}

export interface Tagged {
  tag: number;
  condition: 'ok' | 'no' | 'bad';
  /** First byte of the text. */
  text: number;
}

/** The tagged status response in [start, stop), a line of which the end is there. */
export function tagged_at(bytes: Uint8Array, start: number, stop: number): Tagged | undefined {
  const end = tag_end(bytes, start, stop);
  if (end < 0) return undefined;
  // The line's end follows `stop`.
  const condition = condition_at(bytes, end + 1, stop + 1);
  if (condition !== 'ok' && condition !== 'no' && condition !== 'bad') return undefined;
  const text = Math.min(stop, end + 2 + condition.length);
  return { tag: tag_number(bytes, start, end), condition, text };
}

/** Whether the tagged response at `start` is no prose such as "that ok with you": no small letters up to its condition. */
export function is_likely(bytes: Uint8Array, start: number, stop: number): boolean {
  for (let at = start, spaces = 0; at < stop && spaces < 2; at++) {
    const byte = bytes[at]!;
    if (byte === 32) spaces++;
    // Clients that take small letters for tags number them.
    else if (byte >= 97 && byte <= 122 && (spaces > 0 || !has_digit(bytes, start, tag_end(bytes, start, stop))))
      return false;
  }
  return true;
}

export function has_digit(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if (bytes[at]! >= 48 && bytes[at]! <= 57) return true;
  return false;
}

/** Place of the last whole line in [at, end) when that is a tagged response for which `known` holds, else -1. */
export function last_tagged(bytes: Uint8Array, at: number, end: number, known: (tag: number) => boolean): number {
  if (bytes[end - 1] !== 10) return -1;
  let start = end - 1;
  while (start > at && bytes[start - 1] !== 10) start--;
  const tagged = tagged_at(bytes, start, bytes[end - 2] === 13 ? end - 2 : end - 1);
  return tagged !== undefined && known(tagged.tag) ? start : -1;
}

/** `own_words`: the server's text may be told, else only its code: it could repeat what the client sent. */
export function put_status(
  message: Message,
  condition: Condition,
  bytes: Uint8Array,
  text: number,
  stop: number,
  own_words: boolean,
  options: ParseOptions,
): void {
  message.response_status = STATUS.ok;
  if (condition === 'ok' || condition === 'preauth') return;
  const said = utf8(bytes, text, stop, Math.min(TEXT_BYTES_MAX, options.string_bytes_max));
  const code = CODE.exec(said);
  const servers = condition === 'bye' || (condition === 'no' && SERVERS_FAULT.has((code?.[1] ?? '').toUpperCase()));
  message.response_status = servers ? STATUS.server_error : STATUS.client_error;
  const told = own_words ? said : code === null ? '' : `[${code[1]}]`;
  if (told !== '') message.response_exception = options.redact ? masked(told) : told;
}

/** Names of mailboxes stand in quotes or behind a colon. */
function masked(text: string): string {
  return mask_addresses(text.replace(/"[^"]*"/g, '?').replace(/: \S.*$/, ': ?'));
}

export function response(tag: number): Message {
  const message = new_message(MESSAGE_TYPE.response);
  message.request_id = tag;
  return message;
}
