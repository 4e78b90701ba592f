// How a message's body is passed over (RFC 9112 sections 6 and 7), and the state of a direction that this needs.
import { CR, hex_digit, LF } from '../bytes.ts';
import type { BodyReader } from '../http/body-reader.ts';
import type { Emit, Message, ParseState } from '../protocol.ts';
import type { Stream } from '../stream.ts';
import type { Framing } from './head.ts';
import { infer } from './infer.ts';
import { ASKED, type Asked } from './requests.ts';
import { status_line } from './start-line.ts';

/** As many mean that the body's length was damaged. */
const SUSPICIOUS_MAX = 2;
/** A chunk-size line with extensions, or one trailer line. */
const LINE_BYTES_MAX = 4096;

// What comes next in a direction. Bodies of known length need no mode: the stream skips them.
export const MODE = {
  head: 0,
  head_rest: 1,
  chunk_size: 2,
  trailers: 3,
  until_close: 4,
  data: 5,
  chunk_data: 6,
} as const;

export interface Side {
  mode: (typeof MODE)[keyof typeof MODE];
  /** Bytes of an unfinished header section in which no empty line was found. */
  scanned: number;
  /** Set while the rest of an overlong header section is read. */
  framing: Framing;
  asked: Asked;
  status: number;
  /** Reads the body at hand; undefined: it is passed over. */
  reader: BodyReader | undefined;
  /** The message that is told when its body has been read. */
  held: Message | undefined;
  /** Takes messages of this direction. */
  emit: Emit;
  /** Bytes of the body, or of the chunk, that the reader has not had yet. */
  left: number;
  /** Pieces of the body at hand that begin exactly like a message. */
  suspicious: number;
  /** Messages of this direction whose header section was read, and how many of the other there were before the last. */
  messages: number;
  others: number;
}

export function new_side(): Side {
  const framing = { content_length: -1, chunked: false, unframed_coding: false };
  return {
    mode: MODE.head,
    scanned: 0,
    framing,
    asked: ASKED.other,
    status: 0,
    reader: undefined,
    held: undefined,
    emit: () => {},
    left: 0,
    suspicious: 0,
    messages: 0,
    others: 0,
  };
}

export function copy_framing(from: Framing): Framing {
  return { content_length: from.content_length, chunked: from.chunked, unframed_coding: from.unframed_coding };
}

/** Bytes of the body: -1 unknown (chunks, until close), -2 contradictory. */
export function body_length(side: Side, framing: Framing, is_request: boolean): number {
  if (!is_request && (side.status < 200 || side.status === 204 || side.status === 304)) return 0;
  if (framing.chunked || framing.unframed_coding) return -1;
  if (framing.content_length === -1) return is_request ? 0 : -1;
  return framing.content_length;
}

// chunk = chunk-size [ chunk-ext ] CRLF chunk-data CRLF (RFC 9112 section 7.1)
export function chunk_size(side: Side, stream: Stream): ParseState | undefined {
  const { bytes, pos, end } = stream;
  let at = pos;
  let size = 0;
  for (let digit = 0; at < end && at - pos < 13; at++) {
    digit = hex_digit(bytes[at]!);
    if (digit < 0) break;
    size = size * 16 + digit;
  }
  const digits = at - pos;
  while (at < end && bytes[at] !== LF && at - pos < LINE_BYTES_MAX) at++;
  if (at === end && at - pos < LINE_BYTES_MAX) return stream.hole > 0 ? 'lost' : 'more';
  if (digits === 0 || digits > 12 || bytes[at] !== LF) return 'lost';
  stream.advance(at + 1 - pos);
  if (size === 0) {
    side.mode = MODE.trailers;
    return undefined;
  }
  const data_end = stream.pos + size;
  if (data_end + 1 < stream.end && bytes[data_end] !== CR) return 'lost';
  if (side.reader === undefined) {
    stream.advance(size + 2);
  } else {
    side.left = size;
    side.mode = MODE.chunk_data;
  }
  return undefined;
}

/** Gives what has arrived of a body, or of a chunk, to its reader. `others`: messages of the other direction so far. */
export function read_data(side: Side, stream: Stream, is_request: boolean, others: number): ParseState | undefined {
  const guess = infer(stream.bytes, stream.pos, stream.end);
  const begins = guess.score === 3 && (guess.says === 'request') === is_request;
  if (begins && others > side.others) {
    // The client has asked on, or was answered: this body has ended.
    side.mode = MODE.head;
    return undefined;
  }
  if (begins && ++side.suspicious >= SUSPICIOUS_MAX) return 'lost';
  const readable = Math.min(side.left, stream.end - stream.pos);
  side.reader?.write(stream.bytes, stream.pos, stream.pos + readable);
  stream.advance(readable);
  side.left -= readable;
  if (side.left > 0 && stream.hole > 0) {
    side.reader?.broken();
    const missing = Math.min(side.left, stream.hole);
    stream.advance(missing);
    side.left -= missing;
  }
  if (side.left > 0) return 'more';
  if (side.mode === MODE.chunk_data) stream.advance(2);
  side.mode = side.mode === MODE.chunk_data ? MODE.chunk_size : MODE.head;
  return undefined;
}

export function trailers(side: Side, stream: Stream): ParseState | undefined {
  const { bytes, pos, end } = stream;
  let at = pos;
  while (at < end && bytes[at] !== LF && at - pos < LINE_BYTES_MAX) at++;
  if (at === end && at - pos < LINE_BYTES_MAX) return stream.hole > 0 ? 'lost' : 'more';
  if (bytes[at] !== LF) return 'lost';
  const is_empty = at === pos || (at === pos + 1 && bytes[pos] === CR);
  if (is_empty) side.mode = MODE.head;
  stream.advance(at + 1 - pos);
  return undefined;
}

/** Everything up to the end belongs to the body, unless a further request is out and a response begins here. */
export function until_close(side: Side, stream: Stream): ParseState | undefined {
  if (stream.outstanding > 0 && status_line(stream.bytes, stream.pos, stream.end) > 0) {
    side.mode = MODE.head;
    return undefined;
  }
  side.reader?.write(stream.bytes, stream.pos, stream.end);
  if (stream.hole > 0) side.reader?.broken();
  stream.advance(stream.end - stream.pos + stream.hole);
  return 'more';
}
