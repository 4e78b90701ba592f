// The header section of a message, read in place: where the values of the few headers stand that are wanted, and what
// frames the body. Nothing is decoded here.
import { CR, decimal, LF, SPACE, starts_with_fold, TAB, utf8 } from '../bytes.ts';
import { SIGNS } from '../http/watch.ts';
import type { ParseOptions } from '../protocol.ts';

/** Slots of wanted values; trace headers follow from `trace` on, in the options' order, and signs behind them. */
export const FIELD = {
  host: 0,
  user_agent: 1,
  referer: 2,
  proxy: 3,
  request_id: 4,
  upgrade: 5,
  type: 6,
  coding: 7,
  grpc_status: 8,
  grpc_message: 9,
  trace: 10,
} as const;

const CONTENT_LENGTH = -1;
const TRANSFER_ENCODING = -2;
const NONE = -3;
const COLON = 58;
const COMMA = 44;

interface Wanted {
  name: string;
  field: number;
}

/** What of the header section says where the body ends. */
export interface Framing {
  /** -1 absent, -2 invalid or contradictory (RFC 9112 section 6.3, rule 5). */
  content_length: number;
  /** "chunked" is the final transfer coding. */
  chunked: boolean;
  /** There is a transfer coding, but the final one is not "chunked". */
  unframed_coding: boolean;
}

export class Head implements Framing {
  content_length = -1;
  chunked = false;
  unframed_coding = false;
  /** Slot of the first of the fields that tell an API. */
  readonly signs: number;
  /** After `read` ran out of bytes: where the first unfinished line begins. */
  unfinished = 0;

  private readonly wanted: (Wanted[] | undefined)[] = [];
  private readonly from: number[] = [];
  private readonly to: number[] = [];
  private last_field = NONE;

  constructor(options: ParseOptions) {
    this.want('content-length', CONTENT_LENGTH);
    this.want('transfer-encoding', TRANSFER_ENCODING);
    this.want('host', FIELD.host);
    this.want('user-agent', FIELD.user_agent);
    this.want('referer', FIELD.referer);
    this.want(options.proxy_header, FIELD.proxy);
    this.want(options.request_id_header, FIELD.request_id);
    this.want('upgrade', FIELD.upgrade);
    this.want('content-type', FIELD.type);
    this.want('content-encoding', FIELD.coding);
    this.want('grpc-status', FIELD.grpc_status);
    this.want('grpc-message', FIELD.grpc_message);
    options.trace_headers.forEach((name, i) => {
      this.want(name, FIELD.trace + i);
    });
    this.signs = FIELD.trace + options.trace_headers.length;
    for (const [i, { field }] of SIGNS.entries()) this.want(field, this.signs + i);
    const fields = this.signs + SIGNS.length;
    for (let field = 0; field < fields; field++) {
      this.from.push(-1);
      this.to.push(-1);
    }
  }

  private want(name: string, field: number): void {
    if (name === '') return;
    const same_length = this.wanted[name.length] ?? [];
    same_length.push({ name, field });
    this.wanted[name.length] = same_length;
  }

  reset(): void {
    this.content_length = -1;
    this.chunked = false;
    this.unframed_coding = false;
    this.last_field = NONE;
    for (let field = 0; field < this.from.length; field++) this.from[field] = -1;
  }

  /** Reads header lines from `at` to the empty line; returns the index behind it, or -1 when `end` comes first. */
  read(bytes: Uint8Array, at: number, end: number): number {
    let line = at;
    for (;;) {
      this.unfinished = line;
      let colon = line;
      let byte = -1;
      while (colon < end) {
        byte = bytes[colon]!;
        if (byte === COLON || byte === LF) break;
        colon++;
      }
      if (colon >= end) return -1;
      let line_end = colon;
      if (byte === COLON) {
        while (line_end < end && bytes[line_end] !== LF) line_end++;
        if (line_end >= end) return -1;
      } else if (line_end === line || (line_end === line + 1 && bytes[line] === CR)) {
        return line_end + 1;
      }
      this.line(bytes, line, colon, line_end);
      line = line_end + 1;
    }
  }

  /** Id of the card whose API a field tells; 0: none does. */
  kind(): number {
    for (let i = 0; i < SIGNS.length; i++) if (this.from[this.signs + i]! >= 0) return SIGNS[i]!.kind;
    return 0;
  }

  has(field: number): boolean {
    return this.from[field]! >= 0;
  }

  start(field: number): number {
    return this.from[field]!;
  }

  end(field: number): number {
    return this.to[field]!;
  }

  text(bytes: Uint8Array, field: number, bytes_max: number): string {
    const value = utf8(bytes, this.from[field]!, this.to[field]!, bytes_max);
    // obs-fold is replaced by spaces before use (RFC 9112 section 5.2).
    return value.includes('\n') ? value.replace(/\r?\n[ \t]+/g, ' ') : value;
  }

  private line(bytes: Uint8Array, start: number, colon: number, line_end: number): void {
    const first = bytes[start];
    if (first === SPACE || first === TAB) {
      if (this.last_field >= 0) this.to[this.last_field] = trim_end(bytes, start, line_end);
      return;
    }
    this.last_field = NONE;
    const candidates = this.wanted[colon - start];
    if (candidates === undefined || colon === line_end) return;
    for (const { name, field } of candidates) {
      if (!starts_with_fold(bytes, start, colon, name)) continue;
      let from = colon + 1;
      while (from < line_end && (bytes[from] === SPACE || bytes[from] === TAB)) from++;
      const to = trim_end(bytes, from, line_end);
      if (field === CONTENT_LENGTH) this.add_content_length(bytes, from, to);
      else if (field === TRANSFER_ENCODING) this.add_transfer_encoding(bytes, from, to);
      else if (this.from[field] === -1) {
        this.from[field] = from;
        this.to[field] = to;
        this.last_field = field;
      }
    }
  }

  // Repeated equal values are tolerated, as a list or as lines (RFC 9110 section 8.6).
  private add_content_length(bytes: Uint8Array, from: number, to: number): void {
    let item = from;
    for (let at = from; at <= to; at++) {
      if (at < to && bytes[at] !== COMMA) continue;
      while (item < at && bytes[item] === SPACE) item++;
      const length = decimal(bytes, item, trim_end(bytes, item, at));
      if (length < 0 || (this.content_length !== -1 && this.content_length !== length)) this.content_length = -2;
      else this.content_length = length;
      item = at + 1;
    }
  }

  private add_transfer_encoding(bytes: Uint8Array, from: number, to: number): void {
    const last = to - 'chunked'.length;
    const separated = last === from || bytes[last - 1] === COMMA || bytes[last - 1] === SPACE;
    this.chunked = last >= from && separated && starts_with_fold(bytes, last, to, 'chunked');
    // "identity" was a coding of RFC 2616 that changes nothing.
    this.unframed_coding = !this.chunked && !starts_with_fold(bytes, from, to, 'identity');
  }
}

function trim_end(bytes: Uint8Array, from: number, to: number): number {
  let end = to;
  while (end > from && (bytes[end - 1] === SPACE || bytes[end - 1] === TAB || bytes[end - 1] === CR)) end--;
  return end;
}
