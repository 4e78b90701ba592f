import { starts_with } from '../bytes.ts';
import { type Direction, type Guess, NO_GUESS, TO_SERVER } from '../protocol.ts';
import {
  type Content,
  FLAG,
  FRAME,
  FRAME_HEADER_BYTES,
  type FrameHeader,
  find_content,
  PREFACE,
  plausible_frame,
  read_frame_header,
  settings_signature,
} from './frames.ts';

const CERTAIN_REQUEST: Guess = { score: 3, says: 'request' };
const CERTAIN_RESPONSE: Guess = { score: 3, says: 'response' };
const CERTAIN: Guess = { score: 3, says: 'either' };
const ASK_AGAIN: Guess = { score: 0, says: 'either', more: true };

/** A preface, or part of one, that is still no other protocol's first line. */
const PREFACE_BYTES_TELLING = 'PRI * HTTP/2'.length;
const FRAMES_LOOKED_AT = 8;
// Static indexes (RFC 7541 appendix A) of the pseudo-header fields.
const AUTHORITY = 1;
const SCHEME_LAST = 7;
const STATUS_FIRST = 8;
const STATUS_LAST = 14;
const DYNAMIC_FIRST = 62;

const frame: FrameHeader = { length: 0, type: 0, flags: 0, stream: 0 };
const content: Content = { start: 0, end: 0 };

/** Table index that a field's representation begins with, as far as the first byte tells it. */
function table_index(byte: number): number {
  if (byte >= 0x80) return byte & 0x7f;
  return byte >= 0x40 ? byte & 0x3f : byte & 0x0f;
}

/** Static index of a pseudo-header field that a representation begins with; 0 for any other beginning. */
function static_index(byte: number): number {
  const index = table_index(byte);
  return index <= STATUS_LAST ? index : 0;
}

const NEITHER = 0;
const REQUEST = 1;
const RESPONSE = 2;
const EITHER = 3;

/** What the block beginning in `content` starts as. */
function block_kind(bytes: Uint8Array): typeof NEITHER | typeof REQUEST | typeof RESPONSE | typeof EITHER {
  let at = content.start;
  // Updates of the table's size stand first (RFC 7541 section 4.2).
  while (at < content.end && bytes[at]! >= 0x20 && bytes[at]! < 0x40) {
    if ((bytes[at++]! & 0x1f) === 0x1f) while (at < content.end && bytes[at++]! >= 0x80);
  }
  if (at >= content.end) return NEITHER;
  const first = static_index(bytes[at]!);
  if (first >= STATUS_FIRST) return RESPONSE;
  const second = at + 1 < content.end ? bytes[at + 1]! : 0x80;
  const asks = static_index(second) >= AUTHORITY && static_index(second) <= SCHEME_LAST;
  if (first < AUTHORITY) {
    // A field of the dynamic table may be any, also what a request begins with that repeats the one before it.
    if (table_index(bytes[at]!) < DYNAMIC_FIRST) return NEITHER;
    return bytes[at]! >= 0x80 && asks ? REQUEST : EITHER;
  }
  // A request has three pseudo-header fields at least, so that the second is one, too, or an index beyond the table.
  return bytes[at]! < 0x80 || second >= 0x80 + DYNAMIC_FIRST || asks ? REQUEST : NEITHER;
}

interface Chain {
  frames: number;
  /** What the HEADERS frames in it are: requests and responses. */
  requests: number;
  responses: number;
  sound: boolean;
}
const chain: Chain = { frames: 0, requests: 0, responses: 0, sound: true };

/** Follows the frames from `start` on as far as they can be seen. */
function follow(bytes: Uint8Array, start: number, end: number): void {
  Object.assign(chain, { frames: 0, requests: 0, responses: 0, sound: true });
  let at = start;
  for (; at + FRAME_HEADER_BYTES <= end && chain.frames < FRAMES_LOOKED_AT; chain.frames++) {
    read_frame_header(bytes, at, frame);
    chain.sound &&= plausible_frame(bytes, at, frame);
    if (!chain.sound) return;
    const payload = at + FRAME_HEADER_BYTES;
    if (frame.type === FRAME.headers) {
      chain.sound &&= find_content(bytes, payload, end, frame, content);
      const kind = block_kind(bytes);
      if (kind === REQUEST && frame.stream % 2 === 1) chain.requests++;
      else if (kind === RESPONSE) chain.responses++;
      // Anything else may be trailers, which end a stream.
      else if (kind !== EITHER && (frame.flags & FLAG.end_stream) === 0) chain.sound = false;
    }
    at = payload + frame.length;
  }
}

export function infer(bytes: Uint8Array, start: number, end: number, direction: Direction): Guess {
  if (bytes[start] === 80) {
    const length = Math.min(PREFACE.length, end - start);
    if (!starts_with(bytes, start, end, PREFACE.slice(0, length))) return NO_GUESS;
    return length >= PREFACE_BYTES_TELLING ? CERTAIN_REQUEST : ASK_AGAIN;
  }
  if (settings_signature(bytes, start, end)) return direction === TO_SERVER ? CERTAIN : CERTAIN_RESPONSE;
  if (end - start < FRAME_HEADER_BYTES + 1) return may_begin(bytes, start, end) ? ASK_AGAIN : NO_GUESS;
  follow(bytes, start, end);
  if (!chain.sound || chain.requests + chain.responses === 0) return NO_GUESS;
  if (chain.requests > 0 && chain.responses > 0) return NO_GUESS;
  const begins_with_block = bytes[start + 3] === FRAME.headers;
  if (chain.requests > 0) return begins_with_block ? CERTAIN_REQUEST : { score: 2, says: 'request' };
  return begins_with_block ? CERTAIN_RESPONSE : { score: 2, says: 'response' };
}

/** Whether so few bytes may begin a SETTINGS or HEADERS frame. */
function may_begin(bytes: Uint8Array, start: number, end: number): boolean {
  if (end - start < 4) return bytes[start] === 0;
  return bytes[start] === 0 && bytes[start + 1]! < 64 && (bytes[start + 3] === 1 || bytes[start + 3] === 4);
}
