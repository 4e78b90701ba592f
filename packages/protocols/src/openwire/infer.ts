import { u8, u32be } from '../bytes.ts';
import { type Guess, NO_GUESS } from '../protocol.ts';
import { Decoder } from './decode.ts';
import { GUESSES, is_wire_format_info, LENGTH_BYTES, TELLING_BYTES } from './format.ts';
import { is_command, WIRE_FORMAT_INFO } from './messages.ts';

const NOT_YET: Guess = { score: 0, says: 'either', more: true };
const COMMAND_BYTES_MAX = 16 * 1024 * 1024;
/** Those that only clients send, and those that only brokers do. */
const CLIENTS = new Set([3, 4, 5, 6, 7, 8, 9, 20, 22]);
const BROKERS = new Set([21, 30, 31, 32, 33, 34]);

/** Both ends begin with a WireFormatInfo; in the middle of a connection nothing is sure. */
export function infer(bytes: Uint8Array, start: number, end: number): Guess {
  const have = end - start;
  if (have > 0 && u8(bytes, start) !== 0) return NO_GUESS;
  if (have <= LENGTH_BYTES) return have > 0 ? NOT_YET : NO_GUESS;
  const size = u32be(bytes, start);
  const type = u8(bytes, start + LENGTH_BYTES);
  if (!is_command(type) || size > COMMAND_BYTES_MAX) return NO_GUESS;
  if (type === WIRE_FORMAT_INFO) {
    if (have < TELLING_BYTES) return NOT_YET;
    return is_wire_format_info(bytes, start, end) ? { score: 3, says: 'either' } : NO_GUESS;
  }
  const stop = start + LENGTH_BYTES + size;
  if (stop > end) return NO_GUESS;
  const fits = GUESSES.some((format) => {
    const decoder = new Decoder(bytes, stop, format, new Map());
    decoder.read(start + LENGTH_BYTES);
    return decoder.state === 'whole' && decoder.at === stop;
  });
  if (!fits) return NO_GUESS;
  return { score: 1, says: CLIENTS.has(type) ? 'request' : BROKERS.has(type) ? 'response' : 'either' };
}
