import { index_of_text, u16be, u32be, u8 } from '../bytes.ts';
import { type Direction, type Guess, NO_GUESS, TO_CLIENT, TO_SERVER } from '../protocol.ts';
import {
  CALLS,
  DATA_FLAG,
  DATA_HEADER_BYTES,
  HEADER_BYTES,
  MARKER,
  MESSAGES,
  NATIVE_SERVICES,
  PACKET,
  TTC,
} from './messages.ts';
import { packet_size } from './packet.ts';
import { Ending } from './response.ts';

const ending = new Ending();
/** Versions of Oracle Net that are or were in use: 8 to 26ai. */
const VERSION_MIN = 300;
const VERSION_MAX = 339;
const MARKER_BYTES = 11;
/** What tells a packet's kind stands in so many of its first bytes. */
const LOOK_BYTES = 32;
/** In the answer to a protocol negotiation: version 4 to 6, 0, then the server's name. */
const PROTOCOLS = new Set([4, 5, 6]);
/** Those of a request's end, and of a pipeline, among them. */
const SENT_FLAGS = DATA_FLAG.more | DATA_FLAG.end_of_file | DATA_FLAG.compressed | DATA_FLAG.end_of_response | 0x1800;

/** Bytes of a connection that nobody claims yet. */
export function infer(bytes: Uint8Array, start: number, end: number, direction: Direction): Guess {
  const size = packet_size(bytes, start, end, 0);
  if (size < 0) return NO_GUESS;
  if (size === 0) return { score: 0, says: 'either', more: true };
  const stop = Math.min(end, start + size);
  const type = u8(bytes, start + 4);
  const cut = stop < start + size;
  if (cut && stop - start < LOOK_BYTES) return { score: 0, says: 'either', more: true };
  const score =
    type === PACKET.data
      ? data_score(bytes, start, stop, start + size, direction)
      : packet_score(bytes, type, start, stop, size, direction);
  if (score === 0) return NO_GUESS;
  const says =
    type === PACKET.connect || (type === PACKET.data && is_call(bytes, start + DATA_HEADER_BYTES, stop, direction))
      ? 'request'
      : is_answer(type) || type === PACKET.data
        ? 'response'
        : 'either';
  return cut && score < 3 ? { score, says, more: true } : { score, says };
}

function is_answer(type: number): boolean {
  return type === PACKET.accept || type === PACKET.refuse || type === PACKET.redirect || type === PACKET.resend;
}

function packet_score(
  bytes: Uint8Array,
  type: number,
  start: number,
  stop: number,
  size: number,
  direction: Direction,
): 0 | 1 | 2 | 3 {
  const version = u16be(bytes, start + HEADER_BYTES);
  const is_version = version >= VERSION_MIN && version <= VERSION_MAX;
  switch (type) {
    case PACKET.connect: {
      const offset = u16be(bytes, start + 26);
      if (direction === TO_CLIENT || !is_version || offset < 34 || offset > 128 || stop - start < 28) return 0;
      return 3;
    }
    case PACKET.accept:
      return direction !== TO_SERVER && is_version && size >= 24 && size <= 512 ? 3 : 0;
    case PACKET.refuse:
      if (direction === TO_SERVER || u16be(bytes, start + 10) !== size - 12) return 0;
      return index_of_text(bytes, '(DESCRIPTION=', start + 12, stop) >= 0 ? 3 : 1;
    case PACKET.redirect:
      return direction !== TO_SERVER && index_of_text(bytes, '(ADDRESS=', start + 10, stop) >= 0 ? 3 : 0;
    case PACKET.resend:
      return direction !== TO_SERVER && size === HEADER_BYTES ? 1 : 0;
    case PACKET.marker: {
      const says = u8(bytes, start + MARKER_BYTES - 1);
      return size === MARKER_BYTES && u8(bytes, start + 8) <= 1 && says >= MARKER.break && says <= MARKER.interrupt
        ? 1
        : 0;
    }
    default:
      return 0;
  }
}

/** Whether what begins a data packet is the client's; either side begins with the first two, and by native services. */
function is_call(bytes: Uint8Array, at: number, stop: number, direction: Direction): boolean {
  const kind = u8(bytes, at);
  const use = MESSAGES.get(kind)?.use;
  if (use === 'call' || use === 'piggyback' || use === 'one_way' || kind === TTC.fast_auth) return true;
  if (direction !== TO_CLIENT && kind === TTC.protocol) return !is_protocol_answer(bytes, at, stop);
  return direction === TO_SERVER && (use === 'agree' || u32be(bytes, at) === NATIVE_SERVICES);
}

function is_protocol_answer(bytes: Uint8Array, at: number, stop: number): boolean {
  return stop - at > 8 && PROTOCOLS.has(u8(bytes, at + 1)) && u8(bytes, at + 2) === 0 && stop - at > 64;
}

function data_score(bytes: Uint8Array, start: number, stop: number, end: number, direction: Direction): 0 | 1 | 2 | 3 {
  const flags = u16be(bytes, start + HEADER_BYTES);
  const at = start + DATA_HEADER_BYTES;
  if ((flags & ~SENT_FLAGS) !== 0) return 0;
  if (stop <= at) return stop === end && (flags & DATA_FLAG.end_of_file) !== 0 ? 1 : 0;
  const use = MESSAGES.get(u8(bytes, at))?.use;
  if (stop - at >= 4 && u32be(bytes, at) === NATIVE_SERVICES) return 3;
  if (use === undefined) return 0;
  if (use === 'call' || use === 'piggyback' || use === 'one_way') {
    return direction === TO_CLIENT || !CALLS.has(u8(bytes, at + 1)) ? 0 : call_score(bytes, at, stop);
  }
  if (use === 'agree') return agree_score(bytes, at, stop, direction);
  if (direction === TO_SERVER) return 0;
  if (stop === end && ending.find(bytes, at, stop) === 'error') return 3;
  return use === 'rows' || use === 'error' || use === 'status' || use === 'part' ? 1 : 0;
}

function call_score(bytes: Uint8Array, at: number, stop: number): 1 | 2 | 3 {
  // A statement, in front of whose text stand 13 numbers, has this in either encoding.
  for (let i = at + 3; i < Math.min(stop - 8, at + 96); i++) {
    const portable = u8(bytes, i) === 1 && u8(bytes, i + 1) === 1 && u8(bytes, i + 2) === 13;
    const native = u32be(bytes, i) === 0x0d000000 && u32be(bytes, i - 4) === 0xffffffff;
    if (portable || native) return 3;
  }
  return 2;
}

function agree_score(bytes: Uint8Array, at: number, stop: number, direction: Direction): 0 | 1 | 2 | 3 {
  const kind = u8(bytes, at);
  if (kind === TTC.protocol) {
    if (direction !== TO_SERVER && is_protocol_answer(bytes, at, stop)) return 3;
    // Versions from the newest on, downwards, ended by 0, then the client's name.
    return PROTOCOLS.has(u8(bytes, at + 1)) && u8(bytes, at + 2) < u8(bytes, at + 1) ? 2 : 0;
  }
  if (kind === TTC.fast_auth) return direction !== TO_CLIENT && u8(bytes, at + 1) === 1 ? 3 : 0;
  return 1;
}
