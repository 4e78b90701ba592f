import { latin1, u8 } from '../bytes.ts';
import { type Direction, type Guess, NO_GUESS, TO_SERVER } from '../protocol.ts';
import { is_command } from './commands.ts';

/** Enough to see "*n CRLF $n CRLF COMMAND CRLF". */
const LOOK_BYTES = 64;
const COMMAND = /^\*(\d{1,7})\r\n\$(\d{1,3})\r\n([A-Za-z][A-Za-z._-]*)\r\n/;
const ARRAY_OF_STRINGS = /^[*>~]\d{1,9}\r\n[$:+*,#_%~(=-]/;
const STRING = /^[$=](?:-1\r\n|\d{1,10}\r\n)/;
const INTEGER = /^:-?\d{1,19}\r\n/;
const ERROR = /^-[A-Z]{2,20} [\x20-\x7e]/;
const STATUS_LINE = /^\+(?:OK|PONG|QUEUED|RESET|FULLRESYNC [0-9a-f]{40} \d+|CONTINUE)\r\n/;
const HELLO_MAP = /^%\d{1,3}\r\n\$6\r\nserver\r\n/;
const BEGINS = /^(?:[*$>:%]\d{0,10}\r?\n?|[*$]\d{1,7}\r\n\$?\d{0,3}\r?\n?[A-Za-z._-]*\r?)$/;
const WORD_BEGINS = /^[A-Za-z]{1,20}(?: [^\r\n]*)?\r?$/;
const INLINE = /^([A-Za-z]+)(?: [\x20-\x7e]*)?\r\n/;

/** Bytes of a connection that nobody claims yet. */
export function infer(bytes: Uint8Array, start: number, end: number, direction: Direction): Guess {
  const first = u8(bytes, start);
  if (end <= start || first < 33 || first > 126) return NO_GUESS;
  const text = latin1(bytes, start, Math.min(end, start + LOOK_BYTES));
  const command = COMMAND.exec(text);
  if (command !== null && Number(command[2]) === command[3]!.length) {
    if (is_command(command[3]!)) return { score: 3, says: direction === TO_SERVER ? 'request' : 'either' };
    return { score: 2, says: 'either' };
  }
  if (HELLO_MAP.test(text)) return { score: 3, says: 'response' };
  if (ARRAY_OF_STRINGS.test(text)) return { score: 2, says: text.startsWith('*') ? 'either' : 'response' };
  if (STRING.test(text)) return { score: 2, says: 'response' };
  if (INTEGER.test(text) || STATUS_LINE.test(text) || ERROR.test(text)) return { score: 1, says: 'response' };
  if (BEGINS.test(text)) return { score: 1, says: 'either', more: true };
  if (WORD_BEGINS.test(text)) return { score: 0, says: 'request', more: true };
  const inline = INLINE.exec(text);
  if (inline !== null && is_command(inline[1]!) && !text.includes(' HTTP/')) return { score: 1, says: 'request' };
  return NO_GUESS;
}
