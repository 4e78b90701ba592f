// One direction of a protocol that is made of lines: each ends with LF, commonly with CR LF.
import { CR, LF } from '../bytes.ts';
import type { Stream } from '../stream.ts';

/** 'long': no end within the limit, so this is no line. */
export type LineState = 'line' | 'more' | 'lost' | 'long';

export class LineReader {
  /** Of the line that `next` found: its first byte, the end of its text, the first byte behind it. */
  start = 0;
  stop = 0;
  after = 0;
  readonly #bytes_max: number;
  /** Unread bytes that are known to hold no LF. */
  #searched = 0;

  constructor(bytes_max: number) {
    this.#bytes_max = bytes_max;
  }

  /** The line at `stream.pos`; it stays unread until `take`. */
  next(stream: Stream): LineState {
    const { bytes, pos, end } = stream;
    if (stream.resync || this.#searched > end - pos) this.#searched = 0;
    const limit = Math.min(end, pos + this.#bytes_max);
    let at = pos + this.#searched;
    this.#searched = 0;
    while (at < limit && bytes[at] !== LF) at++;
    if (at < limit) {
      this.start = pos;
      this.after = at + 1;
      this.stop = at > pos && bytes[at - 1] === CR ? at - 1 : at;
      return 'line';
    }
    if (end - pos >= this.#bytes_max) return 'long';
    if (stream.hole > 0) return 'lost';
    this.#searched = at - pos;
    return 'more';
  }

  /** Of a line that has no end yet: the bytes seen of it, all that were there. */
  get seen(): number {
    return this.#searched;
  }

  /** Passes them: what has come since is no part of that line. */
  skip(stream: Stream): void {
    stream.advance(this.#searched);
    this.#searched = 0;
  }

  /** To be called when bytes are passed otherwise than by `take`. */
  forget(): void {
    this.#searched = 0;
  }

  /** Passes the line that `next` found. */
  take(stream: Stream): void {
    stream.advance(this.after - this.start);
  }
}

/** End of the word that begins at `at`. */
export function word_end(bytes: Uint8Array, at: number, stop: number): number {
  let to = at;
  while (to < stop && bytes[to] !== 32 && bytes[to] !== 9) to++;
  return to;
}

/** First byte at or behind `at` that is neither space nor tab. */
export function skip_spaces(bytes: Uint8Array, at: number, stop: number): number {
  let to = at;
  while (to < stop && (bytes[to] === 32 || bytes[to] === 9)) to++;
  return to;
}

/** Whether all of [at, stop) can be read by people: no control bytes but the tab. */
export function is_text(bytes: Uint8Array, at: number, stop: number): boolean {
  for (let i = at; i < stop; i++) {
    const byte = bytes[i]!;
    if ((byte < 32 && byte !== 9) || byte === 127) return false;
  }
  return true;
}
