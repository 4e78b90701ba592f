// Which protocol does a connection speak? The best guess over all allowed protocols; content decides, the other
// direction's opinion and the port only break ties. Encryption is recognised here because it counts as such also where no
// parser for its handshake is allowed, and in the middle of a connection, where none claims it.
import {
  type Card,
  type Direction,
  type Guess,
  NO_GUESS,
  type Protocol,
  TO_CLIENT,
  TO_SERVER,
  type Transport,
} from './protocol.ts';
import type { StreamBuffer } from './stream-buffer.ts';

export interface Verdict {
  /** Undefined: nothing fits. */
  protocol: Protocol | undefined;
  guess: Guess;
  /** Score of the same protocol for the other direction, 0 when it was not asked yet. */
  other_score: number;
  port_fits: boolean;
  /** Some protocol could say more of a longer prefix. */
  more: boolean;
}

/** What each direction's first bytes were given, by protocol; kept only while a connection is unclaimed. */
export type Opinions = Map<Protocol, number>;

export interface Question {
  protocols: readonly Protocol[];
  transport: Transport;
  server_port: number;
  /** Guesses that contradict the direction are dismissed. */
  roles_known: boolean;
}

export function contradicts(guess: Guess, direction: Direction): boolean {
  return guess.says === (direction === TO_SERVER ? 'response' : 'request');
}

const travels = (card: Card, transport: Transport): boolean =>
  card.transport === transport || (card.transport === 'both' && transport !== 'icmp');

/** Asks all protocols about the readable bytes of `stream`; writes this direction's scores to `mine`. */
export function ask(
  question: Question,
  stream: StreamBuffer,
  direction: Direction,
  mine: Opinions,
  others: Opinions,
): Verdict {
  const best: Verdict = { protocol: undefined, guess: NO_GUESS, other_score: 0, port_fits: false, more: false };
  let best_rank = 0;
  mine.clear();
  for (const protocol of question.protocols) {
    const card = protocol.card;
    if (!travels(card, question.transport)) continue;
    const guess = protocol.infer(stream.bytes, stream.pos, stream.end, direction, question.server_port);
    if (guess.more === true) best.more = true;
    if (guess.score === 0 || (question.roles_known && contradicts(guess, direction))) continue;
    mine.set(protocol, guess.score);
    const port_fits = card.port_hints.includes(question.server_port);
    const other_score = others.get(protocol) ?? 0;
    const rank = (guess.score + other_score) * 2 + (port_fits ? 1 : 0);
    if (rank <= best_rank) continue;
    best_rank = rank;
    best.protocol = protocol;
    best.guess = guess;
    best.other_score = other_score;
    best.port_fits = port_fits;
  }
  return best;
}

/** Whether to claim now: likely by itself, or possible with a second reason. `last` = no longer prefix will be asked. */
export function convincing(verdict: Verdict, last: boolean): boolean {
  if (verdict.protocol === undefined) return false;
  const { score, more } = verdict.guess;
  if (score === 3) return true;
  if (more === true && !last) return false;
  return score === 2 || verdict.other_score > 0 || verdict.port_fits;
}

// TLS record header (RFC 8446 section 5.1): type 20..23, legacy version 3.x, length up to 2^14 + 256; older versions
// allow 2^14 + 2048 (RFC 5246 section 6.2.3).
const TLS_HANDSHAKE = 22;
const TLS_APPLICATION_DATA = 23;
const TLS_RECORD_BYTES_MAX = 16_384 + 2048;

/** 2: a hello, certain. 1: looks like a record of encrypted data; certain when seen again. 0: no. */
export function looks_like_tls(bytes: Uint8Array, start: number, end: number): 0 | 1 | 2 {
  if (end - start < 5 || bytes[start + 1] !== 3 || bytes[start + 2]! > 4) return 0;
  const length = (bytes[start + 3]! << 8) | bytes[start + 4]!;
  if (length === 0 || length > TLS_RECORD_BYTES_MAX) return 0;
  // Handshake messages 1 and 2: ClientHello and ServerHello (RFC 8446 section 4).
  if (bytes[start] === TLS_HANDSHAKE)
    return end - start < 6 || bytes[start + 5] === 1 || bytes[start + 5] === 2 ? 2 : 1;
  return bytes[start] === TLS_APPLICATION_DATA ? 1 : 0;
}

export function opposite(direction: Direction): Direction {
  return direction === TO_SERVER ? TO_CLIENT : TO_SERVER;
}
