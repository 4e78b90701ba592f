// A line of untagged data, or the rest of a command: passed over, with the literals within, to its end. Nothing is kept.
import type { Stream } from '../stream.ts';

const CR = 13;
const LF = 10;
const BRACE = 123;
const BRACE_END = 125;
/** Literals of 64 bits (RFC 9051 section 4.3) are no more than this in practice. */
const LITERAL_BYTES_MAX = Number.MAX_SAFE_INTEGER / 16;

/** What the bytes seen last of the line are. */
const PLAIN = 0;
const IN_DIGITS = 1;
const IN_SIGN = 2;
const CLOSED = 3;
const CLOSED_CR = 4;

export class DataLine {
  /** Bytes passed since `begin`. */
  bytes = 0;
  /** Bytes of the literal under way that are still to come. */
  literal = 0;
  #state = PLAIN;
  #size = 0;
  #waits = false;

  begin(): void {
    this.bytes = 0;
    this.literal = 0;
    this.#state = PLAIN;
  }

  /**
   * Passes what has come. 'end': the line is over. 'waits': a literal was announced that comes only after "+" (lines of
   * clients). 'lost': its end may lie in bytes that were not captured.
   */
  pass(stream: Stream): 'end' | 'more' | 'waits' | 'lost' {
    for (;;) {
      if (this.literal > 0) {
        const step = Math.min(this.literal, stream.end - stream.pos + stream.hole);
        stream.advance(step);
        this.bytes += step;
        this.literal -= step;
        if (this.literal > 0) return 'more';
      }
      const { bytes, pos, end, hole } = stream;
      const after = this.#line_end(bytes, pos, end);
      const passed = (after < 0 ? end : after) - pos;
      stream.advance(passed);
      this.bytes += passed;
      if (after < 0) return hole > 0 ? 'lost' : 'more';
      if (this.#state !== CLOSED) return 'end';
      this.#state = PLAIN;
      this.literal = this.#size;
      if (this.#waits) return 'waits';
    }
  }

  /** Index behind the line's end in [at, end), -1 when it is not there; `#state` is CLOSED when a literal follows. */
  #line_end(bytes: Uint8Array, from: number, end: number): number {
    let state = this.#state;
    for (let at = from; at < end; at++) {
      const byte = bytes[at]!;
      if (byte === LF) {
        this.#state = state === CLOSED || state === CLOSED_CR ? CLOSED : PLAIN;
        return at + 1;
      }
      state = this.#next(state, byte);
    }
    this.#state = state;
    return -1;
  }

  #next(state: number, byte: number): number {
    if (byte === BRACE) {
      this.#size = 0;
      this.#waits = true;
      return IN_DIGITS;
    }
    if (state === PLAIN) return PLAIN;
    if (state === IN_DIGITS && byte >= 48 && byte <= 57 && this.#size < LITERAL_BYTES_MAX) {
      this.#size = this.#size * 10 + byte - 48;
      return IN_DIGITS;
    }
    if (state === IN_DIGITS && (byte === 43 || byte === 45)) {
      this.#waits = false;
      return IN_SIGN;
    }
    if ((state === IN_DIGITS || state === IN_SIGN) && byte === BRACE_END) return CLOSED;
    return state === CLOSED && byte === CR ? CLOSED_CR : PLAIN;
  }
}
