import { u8, u32le } from '../bytes.ts';
import type { Direction, Guess } from '../protocol.ts';
import { NO_GUESS } from '../protocol.ts';
import { holds_document } from './bson.ts';
import { HEADER_BYTES, header_holds, name_end, OP, OPERATIONS, sections } from './messages.ts';
import { COMPRESSOR_MAX } from './unpack.ts';

/** Bytes behind the header that decide. */
const CONTENT_BYTES = 10;

/** Whether the content of a message fits its header, by what is known of it before `end`. */
export function content_holds(bytes: Uint8Array, at: number, end: number): boolean {
  const total = at + u32le(bytes, at);
  const stop = Math.min(end, total);
  const from = at + HEADER_BYTES;
  switch (u32le(bytes, at + 12)) {
    case OP.msg:
      return sections(bytes, from, stop, total) !== undefined;
    case OP.compressed:
      return (
        OPERATIONS.has(u32le(bytes, from)) &&
        u32le(bytes, from) !== OP.compressed &&
        u8(bytes, from + 8) <= COMPRESSOR_MAX
      );
    case OP.reply: {
      const count = u32le(bytes, from + 16);
      if (from + 20 > stop || u32le(bytes, from) > 15) return from + 20 > stop;
      if (count === 0) return total === from + 20;
      const size = u32le(bytes, from + 20);
      return from + 25 > stop || (from + 20 + size <= total && holds_document(bytes, from + 20, stop, size));
    }
    case OP.kill_cursors:
      return u32le(bytes, from) === 0 && total === from + 8 + 8 * u32le(bytes, from + 4);
    default:
      return name_end(bytes, from + 4, stop) > 0 || (stop < total && stop < from + 260);
  }
}

/** Bytes of a connection that nobody claims yet. */
export function infer(bytes: Uint8Array, start: number, end: number, _direction?: Direction): Guess {
  const known = end - start;
  if (known < HEADER_BYTES) {
    const length = u32le(bytes, start);
    const may_be = known > 0 && (known < 4 || (length >= 24 && length <= 48_000_000));
    return may_be ? { score: 0, says: 'either', more: true } : NO_GUESS;
  }
  if (!header_holds(bytes, start)) return NO_GUESS;
  const from = OPERATIONS.get(u32le(bytes, start + 12))!.from;
  const answers = u32le(bytes, start + 8) !== 0;
  const says = from === 'server' || (from === 'either' && answers) ? 'response' : 'request';
  if (known < HEADER_BYTES + CONTENT_BYTES && known < u32le(bytes, start)) return { score: 2, says, more: true };
  return content_holds(bytes, start, end) ? { score: 3, says } : NO_GUESS;
}
