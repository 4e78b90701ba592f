import { latin1, u8 } from '../bytes.ts';
import { type Direction, type Guess, NO_GUESS } from '../protocol.ts';
import { HEADER_BYTES, header_holds, REQUEST, RESPONSE } from './binary.ts';
import { card } from './card.ts';
import { ANSWERS, COMMANDS } from './messages.ts';

/** Longer than any line that decides. */
const LOOK_BYTES = 320;
const KEY = '[\\x21-\\x7e\\x80-\\xff]{1,250}';
const STORAGE = new RegExp(
  `^(?:set|add|replace|append|prepend|cas) ${KEY} \\d+ -?\\d+ \\d+(?: \\d+)?(?: noreply)?\\r\\n`,
);
const VALUE = new RegExp(`^VALUE ${KEY} \\d+ \\d+(?: \\d+)?\\r\\n`);
const ONE_KEY = new RegExp(
  `^(?:gets? ${KEY}(?: |\\r\\n)|gats? -?\\d+ ${KEY}|(?:incr|decr) ${KEY} \\d+(?: noreply)?\\r\\n|touch ${KEY} -?\\d+(?: noreply)?\\r\\n|delete ${KEY}(?: 0)?(?: noreply)?\\r\\n|m[gda] ${KEY}(?: [a-zA-Z][^ \\r]*)*\\r\\n|ms ${KEY} \\d+(?: [a-zA-Z][^ \\r]*)*\\r\\n)`,
);
const ALONE = /^(?:version|stats(?: [a-z ]+)?|flush_all(?: \d+)?(?: noreply)?|verbosity \d+|mn|quit)\r\n/;
const SURE_ANSWER =
  /^(?:STORED|NOT_STORED|DELETED|TOUCHED|NOT_FOUND|EXISTS|SERVER_ERROR [ -~]+|CLIENT_ERROR [ -~]+|STAT \S+ [ -~]*|VA \d+(?: [a-zA-Z]\S*)*)\r\n/;
const ANSWER = /^(?:END|ERROR|OK|VERSION \d[ -~]*|HD(?: \S+)*|EN|NF(?: \S+)*|NS(?: \S+)*|EX(?: \S+)*|MN)\r\n/;
const WORD = /^[a-zA-Z_]{1,12}(?: |$)/;

/** Bytes of a connection that nobody claims yet. */
export function infer(
  bytes: Uint8Array,
  start: number,
  end: number,
  _direction: Direction,
  server_port: number,
): Guess {
  const first = u8(bytes, start);
  if (end <= start) return NO_GUESS;
  if (first === REQUEST || first === RESPONSE) return infer_binary(bytes, start, end, first);
  const text = latin1(bytes, start, Math.min(end, start + LOOK_BYTES));
  // Lines that some other text protocol could begin with are certain only where memcached is at home.
  const sure = card.port_hints.includes(server_port) ? 3 : 2;
  if (STORAGE.test(text)) return { score: 3, says: 'request' };
  if (VALUE.test(text)) return { score: 3, says: 'response' };
  if (ONE_KEY.test(text)) return { score: sure, says: 'request' };
  if (ALONE.test(text)) return { score: sure === 3 ? 3 : 1, says: 'request' };
  if (SURE_ANSWER.test(text)) return { score: sure, says: 'response' };
  if (ANSWER.test(text)) return { score: sure === 3 ? 3 : 1, says: 'response' };
  if (text.includes('\n') || !WORD.test(text)) return NO_GUESS;
  const word = text.split(' ')[0]!;
  const known = text.includes(' ') ? COMMANDS.has(word) || ANSWERS.has(word) : begins(word);
  return known ? { score: 0, says: 'either', more: true } : NO_GUESS;
}

function begins(word: string): boolean {
  for (const known of COMMANDS.keys()) if (known.startsWith(word)) return true;
  for (const known of ANSWERS) if (known.startsWith(word)) return true;
  return false;
}

function infer_binary(bytes: Uint8Array, start: number, end: number, magic: number): Guess {
  const says = magic === REQUEST ? 'request' : 'response';
  if (end - start < HEADER_BYTES) return { score: 0, says, more: true };
  return header_holds(bytes, start, magic) ? { score: 3, says } : NO_GUESS;
}
