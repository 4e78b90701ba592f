import { starts_with, u32be } from '../bytes.ts';
import { type Guess, NO_GUESS } from '../protocol.ts';
import { HEADER_BYTES, is_stream, message_size, read_meta } from './meta.ts';

const NAME_BYTES_MAX = 256;

export function infer(bytes: Uint8Array, start: number, end: number): Guess {
  const have = end - start;
  if (have < 4) {
    const begins =
      starts_with(bytes, start, end, 'PRPC'.slice(0, have)) || starts_with(bytes, start, end, 'STRM'.slice(0, have));
    return have > 0 && begins ? { score: 0, says: 'either', more: true } : NO_GUESS;
  }
  if (!starts_with(bytes, start, end, 'PRPC') && !starts_with(bytes, start, end, 'STRM')) return NO_GUESS;
  if (have < HEADER_BYTES) return { score: 1, says: 'either', more: true };
  if (message_size(bytes, start, end) < 0) return NO_GUESS;
  const meta_end = start + HEADER_BYTES + u32be(bytes, start + 8);
  if (is_stream(bytes, start)) return { score: 2, says: 'either' };
  if (meta_end > end) return { score: 2, says: 'either', more: true };
  const meta = read_meta(bytes, start + HEADER_BYTES, meta_end, NAME_BYTES_MAX);
  if (meta === undefined) return NO_GUESS;
  if (meta.request === meta.response) return { score: 2, says: 'either' };
  return { score: 3, says: meta.request ? 'request' : 'response' };
}
