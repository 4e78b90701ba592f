// Commands: arrays of bulk strings, or inline (words on one line).
import { intern, u8, utf8 } from '../bytes.ts';
import type { Stream } from '../stream.ts';
import { is_command } from './commands.ts';
import { length_number, line_end, NO_NUMBER, text_end } from './line.ts';

/** Redis' own limits: arguments of a command, and bytes of one of them (proto-max-bulk-len). */
const ARGUMENTS_MAX = 1_048_576;
const BULK_BYTES_MAX = 536_870_912;
/** A bulk string up to this is waited for; of a longer one what has come is taken and the rest skipped. */
const WHOLE_BYTES_MAX = 16_384;
const NAME_BYTES_MAX = 64;

export type CommandState = 'command' | 'more' | 'lost' | 'damaged';

/** Reads one command after the other; keeps its place when a command comes in pieces. */
export class CommandReader {
  /** Of the command just read; cut to `text_bytes_max` in all. */
  words: string[] = [];
  /** Words of the command, those that were cut included. */
  word_count = 0;
  bytes = 0;
  #left = 0;
  #room = 0;
  readonly #text_bytes_max: number;

  constructor(text_bytes_max: number) {
    this.#text_bytes_max = text_bytes_max;
  }

  /** Whether a command's beginning was read but not its end. */
  get inside(): boolean {
    return this.#left > 0 && this.words.length > 0;
  }

  forget(): void {
    this.#left = 0;
  }

  next(stream: Stream): CommandState {
    while (this.#left === 0) {
      if (stream.pos >= stream.end) return stream.hole > 0 ? 'lost' : 'more';
      const state = this.#head(stream);
      if (state !== 'empty') {
        if (state !== 'open') return state;
        break;
      }
    }
    while (this.#left > 0) {
      const state = this.#argument(stream);
      if (state !== 'command') return state;
    }
    return 'command';
  }

  #begin(stream: Stream, words: number): void {
    stream.mark();
    this.words = [];
    this.word_count = words;
    this.bytes = 0;
    this.#room = this.#text_bytes_max;
  }

  #head(stream: Stream): CommandState | 'open' | 'empty' {
    const { bytes, pos } = stream;
    const lf = line_end(stream);
    if (typeof lf === 'string')
      return lf === 'too_long' || (lf === 'more' && !may_begin(u8(bytes, pos))) ? 'damaged' : lf;
    const stop = text_end(bytes, pos, lf);
    if (bytes[pos] !== 42) return this.#inline(stream, lf, stop);
    const count = length_number(bytes, pos + 1, stop);
    if (count === NO_NUMBER || count > ARGUMENTS_MAX) return 'damaged';
    this.#begin(stream, count);
    this.#take(stream, lf + 1 - pos);
    // The server passes over an empty array without a reply.
    if (count <= 0) return 'empty';
    this.#left = count;
    return 'open';
  }

  #inline(stream: Stream, lf: number, stop: number): CommandState | 'empty' {
    const { bytes, pos } = stream;
    if (stop > pos && !may_begin(u8(bytes, pos))) return 'damaged';
    for (let at = pos; at < stop; at++) if (u8(bytes, at) < 32 && bytes[at] !== 9) return 'damaged';
    // Behind bytes that were not seen anything may look like a line of words.
    const words = inline_words(utf8(bytes, pos, stop, this.#text_bytes_max));
    if (stream.resync && !is_command(words[0] ?? '')) return 'damaged';
    if (words.length > 0) this.#begin(stream, words.length);
    this.words = words;
    this.#take(stream, lf + 1 - pos);
    return words.length > 0 ? 'command' : 'empty';
  }

  #argument(stream: Stream): CommandState {
    const { bytes, pos } = stream;
    if (pos >= stream.end) return stream.hole > 0 ? 'lost' : 'more';
    if (bytes[pos] !== 36) return 'damaged';
    const lf = line_end(stream);
    if (typeof lf === 'string') return lf === 'too_long' || stream.end - pos > 14 ? 'damaged' : lf;
    const length = length_number(bytes, pos + 1, text_end(bytes, pos, lf));
    if (length < 0 || length > BULK_BYTES_MAX) return 'damaged';
    const start = lf + 1;
    const whole = start + length + 2 <= stream.end;
    if (whole && (bytes[start + length] !== 13 || bytes[start + length + 1] !== 10)) return 'damaged';
    if (!whole && stream.hole === 0 && length <= WHOLE_BYTES_MAX) return 'more';
    if (this.words.length === 0 && (length === 0 || length > NAME_BYTES_MAX)) return 'damaged';
    if (this.#room > 0) {
      const stop = Math.min(start + length, stream.end);
      this.words.push(
        length <= NAME_BYTES_MAX ? intern(bytes, start, stop, this.#room) : utf8(bytes, start, stop, this.#room),
      );
      this.#room -= stop - start + 1;
    }
    this.#left--;
    this.#take(stream, start - pos + length + 2);
    return 'command';
  }

  #take(stream: Stream, count: number): void {
    this.bytes += count;
    stream.advance(count);
  }
}

/** First byte of a command: '*', a letter, or the line end of an empty line. */
function may_begin(byte: number): boolean {
  const lower = byte | 32;
  return byte === 42 || (lower >= 97 && lower <= 122) || byte === 13 || byte === 10;
}

/** Words between spaces; in quotes they may hold spaces, in double quotes escapes (Redis: sdssplitargs). */
function inline_words(line: string): string[] {
  const words = line.match(/(?:"(?:\\.|[^"\\])*"?|'(?:\\'|[^'])*'?|[^\s"'])+/g) ?? [];
  return words.map((word) => (/^(["']).*\1$/s.test(word) && word.length > 1 ? word.slice(1, -1) : word));
}
