// A line of the client: which command it is, and what of it may be told.
import { CR, index_of, intern, LF, u8, utf8 } from '../bytes.ts';
import { is_text, skip_spaces, word_end } from '../lines/line-reader.ts';
import { address_domain, mask_addresses } from '../mail/address.ts';
import { mechanism } from '../mail/sasl.ts';
import { type Message, MESSAGE_TYPE, new_message, type ParseOptions } from '../protocol.ts';
import { BDAT, BDAT_LAST, COMMANDS, type Command, PLAIN_PARAMETERS, UNKNOWN } from './messages.ts';

const VERB_BYTES_MAX = 12;
const TEXT_BYTES_MAX = 1024;
/** RFC 5321 section 4.5.3.1.2 */
const NAME_BYTES_MAX = 255;
/** As many lines that are commands are not by chance. */
const LINES_SURE = 4;
const COLON = 58;

export interface Line {
  command: Command;
  /** First byte of the argument. */
  argument: number;
  /** Bytes that follow a BDAT line. */
  chunk: number;
}

const found: Line = { command: UNKNOWN, argument: 0, chunk: 0 };
const verb_bytes = new Uint8Array(VERB_BYTES_MAX);

/**
 * The command of the line in [start, stop), undefined when the bytes are none. The result is good until the next call.
 * `known_only`: a verb that no specification has is refused.
 */
export function command_at(bytes: Uint8Array, start: number, stop: number, known_only: boolean): Line | undefined {
  const verb_end = word_end(bytes, start, stop);
  const length = verb_end - start;
  if (length < 3 || length > VERB_BYTES_MAX) return undefined;
  for (let i = 0; i < length; i++) {
    const byte = u8(bytes, start + i);
    const lower = byte | 32;
    if (lower < 97 || lower > 122) return undefined;
    verb_bytes[i] = byte & 0xdf;
  }
  if (!is_text(bytes, verb_end, stop)) return undefined;
  const command = COMMANDS.get(intern(verb_bytes, 0, length));
  if (command === undefined && known_only) return undefined;
  found.command = command ?? UNKNOWN;
  found.argument = skip_spaces(bytes, verb_end, stop);
  found.chunk = 0;
  if (found.command === BDAT) return read_chunk(bytes, found, stop);
  if (found.command.argument === 'path' && !is_path(bytes, found, stop)) {
    // "Mail from the shop" is no command, "MAIL" alone is one that will be refused.
    return known_only && found.argument < stop ? undefined : found;
  }
  if (known_only && found.command.argument === 'none' && !is_bare(bytes, found, stop)) return undefined;
  return found;
}

/** Whether the argument is empty where none belongs, or the one word that VRFY, EXPN, HELP and NOOP may have. */
function is_bare(bytes: Uint8Array, { command, argument }: Line, stop: number): boolean {
  if (argument >= stop) return true;
  const { verb } = command;
  if (verb === 'BURL') return true;
  const one_word = word_end(bytes, argument, stop) === stop;
  return one_word && (verb === 'VRFY' || verb === 'EXPN' || verb === 'HELP' || verb === 'NOOP');
}

/** Whether [at, end) is nothing but lines that are commands beyond doubt; the last may be cut, or a chunk follow it. */
export function are_commands(bytes: Uint8Array, at: number, end: number): boolean {
  let start = at;
  for (let lines = 0; start < end && lines < LINES_SURE; lines++) {
    const feed = index_of(bytes, LF, start, Math.min(end, start + TEXT_BYTES_MAX));
    if (feed < 0) return lines > 0 && is_text(bytes, start, end);
    const line = command_at(bytes, start, bytes[feed - 1] === CR ? feed - 1 : feed, true);
    if (line === undefined) return false;
    if (line.chunk > 0) return true;
    start = feed + 1;
  }
  return start > at;
}

/** FROM: or TO: (RFC 5321 section 4.1.1.2); some clients put a space behind the colon. */
function is_path(bytes: Uint8Array, { argument }: Line, stop: number): boolean {
  for (let at = argument; at < stop && at < argument + 5; at++) if (bytes[at] === COLON) return at > argument + 1;
  return false;
}

/** BDAT SP size [SP LAST] (RFC 3030 section 2). */
function read_chunk(bytes: Uint8Array, line: Line, stop: number): Line | undefined {
  const size_end = word_end(bytes, line.argument, stop);
  let size = 0;
  for (let at = line.argument; at < size_end; at++) {
    const digit = u8(bytes, at) - 48;
    if (digit < 0 || digit > 9) return undefined;
    size = size * 10 + digit;
    if (size > Number.MAX_SAFE_INTEGER) return undefined;
  }
  if (size_end === line.argument) return undefined;
  const rest = skip_spaces(bytes, size_end, stop);
  if (rest < stop) {
    if (utf8(bytes, rest, stop, 8).trim().toUpperCase() !== 'LAST') return undefined;
    line.command = BDAT_LAST;
  }
  line.chunk = size;
  return line;
}

export function request_of(bytes: Uint8Array, line: Line, stop: number, options: ParseOptions): Message {
  const { command, argument } = line;
  const message = new_message(MESSAGE_TYPE.request);
  message.request_type = command.verb;
  message.endpoint = command.verb;
  if (argument >= stop || command.argument === 'none') return message;
  if (command.argument === 'mechanism') {
    message.request_resource = mechanism(intern(bytes, argument, word_end(bytes, argument, stop), TEXT_BYTES_MAX));
    return message;
  }
  if (command.argument === 'domain') {
    const name = intern(bytes, argument, word_end(bytes, argument, stop), NAME_BYTES_MAX);
    message.request_resource = name;
    message.request_domain = name.toLowerCase();
    return message;
  }
  const text = intern(bytes, argument, stop, Math.min(TEXT_BYTES_MAX, options.string_bytes_max));
  if (command.argument === 'text') message.request_resource = text;
  else if (command.argument === 'pairs') message.request_resource = mask_pairs(text, options.redact);
  else put_path(message, text, options.redact);
  return message;
}

/** "FROM:<a@b.example> SIZE=7": the address ends with '>' or, where a client leaves the brackets out, with a space. */
function put_path(message: Message, text: string, redact: boolean): void {
  const open = text.indexOf('<');
  const close = open < 0 ? text.indexOf(' ', text.indexOf(':') + 2) : text.indexOf('>', open) + 1;
  const end = close <= 0 ? text.length : close;
  const path = text.slice(0, end);
  const domain = address_domain(path);
  if (domain !== '') message.request_domain = domain;
  message.request_resource = redact ? mask_path(path) + mask_pairs(text.slice(end), true) : text;
}

/** An address without a domain ("TO:<postmaster>") is a person's name all the same. */
function mask_path(path: string): string {
  if (path.includes('@')) return mask_addresses(path);
  const colon = path.indexOf(':') + 1;
  const inside = path.slice(colon).replace(/[<>\s]/g, '');
  return inside === '' ? path : `${path.slice(0, colon)}<?>`;
}

function mask_pairs(text: string, redact: boolean): string {
  if (!redact || !text.includes('=')) return text;
  return text.replace(/([^\s=]+)=(\S*)/g, (pair: string, name: string) =>
    PLAIN_PARAMETERS.has(name.toUpperCase()) ? pair : `${name}=?`,
  );
}
