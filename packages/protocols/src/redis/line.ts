// Lines of the Redis protocol: everything but the bodies of bulk strings ends in CR LF.
import { CR, index_of, LF, u8 } from '../bytes.ts';
import type { Stream } from '../stream.ts';

/** Longest line that is not a bulk string's body: the server's limit for inline commands (PROTO_INLINE_MAX_SIZE). */
export const LINE_BYTES_MAX = 65_536;

/** End of the line that begins at the stream's position (index of its LF), or why there is none. */
export function line_end(stream: Stream): number | 'more' | 'lost' | 'too_long' {
  const at = index_of(stream.bytes, LF, stream.pos, stream.end);
  if (at >= 0) return at - stream.pos <= LINE_BYTES_MAX ? at : 'too_long';
  if (stream.hole > 0) return 'lost';
  return stream.end - stream.pos > LINE_BYTES_MAX ? 'too_long' : 'more';
}

/** Where the text of a line stops: before CR LF, or before a bare LF (inline commands may end so). */
export function text_end(bytes: Uint8Array, start: number, lf: number): number {
  return lf > start && u8(bytes, lf - 1) === CR ? lf - 1 : lf;
}

export const NO_NUMBER = -2;

/** The integer in [start, end): -1 and upwards; NO_NUMBER when it is none. */
export function length_number(bytes: Uint8Array, start: number, end: number): number {
  if (end - start === 2 && bytes[start] === 45 && bytes[start + 1] === 49) return -1;
  if (end <= start || end - start > 12) return NO_NUMBER;
  let value = 0;
  for (let at = start; at < end; at++) {
    const digit = u8(bytes, at) - 48;
    if (digit < 0 || digit > 9) return NO_NUMBER;
    value = value * 10 + digit;
  }
  return value;
}
