// A line of the client: which command it is, and what of it may be told.
import { intern, u8 } from '../bytes.ts';
import { is_text, skip_spaces, word_end } from '../lines/line-reader.ts';
import { mechanism } from '../mail/sasl.ts';
import { type Message, MESSAGE_TYPE, new_message, type ParseOptions } from '../protocol.ts';
import { COMMANDS, type Command, UNKNOWN } from './messages.ts';

/** RFC 1939 section 3: three or four characters; UNKNOWN ones may be longer. */
const VERB_BYTES_MAX = 12;
/** RFC 2449 section 4: 255 with the line's end. */
const TEXT_BYTES_MAX = 255;

export interface Line {
  command: Command;
  argument: number;
}

const found: Line = { command: UNKNOWN, argument: 0 };
const verb_bytes = new Uint8Array(VERB_BYTES_MAX);

/**
 * The command of the line in [start, stop), undefined when the bytes are none. The result is good until the next call.
 * `known_only`: a verb that no specification has is refused, and arguments where none belong.
 */
export function command_at(bytes: Uint8Array, start: number, stop: number, known_only: boolean): Line | undefined {
  const verb_end = word_end(bytes, start, stop);
  const length = verb_end - start;
  if (length < 3 || length > VERB_BYTES_MAX) return undefined;
  for (let i = 0; i < length; i++) {
    const byte = u8(bytes, start + i);
    // UTF8 is the only one with a digit.
    const is_letter = (byte | 32) >= 97 && (byte | 32) <= 122;
    if (!is_letter && !(i === 3 && byte === 56)) return undefined;
    verb_bytes[i] = is_letter ? byte & 0xdf : byte;
  }
  if (!is_text(bytes, verb_end, stop)) return undefined;
  const command = COMMANDS.get(intern(verb_bytes, 0, length));
  const argument = skip_spaces(bytes, verb_end, stop);
  if (command === undefined && known_only) return undefined;
  const bare = argument >= stop;
  found.command = (bare ? command?.bare : undefined) ?? command ?? UNKNOWN;
  found.argument = argument;
  if (known_only && !fits(bytes, found, stop)) return undefined;
  return found;
}

/** Whether the argument is one that this command has. */
function fits(bytes: Uint8Array, { command, argument }: Line, stop: number): boolean {
  const bare = argument >= stop;
  const { verb } = command;
  if (verb === 'PASS' || verb === 'APOP' || verb === 'USER' || verb === 'AUTH') return !bare || verb === 'AUTH';
  if (command.argument === 'none') return bare;
  for (let at = argument; at < stop; at++) {
    const byte = u8(bytes, at);
    // Numbers of messages and lines; languages may be anything.
    if (verb !== 'LANG' && byte !== 32 && (byte < 48 || byte > 57)) return false;
  }
  return !bare;
}

export function request_of(bytes: Uint8Array, line: Line, stop: number, options: ParseOptions): Message {
  const { command, argument } = line;
  const message = new_message(MESSAGE_TYPE.request);
  message.request_type = command.verb;
  message.endpoint = command.verb;
  if (argument >= stop || command.argument === 'none') return message;
  const text = intern(bytes, argument, stop, Math.min(TEXT_BYTES_MAX, options.string_bytes_max));
  if (command.argument === 'mechanism') message.request_resource = mechanism(text.split(' ', 1)[0] ?? '');
  else message.request_resource = command.argument === 'person' && options.redact ? '?' : text;
  return message;
}
