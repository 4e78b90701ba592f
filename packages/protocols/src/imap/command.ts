// A line of the client: tag, command, arguments (RFC 9051 section 9), and what of it may be told.
import { CR, decimal, index_of, intern, latin1, LF, u8 } from '../bytes.ts';
import { skip_spaces, word_end } from '../lines/line-reader.ts';
import { mechanism } from '../mail/sasl.ts';
import { type Message, MESSAGE_TYPE, new_message, type ParseOptions } from '../protocol.ts';
import { type Argument, BY_UID, COMMANDS, KEYWORDS } from './messages.ts';

const TAG_BYTES_MAX = 64;
const NAME_BYTES_MAX = 20;
const ARGUMENTS_BYTES_MAX = 1024;
const PLUS = 43;
const BRACE = 123;
const BRACE_END = 125;
const QUOTE = 34;
const BACKSLASH = 92;

export const UNKNOWN = 'UNKNOWN';

/** Characters that a tag may not have: ( ) { % * " \ + (RFC 9051 section 9, "tag"). */
const NO_TAG = new Set([40, 41, 123, 37, 42, 34, 92, 43]);

/** End of the tag at `at`, -1 when there is none or it does not end before `stop`. */
export function tag_end(bytes: Uint8Array, at: number, stop: number): number {
  for (let to = at; to < stop && to - at <= TAG_BYTES_MAX; to++) {
    const byte = u8(bytes, to);
    if (byte === 32) return to > at ? to : -1;
    if (byte < 33 || byte > 126 || NO_TAG.has(byte)) return -1;
  }
  return -1;
}

/** Tags are words of the client's choice; their hash (FNV-1a, 32 bits) is the number that pairs. */
export function tag_number(bytes: Uint8Array, start: number, end: number): number {
  let hash = 0x811c9dc5;
  for (let at = start; at < end; at++) hash = Math.imul(hash ^ bytes[at]!, 0x01000193);
  return hash >>> 0;
}

export interface Command {
  tag: number;
  /** In capitals, UID included. */
  name: string;
  argument: Argument;
  /** First byte of the arguments. */
  at: number;
}

const found: Command = { tag: 0, name: '', argument: 'none', at: 0 };
const name_bytes = new Uint8Array(NAME_BYTES_MAX);

/** The name at [at, to) in capitals; '' when it has other characters than letters and digits. */
function name_at(bytes: Uint8Array, at: number, to: number): string {
  const length = to - at;
  if (length < 2 || length > NAME_BYTES_MAX) return '';
  for (let i = 0; i < length; i++) {
    const byte = u8(bytes, at + i);
    const lower = byte | 32;
    if (lower >= 97 && lower <= 122) name_bytes[i] = byte & 0xdf;
    else if (byte >= 48 && byte <= 57 && i > 0) name_bytes[i] = byte;
    else return '';
  }
  return intern(name_bytes, 0, length);
}

/** The command of the line in [start, stop); the result is good until the next call. `known_only`: no unknown one. */
export function command_at(bytes: Uint8Array, start: number, stop: number, known_only: boolean): Command | undefined {
  const end = tag_end(bytes, start, stop);
  if (end < 0) return undefined;
  const at = end + 1;
  let to = word_end(bytes, at, stop);
  let name = name_at(bytes, at, to);
  if (name === '') return undefined;
  found.tag = tag_number(bytes, start, end);
  if (name === 'UID') {
    const next = word_end(bytes, to + 1, stop);
    const second = name_at(bytes, to + 1, next);
    if (!BY_UID.has(second)) return undefined;
    to = next;
    name = second;
    found.argument = COMMANDS.get(second)!;
    found.name = UID_NAMES.get(second)!;
  } else {
    const argument = COMMANDS.get(name);
    if (argument === undefined && known_only) return undefined;
    found.argument = argument ?? 'none';
    found.name = argument === undefined ? UNKNOWN : name;
  }
  found.at = skip_spaces(bytes, to, stop);
  return found;
}

const UID_NAMES = new Map([...BY_UID].map((name) => [name, `UID ${name}`]));

/** As many lines that are commands are not by chance. */
const LINES_SURE = 4;

/** Whether [at, end) is nothing but lines that are known commands; the last may be cut, or a literal follow it. */
export function are_commands(bytes: Uint8Array, at: number, end: number): boolean {
  let start = at;
  for (let lines = 0; start < end && lines < LINES_SURE; lines++) {
    const feed = index_of(bytes, LF, start, Math.min(end, start + ARGUMENTS_BYTES_MAX));
    if (feed < 0) return lines > 0;
    const stop = bytes[feed - 1] === CR ? feed - 1 : feed;
    if (command_at(bytes, start, stop, true) === undefined) return false;
    if (literal_at(bytes, start, stop) !== undefined) return true;
    start = feed + 1;
  }
  return start > at;
}

/** What follows a line that ends with a literal's announcement. */
export interface Literal {
  bytes: number;
  /** The client waits for "+" before it sends them; {n+} and {n-} do not (RFC 7888). */
  waits: boolean;
}

/** The literal that the line ending at `stop` announces. */
export function literal_at(bytes: Uint8Array, start: number, stop: number): Literal | undefined {
  if (bytes[stop - 1] !== BRACE_END) return undefined;
  const sign = u8(bytes, stop - 2);
  const waits = sign !== PLUS && sign !== 45;
  const digits_end = waits ? stop - 1 : stop - 2;
  let at = digits_end;
  while (at > start && u8(bytes, at - 1) >= 48 && u8(bytes, at - 1) <= 57) at--;
  const size = u8(bytes, at - 1) === BRACE ? decimal(bytes, at, digits_end) : -1;
  return size < 0 ? undefined : { bytes: size, waits };
}

export function request_of(bytes: Uint8Array, command: Command, stop: number, options: ParseOptions): Message {
  const { tag, name, argument, at } = command;
  const message = new_message(MESSAGE_TYPE.request);
  message.request_type = name;
  message.endpoint = name;
  message.request_id = tag;
  if (at >= stop || argument === 'none') return message;
  const text = latin1(bytes, at, Math.min(stop, at + ARGUMENTS_BYTES_MAX, at + options.string_bytes_max));
  if (argument === 'mechanism') message.request_resource = mechanism(text.split(' ', 1)[0] ?? '');
  else if (!options.redact) message.request_resource = text;
  else if (argument === 'mailbox') message.request_resource = /^"?INBOX"?(?: |$)/i.test(text) ? 'INBOX' : '?';
  else message.request_resource = masked(text);
  return message;
}

/** Arguments with every word as '?' that is no keyword, flag of the system, or number of messages. */
function masked(text: string): string {
  let out = '';
  let from = 0;
  while (from < text.length) {
    const code = text.charCodeAt(from);
    if (code === QUOTE) {
      from = quoted_end(text, from);
      out += '?';
      continue;
    }
    let to = from;
    while (to < text.length && !DELIMITERS.has(text[to]!)) to++;
    if (to === from) {
      out += text[from++];
      continue;
    }
    const word = text.slice(from, to);
    out += code === BACKSLASH || is_numbers(word) || KEYWORDS.has(word.toUpperCase()) ? word : '?';
    from = to;
  }
  return out;
}

const DELIMITERS = new Set([' ', '(', ')', '[', ']', '<', '>', '"', '{', '}']);

function quoted_end(text: string, from: number): number {
  let at = from + 1;
  while (at < text.length && text.charCodeAt(at) !== QUOTE) at += text.charCodeAt(at) === BACKSLASH ? 2 : 1;
  return Math.min(text.length, at + 1);
}

/** 1:4,7,9:* , $ (RFC 5182), sizes and partial ranges. */
function is_numbers(word: string): boolean {
  for (let i = 0; i < word.length; i++) {
    const code = word.charCodeAt(i);
    const digit = code >= 48 && code <= 57;
    if (!digit && code !== 58 && code !== 44 && code !== 42 && code !== 46 && !(code === 36 && word.length === 1))
      return false;
  }
  return true;
}
