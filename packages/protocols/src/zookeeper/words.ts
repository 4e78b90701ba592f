// Four-letter words: a connection on which nothing but one word is sent, and text comes back until the server closes it.
import { latin1, LF, starts_with, u32be, utf8 } from '../bytes.ts';
import { type Direction, type Emit, type Message, MESSAGE_TYPE, STATUS, TO_SERVER } from '../protocol.ts';
import type { Stream } from '../stream.ts';
import { word_of } from './messages.ts';

const WORD_BYTES = 4;
const LINE_BYTES_MAX = 256;
/** Frames begin with a length below this in its first byte, text never does. */
const TEXT_MIN = 9;
// NIOServerCnxn, NettyServerCnxn: what is answered instead.
const NOT_ALLOWED = ' is not executed because it is not in the whitelist.';
const NOT_SERVING = 'This ZooKeeper instance is not currently serving requests';

/** The word at the beginning of what is readable. */
export function word_at(stream: Stream): string | undefined {
  return stream.end - stream.pos < WORD_BYTES ? undefined : word_of(u32be(stream.bytes, stream.pos));
}

export class WordExchange {
  readonly #word: string;
  #line = '';
  #whole_line = false;
  #answered = false;

  constructor(word: string) {
    this.#word = word;
  }

  /** The request; what comes with it (the end of its line, an argument) belongs to it. */
  begin(stream: Stream, emit: Emit): void {
    stream.mark();
    stream.advance(stream.end - stream.pos + stream.hole);
    emit({ type: MESSAGE_TYPE.request, request_type: this.#word });
  }

  /** Takes what is readable; false when it is no text. */
  take(stream: Stream, direction: Direction, emit: Emit): boolean {
    const { bytes, pos, end } = stream;
    if (pos < end && bytes[pos]! < TEXT_MIN) {
      this.#answer(emit);
      return false;
    }
    if (direction === TO_SERVER) {
      stream.advance(end - pos + stream.hole);
      return true;
    }
    if (pos < end && this.#line === '' && !this.#whole_line) stream.mark();
    this.#read(bytes, pos, end);
    stream.advance(end - pos + stream.hole);
    if (stream.ended) this.#answer(emit);
    return true;
  }

  #read(bytes: Uint8Array, start: number, end: number): void {
    let at = start;
    const stop = Math.min(end, start + LINE_BYTES_MAX - this.#line.length);
    while (!this.#whole_line && at < stop && bytes[at] !== LF) at++;
    if (this.#whole_line) return;
    this.#line += latin1(bytes, start, at);
    this.#whole_line = this.#line.length >= LINE_BYTES_MAX || at < end;
  }

  #answer(emit: Emit): void {
    if (this.#answered || this.#line === '') return;
    this.#answered = true;
    const line = Buffer.from(this.#line, 'latin1');
    const text = utf8(line, 0, line.length);
    const message: Message = { type: MESSAGE_TYPE.response, request_type: this.#word, response_status: STATUS.ok };
    if (text === this.#word + NOT_ALLOWED) message.response_status = STATUS.client_error;
    else if (starts_with(line, 0, line.length, NOT_SERVING)) message.response_status = STATUS.server_error;
    if (message.response_status === STATUS.ok) message.response_result = text;
    else message.response_exception = text;
    emit(message);
  }
}
