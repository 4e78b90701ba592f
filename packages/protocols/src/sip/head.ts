// The head of a message, read in place (RFC 3261 section 7): its first line, and where the values of the few headers stand
// that are wanted.
import { CR, decimal, intern, LF, SPACE, starts_with_fold, TAB, u8 } from '../bytes.ts';
import { is_text, word_end } from '../lines/line-reader.ts';

const COLON = 58;
const COMMA = 44;
const SEMICOLON = 59;
const QUOTE = 34;
export const VERSION = 'SIP/2.0';
const METHOD_BYTES_MAX = 32;
/** Of a message whose first lines look right. */
export const HEAD_BYTES_MAX = 16_384;

/** Slots of wanted headers; those of traces follow. */
export const FIELD = { call_id: 0, via: 1, cseq: 2, length: 3, from: 4, to: 5, user_agent: 6, trace: 7 } as const;
const NAMES = ['call-id', 'via', 'cseq', 'content-length', 'from', 'to', 'user-agent'];
const COMPACT: Readonly<Record<number, number>> = {
  105: FIELD.call_id,
  118: FIELD.via,
  108: FIELD.length,
  102: FIELD.from,
  116: FIELD.to,
};

export interface StartLine {
  /** 0 for requests. */
  code: number;
  /** Method, or reason phrase. */
  from: number;
  to: number;
  /** Request-URI of requests. */
  uri: number;
  uri_end: number;
  /** First byte behind the line. */
  after: number;
}

/** A character of a token (RFC 3261 section 25.1). */
function is_token(byte: number): boolean {
  const lower = byte | 32;
  if ((lower >= 97 && lower <= 122) || (byte >= 48 && byte <= 57)) return true;
  return (
    byte === 45 ||
    byte === 46 ||
    byte === 33 ||
    byte === 37 ||
    byte === 42 ||
    byte === 95 ||
    byte === 43 ||
    byte === 126
  );
}

/** The first line at `at`; 'more' when its end is not there but so far it fits; undefined when it is none. */
export function start_line(bytes: Uint8Array, at: number, end: number): StartLine | 'more' | undefined {
  let feed = at;
  const limit = Math.min(end, at + HEAD_BYTES_MAX);
  while (feed < limit && bytes[feed] !== LF) feed++;
  const whole = feed < limit;
  const stop = whole && bytes[feed - 1] === CR ? feed - 1 : feed;
  const is_response = starts_with_fold(bytes, at, Math.min(end, at + 8), 'sip/2.0 '.slice(0, Math.min(8, stop - at)));
  if (is_response && stop - at >= 4)
    return whole ? status_line(bytes, at, stop, feed + 1) : limit < end ? undefined : 'more';
  let to = at;
  while (to < stop && is_token(u8(bytes, to)) && to - at < METHOD_BYTES_MAX) to++;
  if (to === stop && !whole) return to - at < METHOD_BYTES_MAX ? 'more' : undefined;
  if (to === at || bytes[to] !== SPACE) return undefined;
  if (!whole) return limit < end || !is_text(bytes, to, bytes[stop - 1] === CR ? stop - 1 : stop) ? undefined : 'more';
  // RFC 4475 section 3.1.1.1 has more than one space nowhere in this line.
  const uri = to + 1;
  const uri_end = word_end(bytes, uri, stop);
  if (
    uri_end === uri ||
    uri_end + 1 + VERSION.length !== stop ||
    !starts_with_fold(bytes, uri_end + 1, stop, 'sip/2.0')
  ) {
    return undefined;
  }
  return { code: 0, from: at, to, uri, uri_end, after: feed + 1 };
}

function status_line(bytes: Uint8Array, at: number, stop: number, after: number): StartLine | undefined {
  const from = at + VERSION.length + 1;
  const code = decimal(bytes, from, Math.min(stop, from + 3));
  if (!starts_with_fold(bytes, at, stop, 'sip/2.0 ') || stop - from < 3 || code < 100 || code > 699) return undefined;
  if (stop > from + 3 && bytes[from + 3] !== SPACE) return undefined;
  return { code, from: Math.min(stop, from + 4), to: stop, uri: 0, uri_end: 0, after };
}

export class Head {
  readonly from: number[] = [];
  readonly to: number[] = [];
  /** Where the body of the message read last begins. */
  end = 0;
  readonly #names: readonly string[];
  #field = -1;

  constructor(trace_headers: readonly string[]) {
    this.#names = [...NAMES, ...trace_headers];
  }

  has(field: number): boolean {
    return this.from[field]! >= 0;
  }

  /** Reads header lines from `at` to the empty line; returns the index behind it, or -1 when `end` comes first. */
  read(bytes: Uint8Array, at: number, end: number): number {
    for (let field = 0; field < this.#names.length; field++) this.from[field] = -1;
    this.#field = -1;
    let line = at;
    for (;;) {
      let feed = line;
      while (feed < end && bytes[feed] !== LF) feed++;
      if (feed >= end) return -1;
      const stop = feed > line && bytes[feed - 1] === CR ? feed - 1 : feed;
      if (stop === line) return feed + 1;
      this.#line(bytes, line, stop);
      line = feed + 1;
    }
  }

  #line(bytes: Uint8Array, start: number, stop: number): void {
    const first = bytes[start];
    if (first === SPACE || first === TAB) {
      // A folded line goes on with the value before it; most values stand in the first.
      if (this.#field >= 0) this.to[this.#field] = stop;
      return;
    }
    this.#field = -1;
    let colon = start;
    while (colon < stop && bytes[colon] !== COLON) colon++;
    if (colon === stop) return;
    let name_end = colon;
    while (name_end > start && (bytes[name_end - 1] === SPACE || bytes[name_end - 1] === TAB)) name_end--;
    const field = this.#named(bytes, start, name_end);
    // Of several Via the first is that of the last hop.
    if (field < 0 || this.from[field]! >= 0) return;
    let from = colon + 1;
    while (from < stop && (bytes[from] === SPACE || bytes[from] === TAB)) from++;
    this.from[field] = from;
    this.to[field] = stop;
    this.#field = field;
  }

  #named(bytes: Uint8Array, start: number, end: number): number {
    const length = end - start;
    if (length === 1) return COMPACT[bytes[start]! | 32] ?? -1;
    for (let field = 0; field < this.#names.length; field++) {
      const name = this.#names[field]!;
      if (name.length === length && starts_with_fold(bytes, start, end, name)) return field;
    }
    return -1;
  }

  /** A value without white space at its ends, folded lines joined. */
  text(bytes: Uint8Array, field: number, bytes_max: number): string {
    const to = trim_end(bytes, this.from[field]!, this.to[field]!);
    let from = this.from[field]!;
    while (from < to && is_space(bytes[from]!)) from++;
    const value = intern(bytes, from, to, bytes_max);
    return value.includes('\n') ? value.replace(/\r?\n[ \t]+/g, ' ') : value;
  }

  /** Content-Length; -1 when there is none or it is no number. */
  length(bytes: Uint8Array): number {
    if (!this.has(FIELD.length)) return -1;
    return decimal(bytes, this.from[FIELD.length]!, trim_end(bytes, this.from[FIELD.length]!, this.to[FIELD.length]!));
  }

  /**
   * Number of the transaction: a hash (FNV-1a, 32 bits) of Call-ID, CSeq and the branch of the first Via, which a response
   * repeats (RFC 3261 section 17.1.3). -1 when Call-ID or CSeq is missing.
   */
  transaction(bytes: Uint8Array): number {
    if (!this.has(FIELD.call_id) || !this.has(FIELD.cseq)) return -1;
    let hash = hash_of(0x811c9dc5, bytes, this.from[FIELD.call_id]!, this.to[FIELD.call_id]!);
    // 0009 and 9 are one number (RFC 4475 section 3.1.1.1).
    let cseq = this.from[FIELD.cseq]!;
    while (cseq < this.to[FIELD.cseq]! && (bytes[cseq] === 48 || is_space(bytes[cseq]!))) cseq++;
    hash = hash_of(hash, bytes, cseq, this.to[FIELD.cseq]!);
    if (this.has(FIELD.via)) hash = this.#branch(bytes, hash);
    return hash >>> 0;
  }

  #branch(bytes: Uint8Array, hash: number): number {
    const to = this.to[FIELD.via]!;
    let quoted = false;
    for (let at = this.from[FIELD.via]!; at < to; at++) {
      const byte = bytes[at];
      if (byte === QUOTE) quoted = !quoted;
      if (quoted) continue;
      if (byte === COMMA) break;
      if (byte !== SEMICOLON) continue;
      let name = at + 1;
      while (name < to && is_space(bytes[name]!)) name++;
      if (!starts_with_fold(bytes, name, to, 'branch')) continue;
      name += 'branch'.length;
      while (name < to && (is_space(bytes[name]!) || bytes[name] === 61)) name++;
      let end = name;
      while (end < to && bytes[end] !== SEMICOLON && bytes[end] !== COMMA && !is_space(bytes[end]!)) end++;
      return hash_of(hash, bytes, name, end);
    }
    return hash;
  }
}

function is_space(byte: number): boolean {
  return byte === SPACE || byte === TAB || byte === CR || byte === LF;
}

function trim_end(bytes: Uint8Array, from: number, to: number): number {
  let end = to;
  while (end > from && is_space(bytes[end - 1]!)) end--;
  return end;
}

/** White space does not count: responses may write it otherwise. */
function hash_of(before: number, bytes: Uint8Array, from: number, to: number): number {
  let hash = before;
  for (let at = from; at < to; at++) {
    const byte = bytes[at]!;
    if (byte > SPACE) hash = Math.imul(hash ^ byte, 0x01000193);
  }
  return Math.imul(hash ^ 10, 0x01000193);
}
