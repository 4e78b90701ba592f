// Replies: RESP2 and RESP3 values of any depth, walked without keeping them. Only the first line of the outermost value is
// looked at, and the first word of an array where it may be a message of publish/subscribe.
import { intern, u8, utf8 } from '../bytes.ts';
import type { Stream } from '../stream.ts';
import { length_number, line_end, NO_NUMBER } from './line.ts';

const DEPTH_MAX = 64;
const WORD_BYTES_MAX = 16;
const BULK_BYTES_MAX = 4_294_967_296;
/** "$?" and "*?" (RESP3 streamed types) end with a marker, not by count. */
const UNCOUNTED = Number.POSITIVE_INFINITY;

const PLUS = 43; // + simple string
const MINUS = 45; // - error
const DOT = 46; // . end of a streamed aggregate
const COLON = 58; // : integer
const SEMICOLON = 59; // ; piece of a streamed string
const DOLLAR = 36; // $ bulk string
const EQUALS = 61; // = verbatim string
const BANG = 33; // ! bulk error
const STAR = 42; // * array
const TILDE = 126; // ~ set
const PERCENT = 37; // % map
const PUSH = 62; // > push
const PIPE = 124; // | attributes

export type ReplyState = 'reply' | 'more' | 'lost' | 'damaged';

/** Reads one outermost value after the other; keeps its place when one comes in pieces. */
export class ReplyReader {
  /** Type byte of the outermost value; 0 before it is known. */
  kind = 0;
  error = '';
  /** Of a simple string its text, of an array or push the first word. */
  word = '';
  bytes = 0;
  /** A long outermost string is handed out at its head; what follows of it is passed over. */
  rest = 0;
  #open: number[] = [];
  #attributes: boolean[] = [];
  #chunk = false;
  /** Of a string inside of an aggregate, what has not come yet. */
  #owed = 0;
  #first = false;
  readonly #text_bytes_max: number;

  constructor(text_bytes_max: number) {
    this.#text_bytes_max = text_bytes_max;
  }

  /** Something of a value was seen that has not been told. */
  get begun(): boolean {
    return this.kind !== 0 && this.rest === 0;
  }

  get inside(): boolean {
    return this.#open.length > 0 || this.rest > 0 || this.#chunk;
  }

  forget(): void {
    this.#open.length = 0;
    this.#attributes.length = 0;
    this.#chunk = false;
    this.#owed = 0;
    this.rest = 0;
    this.kind = 0;
  }

  /** Whether [start, end) is exactly one value. */
  holds(bytes: Uint8Array, start: number, end: number): boolean {
    let pos = start;
    const stream = {
      bytes,
      end,
      hole: 0,
      resync: false,
      datagram: false,
      ended: false,
      outstanding: 0,
      get pos() {
        return pos;
      },
      mark() {},
      advance(n: number) {
        pos += n;
      },
    };
    return this.next(stream) === 'reply' && this.rest === 0 && pos === end;
  }

  next(stream: Stream): ReplyState {
    if (this.#open.length === 0 && !this.#chunk) {
      this.kind = 0;
      this.bytes = 0;
      this.word = '';
      this.error = '';
    }
    if (this.#owed > 0) {
      const state = this.#pass(stream);
      if (state !== 'open') return state;
    }
    for (;;) {
      if (stream.pos >= stream.end) return stream.hole > 0 ? 'lost' : 'more';
      const state = this.#value(stream);
      if (state !== 'open') return state;
    }
  }

  #value(stream: Stream): ReplyState | 'open' {
    const { bytes, pos } = stream;
    const type = u8(bytes, pos);
    if (!is_type(type)) return 'damaged';
    const lf = line_end(stream);
    if (lf === 'too_long') return 'damaged';
    if (typeof lf === 'string') {
      this.#note(stream, type, stream.end);
      return lf;
    }
    if (lf === pos + 1 || bytes[lf - 1] !== 13) return 'damaged';
    const outermost = this.#open.length === 0 && !this.#chunk;
    if (outermost && this.kind === 0) stream.mark();
    const stop = lf - 1;
    if (type === SEMICOLON || type === DOT) return this.#streamed(stream, type, lf, stop);
    this.#note(stream, type, stop);
    switch (type) {
      case DOLLAR:
      case EQUALS:
      case BANG:
        return this.#bulk(stream, type, lf, stop, outermost);
      case STAR:
      case TILDE:
      case PERCENT:
      case PUSH:
      case PIPE:
        return this.#aggregate(stream, type, lf, stop);
      default:
        if (!scalar_holds(type, bytes, pos + 1, stop)) return 'damaged';
        this.#take(stream, lf + 1 - pos);
        return this.#done();
    }
  }

  #note(stream: Stream, type: number, stop: number): void {
    if (this.#open.length > 0 || this.#chunk || type === PIPE) return;
    this.kind = type;
    const { bytes, pos } = stream;
    if (type === MINUS) this.error = utf8(bytes, pos, stop, this.#text_bytes_max);
    else if (type === PLUS) this.word = stop - pos < 128 ? intern(bytes, pos + 1, stop) : '';
  }

  #bulk(stream: Stream, type: number, lf: number, stop: number, outermost: boolean): ReplyState | 'open' {
    const { bytes, pos } = stream;
    if (bytes[pos + 1] === 63 && stop === pos + 2) {
      this.#chunk = true;
      this.#take(stream, lf + 1 - pos);
      return 'open';
    }
    const length = length_number(bytes, pos + 1, stop);
    if (length === NO_NUMBER || length > BULK_BYTES_MAX) return 'damaged';
    const start = lf + 1;
    const size = start - pos + (length < 0 ? 0 : length + 2);
    const whole = pos + size <= stream.end;
    if (whole && length >= 0 && (bytes[start + length] !== 13 || bytes[start + length + 1] !== 10)) return 'damaged';
    if (!whole && stream.hole === 0 && (type === BANG ? length <= 4096 : length <= WORD_BYTES_MAX)) return 'more';
    if (type === BANG && outermost)
      this.error = `!${utf8(bytes, start, Math.min(start + length, stream.end), this.#text_bytes_max)}`;
    if (this.#first && length > 0 && length <= WORD_BYTES_MAX && whole)
      this.word = intern(bytes, start, start + length);
    this.#first = false;
    if (!whole && outermost) {
      this.bytes += size;
      this.rest = size;
      return 'reply';
    }
    if (whole) {
      this.#take(stream, size);
      return this.#done();
    }
    this.bytes += size;
    this.#owed = size;
    return this.#pass(stream);
  }

  /** Goes on through a string inside of an aggregate, piece by piece so that the caller sees each. */
  #pass(stream: Stream): ReplyState | 'open' {
    while (this.#owed > 0) {
      const step = Math.min(this.#owed, stream.end - stream.pos + stream.hole);
      if (step === 0) return 'more';
      stream.advance(step);
      this.#owed -= step;
    }
    return this.#done();
  }

  #aggregate(stream: Stream, type: number, lf: number, stop: number): ReplyState | 'open' {
    const { bytes, pos } = stream;
    const uncounted = bytes[pos + 1] === 63 && stop === pos + 2;
    const count = uncounted ? UNCOUNTED : length_number(bytes, pos + 1, stop);
    if (count === NO_NUMBER || (type === PUSH && this.#open.length > 0)) return 'damaged';
    if (this.#open.length >= DEPTH_MAX) return 'damaged';
    this.#first = this.#open.length === 0 && (type === STAR || type === PUSH);
    this.#take(stream, lf + 1 - pos);
    if (count > 0) {
      this.#open.push(type === PERCENT || type === PIPE ? 2 * count : count);
      this.#attributes.push(type === PIPE);
      return 'open';
    }
    return type === PIPE ? 'open' : this.#done();
  }

  #streamed(stream: Stream, type: number, lf: number, stop: number): ReplyState | 'open' {
    const { bytes, pos } = stream;
    if (type === DOT) {
      if (this.#chunk || this.#open.at(-1) !== UNCOUNTED) return 'damaged';
      this.#open.pop();
      this.#take(stream, lf + 1 - pos);
      return this.#attributes.pop() === true ? 'open' : this.#done();
    }
    const length = this.#chunk ? length_number(bytes, pos + 1, stop) : NO_NUMBER;
    if (length < 0) return 'damaged';
    this.#take(stream, lf + 1 - pos + (length > 0 ? length + 2 : 0));
    if (length > 0) return 'open';
    this.#chunk = false;
    return this.#done();
  }

  /** One value is complete: closes the aggregates that it was the last of. */
  #done(): ReplyState | 'open' {
    this.#first = false;
    for (;;) {
      const depth = this.#open.length - 1;
      if (depth < 0) return 'reply';
      const left = this.#open[depth]! - 1;
      this.#open[depth] = left;
      if (left > 0) return 'open';
      this.#open.pop();
      // Attributes precede the value they belong to and are none themselves.
      if (this.#attributes.pop() === true) return 'open';
    }
  }

  #take(stream: Stream, count: number): void {
    this.bytes += count;
    stream.advance(count);
  }
}

const TYPES = new Set([...'+-:$*_#,(!=%~>|;.'].map((letter) => letter.charCodeAt(0)));

function is_type(byte: number): boolean {
  return TYPES.has(byte);
}

/** Whether what follows a type byte on its line may be of that type; text may be anything. */
function scalar_holds(type: number, bytes: Uint8Array, start: number, stop: number): boolean {
  if (type === PLUS || type === MINUS) return true;
  if (type === 95) return start === stop; // _ null
  if (type === 35) return stop === start + 1 && (bytes[start] === 116 || bytes[start] === 102); // # boolean
  if (stop === start) return false;
  const signed = bytes[start] === MINUS || bytes[start] === PLUS;
  for (let at = signed ? start + 1 : start; at < stop; at++) {
    const byte = u8(bytes, at);
    const digit = byte >= 48 && byte <= 57;
    // , double: digits, a point, an exponent, inf or nan; : and ( integers only.
    if (!digit && !(type === 44 && /[.eE+\-infa]/.test(String.fromCharCode(byte)))) return false;
  }
  return type === COLON || type === 40 || type === 44;
}
