// An unwinding table out of .eh_frame (LSB, "Exception Frames"): one sorted list of (offset in the file, rule). It is made in slices,
// since a large program has half a million functions. Found through the segment PT_GNU_EH_FRAME, which no strip takes away.
import { type Elf, file_offset, SEGMENT, type Segment, section_named } from '../elf/elf.ts';
import { type Factors, initial_state, run_cfa, type State } from './cfa.ts';
import { Cursor, OMIT } from './cursor.ts';
import { CFA } from './rule.ts';

const EH_FRAME_BYTES_MAX = 64 << 20;
/** Of a file; what lies behind is as if it had no information. */
const ROWS_MAX = 2_000_000;
const SLICE_ENTRIES = 512;
/** Functions stand this far apart at most without anything between them. */
const PADDING_BYTES_MAX = 32;
const AUGMENTATION_CHARS_MAX = 16;

/** Rows as the kernel reads them: offset, rule, offset, rule ... */
export class TableRows {
  words = new Uint32Array(4096);
  count = 0;

  add(offset: number, rule: number): void {
    if (this.count > 0) {
      const last = (this.count - 1) * 2;
      if (this.words[last + 1] === rule) return;
      if (this.words[last] === offset) {
        this.words[last + 1] = rule;
        return;
      }
    }
    if (this.count >= ROWS_MAX) return;
    const rule_or_none = this.count === ROWS_MAX - 1 ? CFA.unknown : rule;
    if (this.count * 2 === this.words.length) {
      const grown = new Uint32Array(this.words.length * 2);
      grown.set(this.words);
      this.words = grown;
    }
    this.words[this.count * 2] = offset;
    this.words[this.count * 2 + 1] = rule_or_none;
    this.count++;
  }

  get view(): Uint32Array {
    return this.words.subarray(0, this.count * 2);
  }
}

interface Cie {
  readonly factors: Omit<Factors, 'here'>;
  readonly state: State;
  readonly has_augmentation: boolean;
}

/** Where .eh_frame lies: its address, and its bytes. */
interface Frames {
  readonly address: number;
  readonly bytes: Buffer;
}

/** Yields now and then; returns the rows, none when the file has no information. Does not throw. */
export function* unwind_table(elf: Elf): Generator<void, TableRows> {
  const rows = new TableRows();
  const frames = find_frames(elf);
  if (frames === undefined) return rows;
  const entries = new Entries(frames);
  const found: { start: number; at: number }[] = [];
  for (let at = 0, n = 0; at >= 0; n++) {
    const entry = entries.at(at);
    if (entry === undefined) break;
    if (entry.fde) found.push({ start: entries.start(entry), at });
    at = entry.next;
    if (n % (SLICE_ENTRIES * 8) === 0) yield;
  }
  found.sort((a, b) => a.start - b.start);
  yield;
  const out = new Functions(elf.segments, rows);
  for (let n = 0; n < found.length; n++) {
    entries.rows(found[n]!.at, out);
    if (n % SLICE_ENTRIES === 0) yield;
  }
  out.finish();
  return rows;
}

function find_frames(elf: Elf): Frames | undefined {
  const section = section_named(elf, '.eh_frame');
  const segment = elf.segments.find((s) => s.type === SEGMENT.eh_frame);
  let address = section?.address ?? 0;
  let size = section?.bytes ?? 0;
  if (section === undefined && segment !== undefined) {
    // version, encodings of pointer, count and table; then the pointer
    const head = elf.source.read(segment.offset, 16);
    if (head.length < 16 || head[0] !== 1) return undefined;
    address = new Cursor(head, 4, 16).pointer(head[1]!, segment.address, segment.address);
    size = EH_FRAME_BYTES_MAX;
  }
  const offset = file_offset(elf.segments, address);
  if (offset < 0 || address === 0 || size === 0) return undefined;
  const load = elf.segments.find(
    (s) => s.type === SEGMENT.load && offset >= s.offset && offset < s.offset + s.file_bytes,
  );
  const rest = load === undefined ? 0 : load.offset + load.file_bytes - offset;
  const bytes = elf.source.read(offset, Math.min(size, rest, EH_FRAME_BYTES_MAX));
  return bytes.length === 0 ? undefined : { address, bytes };
}

interface Entry {
  readonly fde: boolean;
  readonly at: number;
  /** First byte behind length and CIE pointer. */
  readonly body: number;
  readonly end: number;
  readonly next: number;
  readonly cie: number;
}

class Entries {
  private readonly address: number;
  private readonly bytes: Buffer;
  private readonly cies = new Map<number, Cie | undefined>();

  constructor(frames: Frames) {
    this.address = frames.address;
    this.bytes = frames.bytes;
  }

  /** Undefined at the end, or where the bytes are no entry. */
  at(at: number): Entry | undefined {
    const cursor = new Cursor(this.bytes, at, this.bytes.length);
    let length = cursor.u32();
    if (length === 0xffffffff) length = cursor.i64();
    const begin = cursor.at;
    const id = cursor.u32();
    const end = begin + length;
    if (cursor.failed || length < 4 || end > this.bytes.length) return undefined;
    return { fde: id !== 0, at, body: cursor.at, end, next: end, cie: begin - id };
  }

  /** First address of a function; -1 when it cannot be told. */
  start(entry: Entry): number {
    const cie = this.cie(entry.cie);
    if (cie === undefined) return -1;
    const cursor = new Cursor(this.bytes, entry.body, entry.end);
    const start = cursor.pointer(cie.factors.encoding, this.address, 0);
    return cursor.failed ? -1 : start;
  }

  rows(at: number, out: Functions): void {
    const entry = this.at(at);
    const cie = entry && this.cie(entry.cie);
    if (entry === undefined || cie === undefined) return;
    const cursor = new Cursor(this.bytes, entry.body, entry.end);
    const { factors } = cie;
    const start = cursor.pointer(factors.encoding, this.address, 0);
    const bytes = cursor.pointer(factors.encoding & 15, 0, 0);
    if (cie.has_augmentation) cursor.skip(cursor.uleb());
    // Linkers leave the entries of functions that they threw away, at address 0.
    if (cursor.failed || start <= 0 || bytes <= 0 || !out.begin(start, bytes)) return;
    const on_row = (address: number, rule: number): void => out.row(address, rule);
    run_cfa(cursor, { ...factors, here: this.address }, { ...cie.state }, cie.state, start, on_row);
  }

  private cie(at: number): Cie | undefined {
    if (!this.cies.has(at)) this.cies.set(at, this.read_cie(at));
    return this.cies.get(at);
  }

  private read_cie(at: number): Cie | undefined {
    const entry = at >= 0 ? this.at(at) : undefined;
    if (entry === undefined || entry.fde) return undefined;
    const cursor = new Cursor(this.bytes, entry.body, entry.end);
    const version = cursor.u8();
    let augmentation = '';
    for (let c = cursor.u8(); c !== 0; c = cursor.u8()) {
      if (cursor.failed || augmentation.length >= AUGMENTATION_CHARS_MAX) return undefined;
      augmentation += String.fromCharCode(c);
    }
    const code = cursor.uleb();
    const data = cursor.sleb();
    if (version === 1) cursor.u8();
    else cursor.uleb();
    const encoding = this.augmentation(augmentation, cursor);
    if (encoding === undefined || cursor.failed || (version !== 1 && version !== 3)) return undefined;
    const factors = { code, data, encoding };
    const state = initial_state();
    run_cfa(cursor, { ...factors, here: this.address }, state, initial_state(), 0, () => {});
    return cursor.failed ? undefined : { factors, state, has_augmentation: augmentation.startsWith('z') };
  }

  /** Reads the augmentation's data; the encoding of addresses. Undefined when it is not understood. */
  private augmentation(letters: string, cursor: Cursor): number | undefined {
    if (letters === '') return 0;
    if (!letters.startsWith('z')) return undefined;
    const end = cursor.uleb() + cursor.at;
    let encoding = 0;
    for (const letter of letters.slice(1)) {
      if (letter === 'R') encoding = cursor.u8();
      else if (letter === 'L') cursor.u8();
      else if (letter === 'P') cursor.pointer(cursor.u8() & 0x7f, 0, 0);
      else if (letter !== 'S' && letter !== 'B') break;
    }
    if (encoding === OMIT || end < cursor.at) return undefined;
    cursor.at = end;
    return encoding;
  }
}

/** Functions in the order of their addresses, as rows without holes. */
class Functions {
  private readonly segments: readonly Segment[];
  private readonly out: TableRows;
  /** Of the function begun last: what to subtract from an address to have its offset, and its end. */
  private slide = 0;
  private end = -1;

  constructor(segments: readonly Segment[], out: TableRows) {
    this.segments = segments;
    this.out = out;
  }

  /** False when no rows of it are wanted. */
  begin(start: number, bytes: number): boolean {
    const offset = file_offset(this.segments, start);
    if (offset < 0 || offset + bytes >= 2 ** 32) return false;
    const before = this.end < 0 ? -1 : this.end - this.slide;
    if (offset < before) return false;
    if (before >= 0 && offset - before > PADDING_BYTES_MAX) this.out.add(before, CFA.unknown);
    this.slide = start - offset;
    this.end = start + bytes;
    return true;
  }

  row(address: number, rule: number): void {
    if (address < this.end) this.out.add(address - this.slide, rule);
  }

  finish(): void {
    if (this.end >= 0) this.out.add(this.end - this.slide, CFA.unknown);
  }
}
