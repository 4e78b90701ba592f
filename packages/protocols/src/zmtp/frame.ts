// Greeting: signature (10 bytes: 0xff, padding, 0x7f), version (2), mechanism (20), as-server (1), filler (31). Then frames:
// flags (1), size of the body (1, or 8 with the flag LONG), body. A body of a command begins with its name.
import { latin1, u8, u32be, u64be } from '../bytes.ts';
import { COMMANDS } from './messages.ts';

export const SIGNATURE_BYTES = 10;
export const REST_BYTES = 54;
const FLAG = { more: 1, long: 2, command: 4 } as const;
const FLAGS = FLAG.more | FLAG.long | FLAG.command;
/** What is longer by far is a damaged size. */
const BODY_BYTES_MAX = 2 ** 40;
const VERSION_MIN = 3;
/** So many frames, one behind the other, are no accident. */
const TELLING_FRAMES = 4;
/** The delimiter, and the head of a frame with one byte. */
const DELIMITED_BYTES_MIN = 5;
/** libzmq 4 wrote ERROR's name so, its length and first letter in one byte. */
const MISTAKEN_ERROR = 0x5e;
const NAME = /^[A-Za-z]+ *$/;
const MECHANISM = /^[A-Z0-9._+-]+\0*$/;
const MECHANISM_BYTES = 20;

/** Whether a greeting's signature stands at `at`, as far as the bytes go. */
export function may_be_signature(bytes: Uint8Array, at: number, end: number): boolean {
  if (end <= at || u8(bytes, at) !== 0xff) return false;
  return end - at < SIGNATURE_BYTES || u8(bytes, at + SIGNATURE_BYTES - 1) === 0x7f;
}

/** A signature, and a version behind it that is not older than 3. */
export function is_greeting(bytes: Uint8Array, at: number, end: number): boolean {
  const have = end - at;
  return have > SIGNATURE_BYTES && may_be_signature(bytes, at, end) && u8(bytes, at + SIGNATURE_BYTES) >= VERSION_MIN;
}

export interface Greeting {
  version: string;
  mechanism: string;
}

/** The greeting whose version stands at `at`; undefined when it is none. */
export function read_greeting(bytes: Uint8Array, at: number): Greeting | undefined {
  const [major, minor] = [u8(bytes, at), u8(bytes, at + 1)];
  const text = latin1(bytes, at + 2, at + 2 + MECHANISM_BYTES);
  if (major < VERSION_MIN || !MECHANISM.test(text)) return undefined;
  const nul = text.indexOf('\0');
  return { version: `${major}.${minor}`, mechanism: nul < 0 ? text : text.slice(0, nul) };
}

/** Length of the frame at `at`; as `Framing.size`. */
export function frame_size(bytes: Uint8Array, at: number, end: number): number {
  if (end <= at) return 0;
  const flags = u8(bytes, at);
  if (flags > FLAGS || (flags & FLAG.command && flags & FLAG.more)) return -1;
  const head = head_bytes(flags);
  if (end - at < head) return 0;
  const body = flags & FLAG.long ? u64be(bytes, at + 1) : u8(bytes, at + 1);
  if (body > BODY_BYTES_MAX || (flags & FLAG.command && body < 1)) return -1;
  return head + body;
}

const head_bytes = (flags: number): number => (flags & FLAG.long ? 9 : 2);

export interface Frame {
  command: boolean;
  more: boolean;
  body_at: number;
}

export function read_frame(bytes: Uint8Array, at: number): Frame {
  const flags = u8(bytes, at);
  return {
    command: (flags & FLAG.command) !== 0,
    more: (flags & FLAG.more) !== 0,
    body_at: at + head_bytes(flags),
  };
}

export interface Command {
  name: string;
  data_at: number;
}

/** The command whose body is [at, end); undefined when it is none. */
export function read_command(bytes: Uint8Array, at: number, end: number): Command | undefined {
  const length = u8(bytes, at);
  if (length === MISTAKEN_ERROR && latin1(bytes, at + 1, Math.min(end, at + 5)) === 'RROR') {
    return { name: 'ERROR', data_at: at + 5 };
  }
  const data_at = at + 1 + length;
  if (length === 0 || data_at > end) return undefined;
  const name = latin1(bytes, at + 1, data_at);
  return NAME.test(name) ? { name: name.trimEnd(), data_at } : undefined;
}

/** Whether a frame begins at `at` with a command that all know. */
export function is_known_command(bytes: Uint8Array, at: number, end: number): boolean {
  if (end <= at || (u8(bytes, at) & FLAG.command) === 0 || frame_size(bytes, at, end) <= 0) return false;
  const command = read_command(bytes, read_frame(bytes, at).body_at, end);
  return command !== undefined && COMMANDS.has(command.name);
}

/**
 * Whether whole frames fill [at, end) exactly, the last one ending a message, and no message is empty; or so many of them
 * that the last one may be cut.
 */
export function are_frames(bytes: Uint8Array, at: number, end: number): boolean {
  let next = at;
  let more = false;
  for (let whole = 0; next < end; whole++) {
    const size = frame_size(bytes, next, end);
    if (size < 0) return false;
    if (size === 0 || next + size > end) return whole >= TELLING_FRAMES;
    const frame = read_frame(bytes, next);
    if (frame.command && read_command(bytes, frame.body_at, next + size) === undefined) return false;
    // Bytes that are all zero would else be many empty messages.
    if (!more && !frame.more && frame.body_at === next + size) return false;
    more = frame.more;
    next += size;
  }
  return end > at && !more;
}

/** Frames that are no part of another one: a command that all know, or what a REQ or REP socket sends. */
export function are_surely_frames(bytes: Uint8Array, at: number, end: number): boolean {
  return may_be_middle(bytes, at, end) && are_frames(bytes, at, end);
}

/** What tells that a connection whose beginning was not seen goes on at `at`. */
export function may_be_middle(bytes: Uint8Array, at: number, end: number): boolean {
  return is_known_command(bytes, at, end) || is_delimited(bytes, at, end);
}

/** An empty frame that is not the last, as REQ and REP sockets put it before each message; the message is not empty. */
export function is_delimited(bytes: Uint8Array, at: number, end: number): boolean {
  return end - at > DELIMITED_BYTES_MIN && u8(bytes, at) === FLAG.more && u8(bytes, at + 1) === 0;
}

/** Names and values: name behind its length (1), value behind its length (4). */
export function metadata_value(bytes: Uint8Array, start: number, end: number, wanted: string): string | undefined {
  for (let at = start; at < end; ) {
    const name_end = at + 1 + u8(bytes, at);
    const value_at = name_end + 4;
    const value_end = value_at + u32be(bytes, name_end);
    if (value_end > end) return undefined;
    if (latin1(bytes, at + 1, name_end).toLowerCase() === wanted) return latin1(bytes, value_at, value_end);
    at = value_end;
  }
  return undefined;
}
