// Text that ends with a line of one dot, other lines that begin with a dot being stuffed with another one (RFC 5321
// section 4.5.2, RFC 1939 section 3). Its end is found whatever the borders of events are; nothing of it is kept.
import { CR } from '../bytes.ts';
import type { Stream } from '../stream.ts';

/** CR LF . CR LF */
const END = [13, 10, 46, 13, 10];
/** The text begins as a line does. */
const BEGIN_OF_LINE = 2;

export class DotText {
  /** Bytes passed, the closing dot included. */
  bytes = 0;
  /** Bytes of END that the text passed so far ends with. */
  #matched = BEGIN_OF_LINE;

  begin(): void {
    this.bytes = 0;
    this.#matched = BEGIN_OF_LINE;
  }

  /** Index behind the end of the text in [at, end), or -1; `end` must be what was given as `at` before. */
  find(bytes: Uint8Array, from: number, end: number): number {
    let matched = this.#matched;
    for (let at = from; at < end; at++) {
      const byte = bytes[at]!;
      if (byte === END[matched]) {
        if (++matched === END.length) {
          this.bytes += at + 1 - from;
          this.#matched = BEGIN_OF_LINE;
          return at + 1;
        }
      } else matched = byte === CR ? 1 : 0;
    }
    this.#matched = matched;
    this.bytes += end - from;
    return -1;
  }

  /** Passes what has come of the text, holes too; true when it ended. An end within a hole is not seen. */
  pass(stream: Stream): boolean {
    const { bytes, pos, end, hole } = stream;
    const after = this.find(bytes, pos, end);
    if (after >= 0) {
      stream.advance(after - pos);
      return true;
    }
    if (hole > 0) {
      this.#matched = 0;
      this.bytes += hole;
    }
    stream.advance(end - pos + hole);
    return false;
  }
}
