// Commands of either encoding, as far as rows need them, to their last byte (activemq.apache.org, "OpenWire Version 2
// Specification", and org.apache.activemq.openwire). Tight: what is yes or no, and how long numbers are, stands in a
// stream of bits at a command's beginning. Loose: every field by itself. Either way objects that come again are sent once
// and then by their number in a cache that both ends keep for each direction.
import { i32be, intern, u8, u16be, u32be } from '../bytes.ts';
import { is_marshal_aware } from './messages.ts';
import { type Field, fields_of, KIND, TAKE } from './schema.ts';

/** What the two ends agreed on. */
export interface Format {
  version: number;
  tight: boolean;
  cache: boolean;
  stack_traces: boolean;
  /** Commands have their length before them. */
  prefix: boolean;
}

export interface Command {
  type: number;
  command_id: number | undefined;
  /** Id of the command within: of a message that is delivered, the one that its producer gave it. */
  inner_id: number | undefined;
  response_required: boolean;
  /** Id of the command that a response belongs to. */
  answers: number | undefined;
  destination: string | undefined;
  /** JMS correlation id. */
  correlation: string | undefined;
  properties_at: number;
  properties_end: number;
  version: number;
  broker_url: string | undefined;
  client_id: string | undefined;
  subscription: string | undefined;
  error_class: string | undefined;
  error_text: string | undefined;
}

const DEPTH_MAX = 12;
const MAGIC_BYTES = 8;
const CACHE_ENTRIES_MAX = 16_384;
const TEXT_BYTES_MAX = 16_384;

/** Destinations that a direction of a connection gave numbers. */
export type Cache = Map<number, string>;

export class Decoder {
  /** Behind what was read. */
  at = 0;
  state: 'whole' | 'cut' | 'damaged' = 'whole';
  readonly #bytes: Uint8Array;
  readonly #end: number;
  readonly #format: Format;
  readonly #cache: Cache;
  /** What this command changes in the cache; a number without a destination is forgotten. */
  #news: [index: number, name: string | undefined][] | undefined = undefined;
  #bits_at = 0;
  #bits_end = 0;
  #bit = 0;
  #depth = 0;
  readonly command: Command;

  constructor(bytes: Uint8Array, end: number, format: Format, cache: Cache) {
    this.#bytes = bytes;
    this.#end = end;
    this.#format = format;
    this.#cache = cache;
    this.command = new_command();
  }

  /** The command whose type stands at `at`. */
  read(at: number): void {
    this.at = at;
    const type = this.#u8();
    this.command.type = type;
    const fields = fields_of(type, this.#format.version);
    if (fields === undefined) this.#fail();
    else {
      if (this.#format.tight) this.#open_bits();
      this.#fields(fields);
    }
  }

  /** Makes what the command put into the cache known to those that follow. */
  commit(): void {
    for (const [index, name] of this.#news ?? []) {
      this.#cache.delete(index);
      if (name === undefined) continue;
      if (this.#cache.size >= CACHE_ENTRIES_MAX) this.#cache.delete(this.#cache.keys().next().value!);
      this.#cache.set(index, name);
    }
  }

  get #going(): boolean {
    return this.state === 'whole';
  }

  #fail(): void {
    this.state = 'damaged';
  }

  /** Moves past `n` bytes; false when they are not all there. */
  #pass(n: number): boolean {
    if (n < 0) this.#fail();
    else if (this.at + n > this.#end) this.state = 'cut';
    if (this.state !== 'whole') return false;
    this.at += n;
    return true;
  }

  #u8(): number {
    return this.#pass(1) ? u8(this.#bytes, this.at - 1) : 0;
  }

  #u16(): number {
    return this.#pass(2) ? u16be(this.#bytes, this.at - 2) : 0;
  }

  #u32(): number {
    return this.#pass(4) ? u32be(this.#bytes, this.at - 4) : 0;
  }

  #length(): number {
    return this.#pass(4) ? i32be(this.#bytes, this.at - 4) : 0;
  }

  /** The stream of bits: its length in one byte, or in one behind 0xc0, or in two behind 0x80; lowest bits first. */
  #open_bits(): void {
    const first = this.#u8();
    const length = first === 0xc0 ? this.#u8() : first === 0x80 ? this.#u16() : first;
    this.#bits_at = this.at;
    this.#bit = 0;
    this.#pass(length);
    this.#bits_end = this.at;
  }

  #flag(): boolean {
    if (!this.#format.tight) {
      const byte = this.#u8();
      if (byte > 1) this.#fail();
      return byte === 1 && this.#going;
    }
    if (this.#bits_at >= this.#bits_end) {
      if (this.#going) this.#fail();
      return false;
    }
    const set = (u8(this.#bytes, this.#bits_at) >> this.#bit) & 1;
    if (++this.#bit === 8) {
      this.#bit = 0;
      this.#bits_at++;
    }
    return set === 1;
  }

  #fields(fields: readonly Field[]): string | undefined {
    let name: string | undefined;
    for (let i = 0; i < fields.length && this.#going; i++) {
      const { kind, take } = fields[i]!;
      switch (kind) {
        case KIND.bool: {
          const set = this.#flag();
          if (take === TAKE.response_required && this.#depth === 0) this.command.response_required = set;
          break;
        }
        case KIND.byte:
          this.#pass(1);
          break;
        case KIND.int:
          this.#int(take);
          break;
        case KIND.long:
          this.#long();
          break;
        case KIND.text:
          if (take === TAKE.name) name = this.#text(true);
          else this.#take_text(take);
          break;
        case KIND.bytes:
          this.#octets(take);
          break;
        case KIND.magic:
          this.#pass(MAGIC_BYTES);
          break;
        case KIND.error:
          this.#error(0);
          break;
        default:
          this.#object_field(kind, take);
      }
    }
    return name;
  }

  #object_field(kind: number, take: number): void {
    if (kind === KIND.objects) {
      const count = this.#flag() ? this.#u16() : 0;
      for (let n = 0; n < count && this.#going; n++) this.#object();
      return;
    }
    const name = kind === KIND.cached ? this.#cached() : this.#object();
    if (take === TAKE.destination && name !== undefined) this.command.destination ??= name;
  }

  #int(take: number): void {
    const value = this.#u32();
    if (!this.#going) return;
    if (take === TAKE.command_id && this.#depth === 0) this.command.command_id = value;
    else if (take === TAKE.command_id) this.command.inner_id = value;
    else if (take === TAKE.answers) this.command.answers = value;
    else if (take === TAKE.version) this.command.version = value;
  }

  #long(): void {
    if (!this.#format.tight) {
      this.#pass(8);
      return;
    }
    const [large, full] = [this.#flag(), this.#flag()];
    if (large) this.#pass(full ? 8 : 4);
    else if (full) this.#pass(2);
  }

  #text(wanted: boolean): string | undefined {
    if (!this.#flag()) return undefined;
    // Whether it is all ASCII; the bytes are the same.
    if (this.#format.tight) this.#flag();
    const length = this.#u16();
    if (!this.#pass(length) || !wanted) return undefined;
    return intern(this.#bytes, this.at - length, this.at, TEXT_BYTES_MAX);
  }

  #take_text(take: number): void {
    const text = this.#text(take !== TAKE.nothing);
    if (text === undefined) return;
    if (take === TAKE.correlation) this.command.correlation = text;
    else if (take === TAKE.broker_url) this.command.broker_url ??= text;
    else if (take === TAKE.client_id) this.command.client_id ??= text;
    else if (take === TAKE.subscription) this.command.subscription ??= text;
  }

  #octets(take: number): void {
    if (!this.#flag()) return;
    const length = this.#length();
    const from = this.at;
    if (!this.#pass(length) || take !== TAKE.properties) return;
    this.command.properties_at = from;
    this.command.properties_end = this.at;
  }

  #object(): string | undefined {
    if (!this.#flag()) return undefined;
    const type = this.#u8();
    const fields = fields_of(type, this.#format.version);
    if (fields === undefined || this.#depth >= DEPTH_MAX) {
      if (this.#going) this.#fail();
      return undefined;
    }
    this.#depth++;
    let name: string | undefined;
    if (this.#format.tight && is_marshal_aware(type) && this.#flag()) {
      const [bits_at, bits_end, bit] = [this.#bits_at, this.#bits_end, this.#bit];
      // Its length and its type again.
      this.#pass(5);
      this.#open_bits();
      name = this.#fields(fields);
      [this.#bits_at, this.#bits_end, this.#bit] = [bits_at, bits_end, bit];
    } else {
      name = this.#fields(fields);
    }
    this.#depth--;
    return name;
  }

  #cached(): string | undefined {
    if (!this.#format.cache) return this.#object();
    const is_new = this.#flag();
    const index = this.#u16();
    if (!is_new) return this.#going ? this.#known(index) : undefined;
    const name = this.#object();
    // 0xffff: there was no room.
    if (this.#going && index !== 0xffff) {
      this.#news ??= [];
      this.#news.push([index, name]);
    }
    return name;
  }

  #known(index: number): string | undefined {
    const here = this.#news?.findLast(([number]) => number === index);
    return here === undefined ? this.#cache.get(index) : here[1];
  }

  /** Class, message; then perhaps where it was thrown, and what caused it. */
  #error(depth: number): void {
    if (!this.#flag()) return;
    const [error_class, text] = [this.#text(depth === 0), this.#text(depth === 0)];
    if (depth === 0) {
      this.command.error_class = error_class ?? '';
      this.command.error_text = text;
    }
    if (!this.#format.stack_traces) return;
    const count = this.#u16();
    for (let n = 0; n < count && this.#going; n++) {
      for (let i = 0; i < 3; i++) this.#text(false);
      this.#pass(4);
    }
    if (depth >= DEPTH_MAX) this.#fail();
    else if (this.#going) this.#error(depth + 1);
  }
}

const new_command = (): Command => ({
  type: 0,
  command_id: undefined,
  inner_id: undefined,
  response_required: false,
  answers: undefined,
  destination: undefined,
  correlation: undefined,
  properties_at: 0,
  properties_end: 0,
  version: 0,
  broker_url: undefined,
  client_id: undefined,
  subscription: undefined,
  error_class: undefined,
  error_text: undefined,
});
