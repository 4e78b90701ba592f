// The Message-ID field of a message that passes by (RFC 5322 section 3.6.4): the one thing of it that is looked at, and
// only when values may be told.
import { CR, LF, starts_with_fold, utf8 } from '../bytes.ts';
import { is_text, skip_spaces } from '../lines/line-reader.ts';

const NAME = 'message-id:';
/** RFC 5322 section 2.1.1: 998 and the line's end. */
const LINE_BYTES_MAX = 1000;
const ID_BYTES_MAX = 256;
const HEADER_BYTES_MAX = 65_536;

export class MessageId {
  value = '';
  #line = new Uint8Array(0);
  #filled = 0;
  #seen = 0;
  #folded = false;
  #done = true;

  /** `wanted` false: nothing is looked at. */
  begin(wanted: boolean): void {
    this.value = '';
    this.#filled = 0;
    this.#seen = 0;
    this.#folded = false;
    this.#done = !wanted;
    if (wanted && this.#line.length === 0) this.#line = new Uint8Array(LINE_BYTES_MAX);
  }

  /** The next piece of the message. */
  see(bytes: Uint8Array, start: number, end: number): void {
    for (let at = start; at < end && !this.#done; at++) {
      const byte = bytes[at]!;
      if (byte !== LF) {
        if (this.#filled < LINE_BYTES_MAX) this.#line[this.#filled++] = byte;
        continue;
      }
      if (this.#filled > 0 && this.#line[this.#filled - 1] === CR) this.#filled--;
      this.#take_line();
      this.#filled = 0;
    }
    this.#seen += end - start;
    if (this.#seen > HEADER_BYTES_MAX) this.#done = true;
  }

  /** Bytes that were not seen. */
  hole(): void {
    this.#done = true;
  }

  #take_line(): void {
    const line = this.#line;
    const stop = this.#filled;
    const folded = this.#folded && (line[0] === 32 || line[0] === 9);
    this.#folded = false;
    if (stop === 0) this.#done = true;
    if (!folded && !starts_with_fold(line, 0, stop, NAME)) return;
    const start = skip_spaces(line, folded ? 0 : NAME.length, stop);
    if (start === stop) this.#folded = true;
    else if (is_text(line, start, stop)) {
      this.value = utf8(line, start, stop, ID_BYTES_MAX).trimEnd();
      this.#done = true;
    }
  }
}
