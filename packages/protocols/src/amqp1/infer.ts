import { u8 } from '../bytes.ts';
import { type Guess, NO_GUESS } from '../protocol.ts';
import { body_start, frame_size, HEAD_BYTES, is_header, is_sasl, is_whole_frame } from './frame.ts';
import { CODE } from './messages.ts';

const NOT_YET: Guess = { score: 0, says: 'either', more: true };
/** Constructor and value of a descriptor below 256. */
const SMALL_DESCRIPTOR = 2;

/** Bytes of a connection that nobody claims yet. Headers and most frames travel both ways. */
export function infer(bytes: Uint8Array, start: number, end: number): Guess {
  if (end <= start) return NO_GUESS;
  const size = frame_size(bytes, start, end);
  if (size < 0) return NO_GUESS;
  if (size === 0) return NOT_YET;
  if (is_header(bytes, start)) return { score: 3, says: 'either' };
  const body = body_start(bytes, start);
  // A heartbeat is a small number and zeros.
  if (body === start + size) return size === HEAD_BYTES ? { score: 1, says: 'either', more: true } : NO_GUESS;
  const says = is_sasl(bytes, start) ? sasl_side(u8(bytes, body + SMALL_DESCRIPTOR)) : 'either';
  if (is_whole_frame(bytes, start, end)) return { score: 3, says };
  return { score: 2, says, more: start + size > end };
}

function sasl_side(code: number): Guess['says'] {
  if (code === CODE.sasl_init || code === CODE.sasl_response) return 'request';
  const by_server = code === CODE.sasl_mechanisms || code === CODE.sasl_challenge || code === CODE.sasl_outcome;
  return by_server ? 'response' : 'either';
}
