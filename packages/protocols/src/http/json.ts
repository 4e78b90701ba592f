// Finds a few scalar values in JSON text that comes in pieces (RFC 8259). Nothing else of it is kept, so that neither
// questions nor answers ever are; the work is one look at each byte.

/** Text of a scalar at a path such as "usage.prompt_tokens"; steps into an array read "[]". */
export type OnValue = (path: string, text: string) => void;

export interface JsonLimits {
  /** Wanted values lie no deeper. */
  depth: number;
  text_bytes: number;
  /** Longer texts are given as far as `text_bytes`; else they are left out. */
  cut: boolean;
}
/** Shallow enough to spare the numbers of embeddings. */
const LIMITS: JsonLimits = { depth: 3, text_bytes: 128, cut: false };
const QUOTE = 34;
const BACKSLASH = 92;
const COMMA = 44;
const COLON = 58;
const OPEN = new Set([91, 123]);
const CLOSE = new Set([93, 125]);
const ARRAY = 91;

export class JsonScan {
  private readonly on_value: OnValue;
  private readonly limits: JsonLimits;
  /** Steps of the path down to the value at hand; those that are too deep are only counted. */
  private readonly steps: string[] = [];
  private depth = 0;
  private in_string = false;
  private escaped = false;
  private text = '';
  private too_long = false;
  private has_text = false;

  constructor(on_value: OnValue, limits = LIMITS) {
    this.on_value = on_value;
    this.limits = limits;
  }

  reset(): void {
    this.steps.length = 0;
    this.depth = 0;
    this.in_string = false;
    this.escaped = false;
    this.forget();
  }

  write(bytes: Uint8Array, start: number, end: number): void {
    for (let at = start; at < end; at++) {
      const byte = bytes[at]!;
      // Most of such bodies is long text.
      const skips = this.in_string && (this.too_long || this.depth > this.limits.depth) && !this.escaped;
      if (skips && byte !== QUOTE && byte !== BACKSLASH) continue;
      if (this.in_string) this.string(byte);
      else if (byte === QUOTE) this.open_string();
      else if (byte > 32) this.structure(byte);
    }
  }

  private string(byte: number): void {
    if (this.escaped) this.escaped = false;
    else if (byte === BACKSLASH) this.escaped = true;
    else if (byte === QUOTE) {
      this.in_string = false;
      return;
    }
    this.add(byte);
  }

  private open_string(): void {
    this.in_string = true;
    this.forget();
    this.has_text = true;
  }

  private structure(byte: number): void {
    if (OPEN.has(byte)) {
      this.depth++;
      if (this.depth <= this.limits.depth) this.steps[this.depth - 1] = byte === ARRAY ? '[]' : '';
      this.forget();
    } else if (CLOSE.has(byte)) {
      this.value();
      this.depth = Math.max(0, this.depth - 1);
    } else if (byte === COMMA) {
      this.value();
    } else if (byte === COLON) {
      if (this.depth > 0 && this.depth <= this.limits.depth) this.steps[this.depth - 1] = this.text;
      this.forget();
    } else {
      this.has_text = true;
      this.add(byte);
    }
  }

  private add(byte: number): void {
    if (this.depth > this.limits.depth || this.too_long) return;
    if (this.text.length < this.limits.text_bytes) this.text += String.fromCharCode(byte);
    else this.too_long = true;
  }

  private value(): void {
    if (this.has_text && (!this.too_long || this.limits.cut) && this.depth > 0 && this.depth <= this.limits.depth) {
      this.on_value(this.steps.slice(0, this.depth).join('.'), this.text);
    }
    this.forget();
  }

  private forget(): void {
    this.text = '';
    this.too_long = false;
    this.has_text = false;
  }
}
