// The members of one JSON object (RFC 8259) in bytes, without making anything of those that nobody asks for.
import { intern, u8, utf8 } from '../bytes.ts';

const [QUOTE, BACKSLASH, COMMA, COLON] = [34, 92, 44, 58] as const;
const [OPEN, CLOSE, OPEN_LIST, CLOSE_LIST] = [123, 125, 91, 93] as const;

export class JsonMembers {
  /** Of the member that `next` found; texts without their quotes. */
  value_start = 0;
  value_end = 0;
  kind: 'text' | 'object' | 'other' = 'other';
  /** Whether the object has been read to its end, without fault; then `at` is behind it. */
  ended = false;
  at: number;
  readonly #bytes: Uint8Array;
  readonly #end: number;
  #key_start = 0;
  #key_end = 0;
  #escaped = false;
  #first = true;

  constructor(bytes: Uint8Array, at: number, end: number) {
    this.#bytes = bytes;
    this.#end = end;
    this.at = at;
  }

  /** Moves to the next member; false when there is none, or when the bytes are no JSON. */
  next(): boolean {
    const bytes = this.#bytes;
    if (this.#first && this.#byte() !== OPEN) return false;
    if (!this.#first) {
      const separator = this.#byte();
      if (separator === CLOSE) return this.#finish();
      if (separator !== COMMA) return false;
    }
    this.at++;
    const byte = this.#byte();
    if (this.#first && byte === CLOSE) return this.#finish();
    this.#first = false;
    if (byte !== QUOTE) return false;
    this.#key_start = this.at + 1;
    if (!this.#pass_text()) return false;
    this.#key_end = this.at - 1;
    if (this.#byte() !== COLON) return false;
    this.at++;
    const begins = this.#byte();
    this.value_start = this.at;
    if (begins === QUOTE) {
      this.kind = 'text';
      this.value_start++;
      if (!this.#pass_text()) return false;
      this.value_end = this.at - 1;
      return true;
    }
    this.kind = begins === OPEN ? 'object' : 'other';
    const whole = begins === OPEN || begins === OPEN_LIST ? this.#pass_nested() : this.#pass_literal(bytes);
    this.value_end = this.at;
    return whole;
  }

  key(): string {
    return intern(this.#bytes, this.#key_start, this.#key_end);
  }

  /** A text, or a number or literal as it is written; `null` is nothing. */
  text(bytes_max: number): string | undefined {
    if (this.kind === 'object') return undefined;
    const { value_start, value_end } = this;
    if (this.kind === 'text' && this.#escaped) return plain_text(utf8(this.#bytes, value_start, value_end), bytes_max);
    const text = intern(this.#bytes, value_start, value_end, bytes_max);
    return this.kind === 'other' && text === 'null' ? undefined : text;
  }

  /** A whole number, as such or as a text; NaN when it is none. */
  number(): number {
    const { value_start, value_end } = this;
    const negative = u8(this.#bytes, value_start) === 45;
    let value = 0;
    let at = negative ? value_start + 1 : value_start;
    if (at >= value_end || value_end - at > 15) return Number.NaN;
    for (; at < value_end; at++) {
      const digit = u8(this.#bytes, at) - 48;
      if (digit < 0 || digit > 9) return Number.NaN;
      value = value * 10 + digit;
    }
    return negative ? -value : value;
  }

  #finish(): false {
    this.at++;
    this.ended = true;
    return false;
  }

  /** The next byte that is no white space; 0 at the end. */
  #byte(): number {
    const bytes = this.#bytes;
    for (; this.at < this.#end; this.at++) {
      const byte = bytes[this.at]!;
      if (byte !== 32 && byte !== 10 && byte !== 13 && byte !== 9) return byte;
    }
    return 0;
  }

  /** From an opening quote to behind the closing one. */
  #pass_text(): boolean {
    const bytes = this.#bytes;
    this.#escaped = false;
    for (let at = this.at + 1; at < this.#end; at++) {
      const byte = bytes[at]!;
      if (byte === QUOTE) {
        this.at = at + 1;
        return true;
      }
      if (byte === BACKSLASH) {
        this.#escaped = true;
        at++;
      }
    }
    return false;
  }

  #pass_nested(): boolean {
    let depth = 0;
    while (this.at < this.#end) {
      const byte = this.#bytes[this.at]!;
      if (byte === QUOTE) {
        if (!this.#pass_text()) return false;
        continue;
      }
      this.at++;
      if (byte === OPEN || byte === OPEN_LIST) depth++;
      else if ((byte === CLOSE || byte === CLOSE_LIST) && --depth === 0) return true;
    }
    return false;
  }

  #pass_literal(bytes: Uint8Array): boolean {
    for (; this.at < this.#end; this.at++) {
      const byte = bytes[this.at]!;
      if (byte === COMMA || byte === CLOSE || byte <= 32) return this.at > this.value_start;
      if (byte === QUOTE || byte === COLON || byte === OPEN || byte === OPEN_LIST || byte > 126) return false;
    }
    return false;
  }
}

/** A text as it stands between its quotes; what is no JSON stays as it is. */
function plain_text(text: string, bytes_max: number): string {
  let plain = text;
  try {
    plain = JSON.parse(`"${text}"`) as string;
  } catch {
    // A control character or an escape that JSON does not know.
  }
  return plain.length * 3 <= bytes_max ? plain : cut(plain, bytes_max);
}

function cut(text: string, bytes_max: number): string {
  const bytes = Buffer.from(text);
  return utf8(bytes, 0, bytes.length, bytes_max);
}
