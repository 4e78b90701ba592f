import { type Direction, type Guess, NO_GUESS } from '../protocol.ts';
import { read_contents } from './message.ts';
import { PORT } from './messages.ts';

/** Flags of an answer that nobody asked for by unicast: response, authoritative, all else zero (RFC 6762 section 18). */
const ANSWER_FLAGS = 0x8400;
const OPCODE_MASK = 0x7800;
const LOCAL = /(?:^|\.)local$|\.(?:in-addr|ip6)\.arpa$/i;

/** Bytes of peers that nobody claims yet. The format is that of DNS; what differs is the port and what may not stand there. */
export function infer(
  bytes: Uint8Array,
  start: number,
  end: number,
  _direction: Direction,
  server_port: number,
): Guess {
  const contents = read_contents(bytes, start, end);
  if (contents === undefined) return NO_GUESS;
  const { header, name } = contents;
  if ((header.flags & OPCODE_MASK) !== 0 || header.questions + header.answers + header.authorities === 0)
    return NO_GUESS;
  const says = header.id !== 0 && header.questions > 0 ? (header.response ? 'response' : 'request') : 'either';
  const whole = contents.end === end;
  if (server_port === PORT) return { score: whole ? 3 : 2, says };
  const unasked = header.id === 0 && header.flags === ANSWER_FLAGS && header.questions === 0 && header.answers > 0;
  if (whole && unasked) return { score: LOCAL.test(name) ? 3 : 2, says };
  return whole && header.id === 0 && !header.response && LOCAL.test(name) ? { score: 2, says } : NO_GUESS;
}
