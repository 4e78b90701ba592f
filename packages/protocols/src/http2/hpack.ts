// HPACK (RFC 7541), decoding side, for an observer that may have come late: the dynamic table then begins empty, and what
// stands behind its known entries is unknown. Indexes count from the newest entry, so an entry whose insertion was seen
// is always found; an index beyond them gives an unknown field, never a wrong one. Values are kept only of the fields
// that rows need.
import { intern } from '../bytes.ts';
import { decode_huffman, decoded_bytes_max, huffman_size } from './huffman.ts';
import { STATIC_TABLE } from './static-table.ts';

/** Slot of a field that nobody wants; its value is not kept. */
export const SLOT_NONE = -1;
/** Slot of a field whose name is unknown. */
export const SLOT_UNKNOWN = -2;

export interface FieldSink {
  /** Number under which the values of `name` are wanted, or SLOT_NONE. */
  slot_of(name: string): number;
  /** One field in order; `value` is undefined where unknown, and where not wanted. */
  put(slot: number, value: string | undefined): void;
}

/** 'cut': the block ends within a field. 'bad': no header block. */
export type Decoded = 'ok' | 'cut' | 'bad';

/** SETTINGS_HEADER_TABLE_SIZE until changed (RFC 9113 section 6.5.2). */
const TABLE_BYTES_DEFAULT = 4096;
/** Entries beyond this are forgotten even where the peers keep them. */
const TABLE_BYTES_KEPT = 65_536;
/** RFC 7541 section 4.1. */
const ENTRY_OVERHEAD = 32;
const INTEGER_MAX = 2 ** 28;
const STRING_BYTES_MAX = 16_384;
const STATIC_COUNT = STATIC_TABLE.length - 1;

interface Entry {
  slot: number;
  name_size: number;
  value: string | undefined;
  size: number;
}

let scratch = new Uint8Array(1024);

export class HpackDecoder {
  /** Whether every insertion of this direction was seen; an index beyond the table is then an error. */
  complete = true;

  private readonly sink: FieldSink;
  private readonly static_slots: readonly number[];
  /** Oldest first. */
  private entries: Entry[] = [];
  private size = 0;
  private size_max = TABLE_BYTES_DEFAULT;

  // Cursor of one `decode`, and what the last string said.
  private bytes: Uint8Array = scratch;
  private at = 0;
  private end = 0;
  private cut = false;
  private string_size = 0;

  constructor(sink: FieldSink, static_slots: readonly number[]) {
    this.sink = sink;
    this.static_slots = static_slots;
  }

  /** A connection begins: its table is empty. */
  begin(): void {
    this.forget();
    this.complete = true;
    this.size_max = TABLE_BYTES_DEFAULT;
  }

  /** Header blocks were missed: what the table holds by now is unknown. */
  forget(): void {
    this.complete = false;
    this.entries = [];
    this.size = 0;
    // A larger table than the peers' gives unknown fields at worst.
    this.size_max = TABLE_BYTES_KEPT;
  }

  /** Gives each field of the block in [start, end) to the sink. */
  decode(bytes: Uint8Array, start: number, end: number): Decoded {
    this.bytes = bytes;
    this.at = start;
    this.end = end;
    this.cut = false;
    let good = true;
    while (good && this.at < end) good = this.field(bytes[this.at]!);
    this.bytes = scratch;
    if (good) return 'ok';
    return this.cut ? 'cut' : 'bad';
  }

  /** One representation (RFC 7541 section 6). */
  private field(first: number): boolean {
    if (first >= 0x80) return this.indexed();
    if (first >= 0x40) return this.literal(6, true);
    if (first >= 0x20) return this.size_update();
    return this.literal(4, false);
  }

  private indexed(): boolean {
    const index = this.integer(7);
    if (index <= 0) return false;
    if (index <= STATIC_COUNT) {
      this.sink.put(this.static_slots[index]!, STATIC_TABLE[index]![1]);
      return true;
    }
    const entry = this.dynamic(index);
    if (entry !== undefined) this.sink.put(entry.slot, entry.value);
    else if (this.complete) return false;
    else this.sink.put(SLOT_UNKNOWN, undefined);
    return true;
  }

  private literal(prefix: 4 | 6, inserts: boolean): boolean {
    const index = this.integer(prefix);
    if (index < 0) return false;
    let slot = SLOT_UNKNOWN;
    let name_size = 0;
    if (index === 0) {
      const name = this.string(true);
      if (name === undefined) return false;
      name_size = this.string_size;
      slot = this.sink.slot_of(name);
    } else if (index <= STATIC_COUNT) {
      slot = this.static_slots[index]!;
      name_size = STATIC_TABLE[index]![0].length;
    } else {
      const entry = this.dynamic(index);
      if (entry === undefined && this.complete) return false;
      // The size of an unknown name is taken as 0: entries then stay longer than the peers keep them, which harms nothing.
      if (entry !== undefined) {
        slot = entry.slot;
        name_size = entry.name_size;
      }
    }
    const value = this.string(slot >= 0);
    if (value === undefined) return false;
    const kept = slot >= 0 ? value : undefined;
    const size = name_size + this.string_size + ENTRY_OVERHEAD;
    if (inserts) this.insert({ slot, name_size, value: kept, size });
    this.sink.put(slot, kept);
    return true;
  }

  /** RFC 7541 section 6.3. */
  private size_update(): boolean {
    const size = this.integer(5);
    if (size < 0) return false;
    if (size > TABLE_BYTES_KEPT) this.complete = false;
    this.size_max = Math.min(size, TABLE_BYTES_KEPT);
    this.evict();
    return true;
  }

  private dynamic(index: number): Entry | undefined {
    return this.entries[this.entries.length - (index - STATIC_COUNT)];
  }

  private insert(entry: Entry): void {
    this.entries.push(entry);
    this.size += entry.size;
    this.evict();
  }

  private evict(): void {
    let gone = 0;
    while (this.size > this.size_max && gone < this.entries.length) this.size -= this.entries[gone++]!.size;
    if (gone > 0) this.entries.splice(0, gone);
  }

  /** An integer with a prefix of so many bits (RFC 7541 section 5.1); -1 when there is none. */
  private integer(prefix: number): number {
    const { bytes, end } = this;
    if (this.at >= end) return this.out();
    const mask = (1 << prefix) - 1;
    let value = bytes[this.at++]! & mask;
    if (value < mask) return value;
    for (let shift = 0; shift <= 28; shift += 7) {
      if (this.at >= end) return this.out();
      const byte = bytes[this.at++]!;
      value += (byte & 0x7f) * 2 ** shift;
      if (value > INTEGER_MAX) return -1;
      if (byte < 0x80) return value;
    }
    return -1;
  }

  /** A string literal (RFC 7541 section 5.2); '' when not wanted; undefined when there is none. Sets `string_size`. */
  private string(wanted: boolean): string | undefined {
    const huffman = this.at < this.end && this.bytes[this.at]! >= 0x80;
    const length = this.integer(7);
    if (length < 0) return undefined;
    const from = this.at;
    if (length > this.end - from) {
      this.out();
      return undefined;
    }
    this.at = from + length;
    if (!huffman) {
      this.string_size = length;
      return wanted ? intern(this.bytes, from, this.at, STRING_BYTES_MAX) : '';
    }
    const size = wanted ? this.uncode(from) : huffman_size(this.bytes, from, this.at);
    if (size < 0) return undefined;
    this.string_size = size;
    return wanted ? intern(scratch, 0, size, STRING_BYTES_MAX) : '';
  }

  /** Decodes the string from there to the cursor into `scratch`; its length, or -1. */
  private uncode(from: number): number {
    const size_max = decoded_bytes_max(this.at - from);
    if (scratch.length < size_max) scratch = new Uint8Array(size_max * 2);
    return decode_huffman(this.bytes, from, this.at, scratch);
  }

  private out(): -1 {
    this.cut = true;
    return -1;
  }
}
