// A reply: lines of one code, all but the last with '-' behind it (RFC 5321 section 4.2.1).
import { u8, utf8 } from '../bytes.ts';
import { is_text } from '../lines/line-reader.ts';
import { mask_addresses } from '../mail/address.ts';
import { type Message, MESSAGE_TYPE, new_message, type ParseOptions, STATUS, type Status } from '../protocol.ts';
import { REPLIES } from './messages.ts';

const TEXT_CHARACTERS_MAX = 1024;
const GREETING = 220;
const MINUS = 45;
const SPACE = 32;
const DOT = 46;
const ENHANCED = ['enhanced_status_code'];

export function status_of(code: number): Status {
  if (code < 400) return STATUS.ok;
  return code < 500 ? STATUS.server_error : STATUS.client_error;
}

/** Code of the reply line in [start, stop): negative when further lines follow, 0 when it is no such line. */
export function code_at(bytes: Uint8Array, start: number, stop: number): number {
  if (stop - start < 3) return 0;
  // Codes are 2yz to 5yz, y is 0 to 5 (RFC 5321 section 4.2).
  const [x, y, z] = [u8(bytes, start) - 48, u8(bytes, start + 1) - 48, u8(bytes, start + 2) - 48];
  if (x < 2 || x > 5 || y < 0 || y > 5 || z < 0 || z > 9 || !is_text(bytes, start + 3, stop)) return 0;
  const code = x * 100 + y * 10 + z;
  if (stop - start === 3 || bytes[start + 3] === SPACE) return code;
  return bytes[start + 3] === MINUS ? -code : 0;
}

export class Reply {
  code = 0;
  /** Lines so far; 0: none is under way. */
  lines = 0;
  bytes = 0;
  text = '';
  enhanced = '';

  get inside(): boolean {
    return this.lines > 0;
  }

  forget(): void {
    this.lines = 0;
    this.bytes = 0;
    this.text = '';
    this.enhanced = '';
  }

  /** Takes the line in [start, stop) of `size` bytes; true when it is the reply's last. `wanted`: a success's text, too. */
  add(bytes: Uint8Array, start: number, stop: number, size: number, code: number, wanted: boolean): boolean {
    this.code = Math.abs(code);
    this.bytes += size;
    this.lines++;
    let at = start + 4;
    const enhanced = enhanced_end(bytes, at, stop, this.code);
    if (enhanced > 0) {
      if (this.lines === 1) this.enhanced = utf8(bytes, at, enhanced, 16);
      else if (this.code >= 400) at = Math.min(stop, enhanced + 1);
    }
    if (at < stop) this.#add_text(bytes, at, stop, wanted);
    return code > 0;
  }

  /** All that a refusal says; of a success the last line, of a greeting the first. */
  #add_text(bytes: Uint8Array, at: number, stop: number, wanted: boolean): void {
    const refused = this.code >= 400;
    if (!refused && !wanted) return;
    if (this.lines > 1 && (this.code === GREETING || this.text.length >= TEXT_CHARACTERS_MAX)) return;
    const line = utf8(bytes, at, stop, TEXT_CHARACTERS_MAX);
    this.text = refused && this.text !== '' ? `${this.text} ${line}` : line;
  }

  /** `own_words`: the server's text may be told; it could repeat what the client sent. */
  message(own_words: boolean, options: ParseOptions): Message {
    const { code } = this;
    const message = new_message(MESSAGE_TYPE.response, status_of(code));
    message.response_code = code;
    message.length = this.bytes;
    if (code >= 400) {
      const said = own_words && this.text !== '' ? this.told(options) : REPLIES[code];
      if (said !== undefined) message.response_exception = said;
    }
    if (this.enhanced !== '') {
      message.attribute_names = ENHANCED;
      message.attribute_values = [this.enhanced];
    }
    return message;
  }

  told(options: ParseOptions): string {
    const text = options.redact ? mask_addresses(this.text) : this.text;
    return text.slice(0, Math.min(TEXT_CHARACTERS_MAX, options.string_bytes_max));
  }
}

/** End of an enhanced status code (RFC 2034: class "." subject "." detail) at `at`, 0 when there is none. */
function enhanced_end(bytes: Uint8Array, at: number, stop: number, code: number): number {
  if (stop - at < 5 || u8(bytes, at) - 48 !== Math.floor(code / 100) || bytes[at + 1] !== DOT) return 0;
  let to = digits_end(bytes, at + 2, stop);
  if (to === at + 2 || bytes[to] !== DOT) return 0;
  const detail = to + 1;
  to = digits_end(bytes, detail, stop);
  return to > detail && (to === stop || bytes[to] === SPACE) ? to : 0;
}

/** Subject and detail have at most three digits. */
function digits_end(bytes: Uint8Array, at: number, stop: number): number {
  let to = at;
  while (to < stop && to < at + 3 && u8(bytes, to) >= 48 && u8(bytes, to) <= 57) to++;
  return to;
}
