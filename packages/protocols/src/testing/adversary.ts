// Inputs that are made to cost much: what a parser waits for never ends, or comes in crumbs, or is a million small things.
// They are made of a protocol's own recordings and of bytes that many formats nest, repeat or count by, so that no parser
// need be known. What they may cost is told by a loop over bytes that runs beside them, not by a clock.
import { Conversation } from '../drive.ts';
import { DEFAULT_OPTIONS, type Direction, type Protocol, type Transport } from '../protocol.ts';
import { buffered_bytes } from './wreck.ts';
import type { Piece } from './record.ts';

export interface Attack {
  what: string;
  /** Played before, so that the parser waits for what comes. */
  before: readonly Piece[];
  direction: Direction;
  bytes: Uint8Array;
  event_bytes: number;
}

const LARGE_EVENT = 65_536;
const CRUMB = 64;

/** Bytes that formats nest, end lines by, leave out or count with. */
const REPEATED: readonly number[][] = [
  ...[0, 1, 0x0a, 0x20, 0x28, 0x2a, 0x30, 0x3a, 0x41, 0x5b, 0x7b, 0x7d, 0x80, 0x81, 0xc0, 0xff].map((byte) => [byte]),
  [13, 10],
  [13, 10, 46],
  [13, 13, 10],
  [0x61, 0x3a, 0x20, 0x62, 13, 10],
  [0, 0, 0, 1],
  [1, 0, 0, 0],
  [0x7f, 0xff, 0xff, 0xff],
];

/** `unit` over and over. */
export function repeated(unit: ArrayLike<number>, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  if (unit.length === 0) return bytes;
  bytes.set(Array.prototype.slice.call(unit, 0, length));
  for (let have = Math.min(unit.length, length); have < length; have *= 2) bytes.copyWithin(have, 0, length - have);
  return bytes;
}

/** The attacks of `length` bytes on who reads such pieces; what comes in crumbs has `crumbs_length`. */
export function* attacks(pieces: readonly Piece[], length: number, crumbs_length: number): Generator<Attack> {
  const begun = pieces.slice(0, pieces.length >> 1);
  for (const unit of REPEATED) {
    const bytes = repeated(unit, length);
    const what = `${unit.map((byte) => byte.toString(16))} for ever`;
    for (const direction of [0, 1] as const) {
      yield { what, before: begun, direction, bytes, event_bytes: LARGE_EVENT };
    }
  }
  const longest = pieces.slice().sort((a, b) => b.bytes.length - a.bytes.length)[0]!;
  const shortest = pieces.slice().sort((a, b) => a.bytes.length - b.bytes.length)[0]!;
  for (const [name, { direction, bytes }] of Object.entries({
    longest,
    shortest,
    first: pieces[0]!,
    last: pieces.at(-1)!,
  })) {
    const cuts = { all: bytes, half: bytes.subarray(0, (bytes.length + 1) >> 1), head: bytes.subarray(0, 9) };
    for (const [cut, part] of Object.entries(cuts)) {
      const again = repeated(part.subarray(0, 4096), length);
      yield {
        what: `${cut} of the ${name} piece again and again`,
        before: begun,
        direction,
        bytes: again,
        event_bytes: LARGE_EVENT,
      };
      if (cut === 'all') continue;
      // What it announces never comes, or comes in crumbs: reading anew what is there each time costs the square.
      const opened = new Uint8Array(crumbs_length);
      opened.fill(0x61);
      opened.set(part.subarray(0, crumbs_length));
      yield {
        what: `${cut} of the ${name} piece, then crumbs`,
        before: begun,
        direction,
        bytes: opened,
        event_bytes: CRUMB,
      };
      const counted = opened.slice();
      counted.set([0, 3], 0);
      yield {
        what: `${cut} of the ${name} piece, longer, then crumbs`,
        before: begun,
        direction,
        bytes: counted,
        event_bytes: CRUMB,
      };
    }
  }
}

export interface Cost {
  cpu_us: number;
  messages: number;
  /** Memory of unread bytes at the end. */
  buffered: number;
  conversation: Conversation;
}

export function suffer(protocol: Protocol, attack: Attack, transport: Transport): Cost {
  let messages = 0;
  const conversation = new Conversation({
    protocols: [protocol],
    options: DEFAULT_OPTIONS,
    server_port: 0,
    transport,
    from_start: true,
    hint: protocol.card.name,
    on_message: () => messages++,
  });
  let moment_ns = 1;
  const play = (direction: Direction, bytes: Uint8Array, start: number, end: number) => {
    const origin = { moment_ns: moment_ns++, tcp_seq: 0, cap_seq: 0, pid: 1, tid: 1 };
    conversation.data(direction, bytes, start, end, end - start, origin);
  };
  for (const { direction, bytes } of attack.before) play(direction, bytes, 0, bytes.length);
  const { bytes, event_bytes, direction } = attack;
  const before = process.cpuUsage();
  for (let at = 0; at < bytes.length; at += event_bytes)
    play(direction, bytes, at, Math.min(bytes.length, at + event_bytes));
  const { user, system } = process.cpuUsage(before);
  return { cpu_us: user + system, messages, buffered: buffered_bytes(conversation), conversation };
}
