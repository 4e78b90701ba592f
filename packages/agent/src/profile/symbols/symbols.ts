// Functions of a file by their place in it. Names stay in the string table as they were read; nothing is made a function.
import { type Elf, file_offset, SECTION, type Section, section_bytes, text_at } from '../elf/elf.ts';

const SYMBOL_BYTES = 24;
const TABLE_BYTES_MAX = 96 << 20;
const NAME_CHARS_MAX = 4096;
const SLICE_SYMBOLS = 16_384;
// System V ABI, "Symbol Table"; GNU's indirect functions
const TYPE = { none: 0, function: 2, indirect: 10 } as const;
const BINDING = { global: 1, weak: 2 } as const;
const THUMB_NAMES = /^(?:\$|\.L)/;

export class Symbols {
  /** Sorted offsets in the file, and sizes (0 = unknown), and where each name begins in `names`. */
  private readonly starts: Uint32Array;
  private readonly sizes: Uint32Array;
  private readonly places: Uint32Array;
  private readonly names: Buffer;

  constructor(starts: Uint32Array, sizes: Uint32Array, places: Uint32Array, names: Buffer) {
    this.starts = starts;
    this.sizes = sizes;
    this.places = places;
    this.names = names;
  }

  get count(): number {
    return this.starts.length;
  }

  get bytes(): number {
    return this.names.length + this.starts.length * 12;
  }

  /** Name of the function at an offset; '' when there is none. */
  name(offset: number): string {
    let [low, high] = [0, this.starts.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.starts[middle]! <= offset) low = middle + 1;
      else high = middle;
    }
    const at = low - 1;
    if (at < 0) return '';
    const size = this.sizes[at]!;
    if (size > 0 && offset >= this.starts[at]! + size) return '';
    // A version of the symbol, as debug files write it: clock_gettime@@GLIBC_2.17
    return text_at(this.names, this.places[at]!, NAME_CHARS_MAX).replace(/@.*/, '');
  }
}

interface Found {
  start: number;
  size: number;
  place: number;
  rank: number;
}

/**
 * Yields now and then. `placed` is the file that was mapped: `elf` may be another one with its symbols. Of several names of one
 * place the one wins that people know: sized, global, with the fewest underscores before it.
 */
export function* symbols_of(elf: Elf, placed: Elf): Generator<void, Symbols | undefined> {
  const section =
    elf.sections.find((s) => s.type === SECTION.symbols && s.bytes > 0) ??
    elf.sections.find((s) => s.type === SECTION.dynamic_symbols);
  if (section === undefined) return undefined;
  const table = section_bytes(elf, section, TABLE_BYTES_MAX);
  const names = section_bytes(elf, elf.sections[section.link], TABLE_BYTES_MAX);
  const found: Found[] = [];
  for (let at = 0; at + SYMBOL_BYTES <= table.length; at += SYMBOL_BYTES) {
    const symbol = read_symbol(table, at, names, placed);
    if (symbol !== undefined) found.push(symbol);
    if (at % (SYMBOL_BYTES * SLICE_SYMBOLS) === 0) yield;
  }
  found.sort((a, b) => a.start - b.start || b.rank - a.rank);
  yield;
  const kept = found.filter((symbol, i) => i === 0 || symbol.start !== found[i - 1]!.start);
  const column = (of: (symbol: Found) => number): Uint32Array => Uint32Array.from(kept, of);
  // A copy: a slice of what was read would hold all of it.
  return new Symbols(
    column((s) => s.start),
    column((s) => s.size),
    column((s) => s.place),
    Buffer.from(names),
  );
}

function read_symbol(table: Buffer, at: number, names: Buffer, placed: Elf): Found | undefined {
  const info = table[at + 4]!;
  const type = info & 15;
  const section = table.readUInt16LE(at + 6);
  if (section === 0 || (type !== TYPE.function && type !== TYPE.indirect && type !== TYPE.none)) return undefined;
  const place = table.readUInt32LE(at);
  const size = table.readUInt32LE(at + 16);
  const address = table.readUInt32LE(at + 8) + table.readUInt32LE(at + 12) * 2 ** 32;
  if (place >= names.length || names[place] === 0 || address === 0) return undefined;
  if (type === TYPE.none && THUMB_NAMES.test(text_at(names, place, 3))) return undefined;
  const start = file_offset(placed.segments, address);
  if (start < 0 || start >= 2 ** 32) return undefined;
  const binding = info >> 4;
  let underscores = 0;
  while (underscores < 8 && names[place + underscores] === 0x5f) underscores++;
  const rank =
    (type !== TYPE.none ? 64 : 0) +
    (size > 0 ? 32 : 0) +
    (binding === BINDING.global ? 16 : binding === BINDING.weak ? 12 : 0) +
    8 -
    underscores;
  return { start, size, place, rank };
}

export const has_symbols = (sections: readonly Section[]): boolean =>
  sections.some((s) => s.type === SECTION.symbols && s.bytes > 0);
