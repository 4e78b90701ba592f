// The second damage harness. Where mutate.ts damages by chance, this one does it in order: every place of a recording, as far
// as they are few, is cut at, changed, made a length that is too long; every event is left out, doubled, moved, and joined
// with another conversation. What it promises of a parser needs no knowledge of it:
//
//   - nothing throws, and no more messages come than there are bytes;
//   - a parser is called a bounded number of times an event, and what is buffered is bounded by what was sent;
//   - bytes that are cut into two events at any place give the messages that they give in one.
import { isDeepStrictEqual } from 'node:util';
import { Conversation } from '../drive.ts';
import { DEFAULT_OPTIONS, type Message, type Protocol, type Transport } from '../protocol.ts';
import type { StreamBuffer } from '../stream-buffer.ts';
import { said } from './play.ts';
import type { Piece } from './record.ts';

/** Calls of `parse` that one event may cause. */
const CALLS_PER_EVENT = 8;
/** Pieces behind the damaged one that are played. */
const PIECES_BEHIND = 4;
/** Buffers grow by doubling, from this on. */
const BUFFER_BYTES_MIN = 4096;

export interface Played {
  messages: Message[];
  bytes: number;
}

/** Plays `pieces` to `protocols`; throws when a bound is passed. `hint`: claimed at once by the first of them. */
export function play_bounded(
  protocols: readonly Protocol[],
  pieces: readonly Piece[],
  transport: Transport,
  hint: boolean,
): Played {
  let calls = 0;
  const counted = protocols.map(
    (protocol): Protocol => ({
      card: protocol.card,
      infer: protocol.infer,
      open(options, before) {
        const parser = protocol.open(options, before);
        const { parse } = parser;
        parser.parse = (stream, direction, emit) => {
          calls++;
          return parse.call(parser, stream, direction, emit);
        };
        return parser;
      },
    }),
  );
  const messages: Message[] = [];
  const conversation = new Conversation({
    protocols: counted,
    options: DEFAULT_OPTIONS,
    server_port: 0,
    transport,
    from_start: true,
    ...(hint ? { hint: protocols[0]!.card.name } : {}),
    on_message: (message) => messages.push(message),
  });
  const seq = [1, 1];
  let bytes_total = 0;
  pieces.forEach(({ direction, bytes }, i) => {
    const origin = { moment_ns: i + 1, tcp_seq: seq[direction]!, cap_seq: i + 1, pid: 1, tid: 1 };
    conversation.data(direction, bytes, 0, bytes.length, bytes.length, origin);
    seq[direction]! += bytes.length;
    bytes_total += bytes.length;
    const kept = buffered_bytes(conversation);
    if (kept > BUFFER_BYTES_MIN + 4 * bytes_total) throw new Error(`${kept} bytes kept of ${bytes_total}`);
  });
  conversation.end(0);
  conversation.end(1);
  if (calls > (pieces.length + 2) * CALLS_PER_EVENT) throw new Error(`${calls} calls for ${pieces.length} events`);
  if (messages.length > bytes_total) throw new Error(`${messages.length} messages in ${bytes_total} bytes`);
  return { messages, bytes: bytes_total };
}

/** Memory of what is unread. */
export function buffered_bytes(conversation: Conversation): number {
  const { streams } = conversation as unknown as { streams: readonly StreamBuffer[] };
  return streams.reduce((sum, { bytes }) => sum + bytes.length, 0);
}

interface Place {
  piece: number;
  at: number;
}

/** At most `count` places of the pieces, evenly spread; all of them when they are few. */
export function places(pieces: readonly Piece[], count: number): Place[] {
  const total = pieces.reduce((sum, { bytes }) => sum + bytes.length, 0);
  const step = Math.max(1, total / count);
  const found: Place[] = [];
  let before = 0;
  let next = 0;
  pieces.forEach(({ bytes }, piece) => {
    for (; next < before + bytes.length; next += step) found.push({ piece, at: Math.floor(next - before) });
    before += bytes.length;
  });
  return found;
}

export interface Wreck {
  what: string;
  pieces: Piece[];
}

const LENGTHS = [
  [0xff, 0xff, 0xff, 0xff],
  [0x7f, 0xff, 0xff, 0xf0],
  [0, 0, 0, 0],
];

/** What becomes of the pieces when one place of them is damaged. */
export function* wrecks_at(pieces: readonly Piece[], place: Place): Generator<Wreck> {
  const { piece, at } = place;
  const { direction, bytes } = pieces[piece]!;
  const before = pieces.slice(0, piece);
  const behind = pieces.slice(piece + 1, piece + 1 + PIECES_BEHIND);
  const changed = (what: string, edit: (copy: Uint8Array) => void): Wreck => {
    const copy = bytes.slice();
    edit(copy);
    return { what: `${what} at ${at} of piece ${piece}`, pieces: [...before, { direction, bytes: copy }, ...behind] };
  };
  yield { what: `cut off at ${at} of piece ${piece}`, pieces: [...before, { direction, bytes: bytes.slice(0, at) }] };
  yield {
    what: `lost from ${at} of piece ${piece}`,
    pieces: [...before, { direction, bytes: bytes.slice(0, at) }, ...behind],
  };
  yield { what: `begun at ${at} of piece ${piece}`, pieces: [{ direction, bytes: bytes.slice(at) }, ...behind] };
  yield changed('all bits', (copy) => (copy[at]! ^= 0xff));
  yield changed(`bit ${at & 7}`, (copy) => (copy[at]! ^= 1 << (at & 7)));
  for (const length of LENGTHS)
    yield changed(`length ${length}`, (copy) => copy.set(length.slice(0, bytes.length - at), at));
}

/** What becomes of them when whole events are; `others` is another conversation. */
export function* wrecks_of(pieces: readonly Piece[], others: readonly Piece[]): Generator<Wreck> {
  for (let i = 0; i < pieces.length; i++) {
    const one = pieces[i]!;
    const [before, behind] = [pieces.slice(0, i), pieces.slice(i + 1, i + 1 + PIECES_BEHIND)];
    yield { what: `without piece ${i}`, pieces: [...before, ...behind] };
    yield { what: `piece ${i} twice`, pieces: [...before, one, one, ...behind] };
    yield { what: `piece ${i} late`, pieces: [...before, ...behind.slice(0, 1), one, ...behind.slice(1)] };
    yield {
      what: `piece ${i} from the other end`,
      pieces: [...before, { ...one, direction: one.direction === 0 ? 1 : 0 }, ...behind],
    };
    yield {
      what: `another conversation from piece ${i} on`,
      pieces: [...before, ...others.slice(i, i + PIECES_BEHIND)],
    };
    const half = one.bytes.slice(0, one.bytes.length >> 1);
    yield {
      what: `another one within piece ${i}`,
      pieces: [...before, { ...one, bytes: half }, ...others.slice(0, PIECES_BEHIND)],
    };
  }
  const of = (direction: number) => pieces.filter((piece) => piece.direction === direction);
  yield { what: 'one end after the other', pieces: [...of(0), ...of(1)] };
  yield { what: 'the other end first', pieces: [...of(1), ...of(0)] };
  const [one, other] = [of(0), of(1)];
  yield {
    what: 'both at once',
    pieces: one.flatMap((piece, i) => (other[i] === undefined ? [piece] : [other[i], piece])),
  };
}

/** The pieces with one of them cut in two. */
export function split_at(pieces: readonly Piece[], { piece, at }: Place): Piece[] {
  const { direction, bytes } = pieces[piece]!;
  const parts = [bytes.subarray(0, at), bytes.subarray(at)].filter((part) => part.length > 0);
  return [...pieces.slice(0, piece), ...parts.map((part) => ({ direction, bytes: part })), ...pieces.slice(piece + 1)];
}

/** Undefined when both say the same, else where they differ first. */
export function difference(got: readonly Message[], wanted: readonly Message[]): string | undefined {
  for (let i = 0; i < Math.max(got.length, wanted.length); i++) {
    const [a, b] = [got[i] && said(got[i]!), wanted[i] && said(wanted[i]!)];
    if (!isDeepStrictEqual(a, b)) return `message ${i} is ${JSON.stringify(a)}, not ${JSON.stringify(b)}`;
  }
  return undefined;
}
