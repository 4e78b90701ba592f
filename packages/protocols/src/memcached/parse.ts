// One Memcached connection: command lines and their answers, or binary messages; a connection speaks one of both.
import { decimal, intern, u8, u32be, utf8 } from '../bytes.ts';
import {
  type Direction,
  type Emit,
  MESSAGE_TYPE,
  type Message,
  type ParseOptions,
  type ParseState,
  type Parser,
  type Protocol,
  STATUS,
  TO_SERVER,
  new_message,
  unseen_response,
} from '../protocol.ts';
import type { Stream } from '../stream.ts';
import {
  HEADER_BYTES,
  header_holds,
  is_quiet,
  QUITQ,
  REQUEST,
  RESPONSE,
  request_of,
  response_of,
  STAT,
} from './binary.ts';
import { card } from './card.ts';
import { infer } from './infer.ts';
import { ANSWERS, COMMANDS, DATA_BYTES_MAX, data_holds, type Kind, line_end, text_end } from './messages.ts';
import { type Asked, Pending } from './pending.ts';

const DAMAGED_MAX = 64;
/** What is worth waiting for of a binary message: header, extras, key, the text of an error. */
const LOOK_BYTES = HEADER_BYTES + 20 + 250 + 1024;
const SPACE = 32;

/** What may end an answer of several lines. */
const ENDS = new Set(['END', 'RESET', 'ERROR', 'CLIENT_ERROR', 'SERVER_ERROR']);

type Step = 'next' | ParseState;

export class MemcachedParser implements Parser {
  readonly #options: ParseOptions;
  readonly #pending = new Pending();
  #watching = false;
  #requests_lost = false;
  /** Bytes of the answer under way that were read before, and its first word. */
  #answer_bytes = 0;
  #answer_word = '';
  #good = 0;
  #damaged = 0;

  constructor(options: ParseOptions) {
    this.#options = options;
  }

  lost(direction: Direction): void {
    if (direction === TO_SERVER) {
      this.#requests_lost = true;
    } else {
      this.#pending.clear();
      this.#answer_bytes = 0;
    }
  }

  #wait(asked: Asked): void {
    if (this.#requests_lost) this.#pending.clear();
    this.#requests_lost = false;
    // An answer to something unseen that was under way has ended.
    if (this.#pending.empty) this.#answer_bytes = 0;
    this.#pending.add(asked);
  }

  parse(stream: Stream, direction: Direction, emit: Emit): ParseState {
    for (;;) {
      if (stream.pos >= stream.end) return stream.hole > 0 ? 'lost' : 'more';
      const binary = u8(stream.bytes, stream.pos) >= REQUEST;
      const step = binary
        ? this.#binary(stream, direction, emit)
        : direction === TO_SERVER
          ? this.#command(stream, emit)
          : this.#answer(stream, emit);
      if (step !== 'next') return step === 'not_mine' ? this.#doubt() : step;
    }
  }

  #binary(stream: Stream, direction: Direction, emit: Emit): Step {
    const { bytes, pos, end, hole } = stream;
    if (end - pos < HEADER_BYTES) return hole > 0 ? 'lost' : 'more';
    if (!header_holds(bytes, pos, direction === TO_SERVER ? REQUEST : RESPONSE)) return 'not_mine';
    const length = HEADER_BYTES + u32be(bytes, pos + 8);
    if (end - pos < Math.min(length, LOOK_BYTES) && hole === 0) return 'more';
    const stop = Math.min(end, pos + Math.min(length, LOOK_BYTES));
    const opcode = u8(bytes, pos + 1);
    this.#heard();
    if (direction === TO_SERVER) {
      const message = request_of(bytes, pos, stop);
      if (opcode !== QUITQ) {
        this.#wait({ command: '', quiet: is_quiet(opcode), opaque: u32be(bytes, pos + 12) });
      }
      stream.mark();
      emit(message);
    } else {
      // An end of statistics was not seen.
      if (opcode !== STAT) this.#answer_bytes = 0;
      if (this.#answer_bytes === 0) stream.mark();
      this.#answer_bytes += length;
      // Statistics come one by one; the last has no name.
      const is_last = opcode !== STAT || (u8(bytes, pos + 2) | u8(bytes, pos + 3)) === 0;
      if (is_last) {
        this.#pending.take_number(u32be(bytes, pos + 12), (quiet) => emit(quiet ? silence() : unseen_response()));
        emit(response_of(bytes, pos, stop, this.#answer_bytes));
        this.#answer_bytes = 0;
      }
    }
    stream.advance(length);
    return 'next';
  }

  #command(stream: Stream, emit: Emit): Step {
    const { bytes, pos } = stream;
    const lf = line_end(stream);
    if (typeof lf === 'string') {
      return lf === 'damaged' || (lf === 'more' && !is_letter(u8(bytes, pos))) ? 'not_mine' : lf;
    }
    const stop = text_end(bytes, pos, lf);
    if (stop < 0) return 'not_mine';
    const line = utf8(bytes, pos, stop, this.#options.string_bytes_max);
    const words = line.split(' ').filter((word) => word !== '');
    const command = words[0] ?? '';
    const kind = COMMANDS.get(command);
    if (kind === undefined) return 'not_mine';
    const size = data_size(kind, words);
    if (size === NO_SIZE) return 'not_mine';
    const start = lf + 1;
    if (size >= 0) {
      const holds = data_holds(stream, start, size);
      if (holds !== 'yes') return holds === 'no' ? 'not_mine' : 'more';
    }
    this.#heard();
    const length = start - pos + (size >= 0 ? size + 2 : 0);
    stream.mark();
    const message = new_message(MESSAGE_TYPE.request);
    message.request_type = command;
    message.request_resource = line;
    message.length = length;
    this.#ask(kind, words, message, emit);
    stream.advance(length);
    return 'next';
  }

  #ask(kind: Kind, words: readonly string[], message: Message, emit: Emit): void {
    const unanswered = kind === 'silent' || (kind !== 'retrieval' && words.length > 1 && words.at(-1) === 'noreply');
    // "delete noreply" is about a key of that name.
    const is_key = words.length === 2 && words[0] !== 'flush_all' && kind !== 'silent';
    if (unanswered && !is_key) {
      message.type = MESSAGE_TYPE.session;
      message.one_way = true;
    } else {
      const flags = kind === 'meta' ? words.slice(2) : kind === 'meta_storage' ? words.slice(3) : [];
      const opaque = flags.find((flag) => flag.startsWith('O'))?.slice(1);
      this.#wait({ command: words[0]!, quiet: flags.includes('q'), opaque });
      if (kind === 'watch') this.#watching = true;
    }
    emit(message);
  }

  #answer(stream: Stream, emit: Emit): Step {
    const { bytes, pos } = stream;
    const lf = line_end(stream);
    if (typeof lf === 'string') {
      const begun = u8(bytes, pos);
      return lf === 'damaged' || (lf === 'more' && !is_letter(begun) && !is_digit(begun)) ? 'not_mine' : lf;
    }
    const stop = text_end(bytes, pos, lf);
    if (stop < 0) return 'not_mine';
    let word_end = pos;
    while (word_end < stop && bytes[word_end] !== SPACE) word_end++;
    const word = intern(bytes, pos, word_end, 64);
    if (this.#watching && !ANSWERS.has(word)) return this.#pass(stream, lf + 1 - pos);
    const is_number = decimal_holds(bytes, pos, word_end, stop);
    const is_dump = word.startsWith('key=');
    if (!ANSWERS.has(word) && !is_number && !is_dump) return 'not_mine';
    let length = lf + 1 - pos;
    if (word === 'VALUE' || word === 'VA') {
      const size = field(bytes, word_end, stop, word === 'VA' ? 1 : 3);
      if (size < 0 || size > DATA_BYTES_MAX) return 'not_mine';
      const holds = data_holds(stream, lf + 1, size);
      if (holds !== 'yes') return holds === 'no' ? 'not_mine' : 'more';
      length += size + 2;
    }
    this.#heard();
    const goes_on = word === 'VALUE' || word === 'STAT' || word === 'ITEM' || is_dump;
    if (this.#answer_bytes > 0 && !goes_on && !ENDS.has(word)) {
      // The end of the answer before was damaged.
      emit(unseen_response());
      this.#answer_bytes = 0;
    }
    if (this.#answer_bytes === 0) {
      stream.mark();
      this.#answer_word = is_number || is_dump ? '' : word;
    }
    this.#answer_bytes += length;
    if (!goes_on) this.#finish(word, bytes, pos, word_end, stop, emit);
    stream.advance(length);
    return 'next';
  }

  #pass(stream: Stream, count: number): Step {
    stream.advance(count);
    return 'next';
  }

  /** The last line of an answer. */
  #finish(word: string, bytes: Uint8Array, pos: number, word_end: number, stop: number, emit: Emit): void {
    const rest = utf8(bytes, Math.min(stop, word_end + 1), stop, 1024);
    const opaque = /(?:^| )O(\S+)/.exec(rest)?.[1];
    this.#pending.take_line(word, opaque, () => emit(silence()));
    const message = new_message(MESSAGE_TYPE.response, STATUS.ok);
    message.length = this.#answer_bytes;
    // An answer that began with values says so, whatever ends it.
    const first = this.#answer_word;
    if (word === 'SERVER_ERROR') message.response_status = STATUS.server_error;
    else if (word === 'ERROR' || word === 'CLIENT_ERROR') message.response_status = STATUS.client_error;
    if (message.response_status !== STATUS.ok) message.response_exception = rest === '' ? word : rest;
    if (first === '') {
      const is_value = bytes[pos]! >= 48 && bytes[pos]! <= 57;
      if (is_value) message.response_result = this.#options.redact ? '?' : utf8(bytes, pos, word_end);
    } else message.response_result = first;
    this.#answer_bytes = 0;
    emit(message);
  }

  #heard(): void {
    this.#good++;
    this.#damaged = 0;
  }

  #doubt(): ParseState {
    this.#damaged++;
    return this.#good > 0 && this.#damaged <= DAMAGED_MAX ? 'lost' : 'not_mine';
  }
}

/** A quiet request is done and had nothing to tell. */
function silence(): Message {
  const message = unseen_response();
  message.response_status = STATUS.ok;
  return message;
}

const NO_DATA = -1;
const NO_SIZE = -2;

/** Length of the data that follows a command line; NO_DATA, or NO_SIZE when the line is wrong. */
function data_size(kind: Kind, words: readonly string[]): number {
  if (kind !== 'storage' && kind !== 'meta_storage') return NO_DATA;
  const word = words[kind === 'storage' ? 4 : 2] ?? '';
  const size = /^\d{1,10}$/.test(word) ? Number(word) : NO_SIZE;
  return size > DATA_BYTES_MAX ? NO_SIZE : size;
}

/** The n-th number behind a line's first word; -1 when there is none. */
function field(bytes: Uint8Array, word_end: number, stop: number, n: number): number {
  let start = word_end;
  let end = word_end;
  for (let i = 0; i < n; i++) {
    start = end + 1;
    end = start;
    while (end < stop && bytes[end] !== SPACE) end++;
  }
  return decimal(bytes, start, end);
}

/** Whether the line is one number, perhaps with the spaces that decr leaves behind it. */
function decimal_holds(bytes: Uint8Array, pos: number, word_end: number, stop: number): boolean {
  if (word_end === pos || word_end - pos > 20) return false;
  for (let at = pos; at < word_end; at++) if (!is_digit(bytes[at]!)) return false;
  for (let at = word_end; at < stop; at++) if (bytes[at] !== SPACE) return false;
  return true;
}

function is_letter(byte: number): boolean {
  const lower = byte | 32;
  return lower >= 97 && lower <= 122;
}

function is_digit(byte: number): boolean {
  return byte >= 48 && byte <= 57;
}

export const protocol: Protocol = { card, infer, open: (options) => new MemcachedParser(options) };
