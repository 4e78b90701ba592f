// What profiling needs of an ELF file (System V ABI, "Object Files"; 64-bit little-endian only): segments, sections, and where an
// address lies in the file. Files come from anywhere: every size and offset is checked, and what does not fit is not there.
import type { ByteSource } from './source.ts';

const HEADERS_MAX = 65_535;
const SECTION_HEADER_BYTES = 64;
const PROGRAM_HEADER_BYTES = 56;
const NAME_BYTES_MAX = 256;
const STRINGS_BYTES_MAX = 1 << 20;

export const SEGMENT = { load: 1, note: 4, eh_frame: 0x6474e550 } as const;
export const SECTION = { symbols: 2, strings: 3, note: 7, no_bits: 8, dynamic_symbols: 11 } as const;
const EXECUTABLE = 1;

export interface Segment {
  readonly type: number;
  readonly executable: boolean;
  readonly offset: number;
  readonly address: number;
  readonly file_bytes: number;
}
export interface Section {
  readonly name: string;
  readonly type: number;
  readonly address: number;
  readonly offset: number;
  readonly bytes: number;
  /** Of symbols: the section with their names. */
  readonly link: number;
}
export interface Elf {
  readonly source: ByteSource;
  readonly segments: readonly Segment[];
  /** Empty in files that were stripped of them. */
  readonly sections: readonly Section[];
}

/** 64-bit values up to 2^53; what is larger is no offset of any file. */
export function u64(bytes: Buffer, at: number): number {
  return bytes.readUInt32LE(at) + bytes.readUInt32LE(at + 4) * 2 ** 32;
}

/** Undefined when it is no ELF file of this machine. */
export function open_elf(source: ByteSource): Elf | undefined {
  const head = source.read(0, 64);
  // \x7fELF, 64-bit, little-endian; e_machine 62 = x86-64
  if (head.length < 64 || head.readUInt32BE(0) !== 0x7f454c46 || head.readUInt16LE(4) !== 0x0102) return undefined;
  if (head.readUInt16LE(18) !== 62) return undefined;
  return { source, segments: segments_of(source, head), sections: sections_of(source, head) };
}

function segments_of(source: ByteSource, head: Buffer): Segment[] {
  const [count, size] = [head.readUInt16LE(56), head.readUInt16LE(54)];
  if (size !== PROGRAM_HEADER_BYTES) return [];
  const table = source.read(u64(head, 32), count * size);
  const segments: Segment[] = [];
  for (let at = 0; at + size <= table.length; at += size) {
    segments.push({
      type: table.readUInt32LE(at),
      executable: (table.readUInt32LE(at + 4) & EXECUTABLE) !== 0,
      offset: u64(table, at + 8),
      address: u64(table, at + 16),
      file_bytes: u64(table, at + 32),
    });
  }
  return segments;
}

function sections_of(source: ByteSource, head: Buffer): Section[] {
  const [count, size] = [Math.min(head.readUInt16LE(60), HEADERS_MAX), head.readUInt16LE(58)];
  if (size !== SECTION_HEADER_BYTES) return [];
  const table = source.read(u64(head, 40), count * size);
  const total = Math.floor(table.length / size);
  const names_at = head.readUInt16LE(62) * size;
  const names =
    names_at + size <= table.length
      ? source.read(u64(table, names_at + 24), Math.min(u64(table, names_at + 32), STRINGS_BYTES_MAX))
      : Buffer.alloc(0);
  return Array.from({ length: total }, (_, i) => {
    const at = i * size;
    return {
      name: text_at(names, table.readUInt32LE(at)),
      type: table.readUInt32LE(at + 4),
      address: u64(table, at + 16),
      offset: u64(table, at + 24),
      bytes: u64(table, at + 32),
      link: table.readUInt32LE(at + 40),
    };
  });
}

/** The NUL-terminated text at `at`; '' when there is none. */
export function text_at(bytes: Buffer, at: number, max = NAME_BYTES_MAX): string {
  if (at >= bytes.length) return '';
  const limit = Math.min(bytes.length, at + max);
  let end = at;
  while (end < limit && bytes[end] !== 0) end++;
  return bytes.toString('utf8', at, end);
}

/** Bytes of a section as they lie in the file; empty when it has none, or more than `max`. */
export function section_bytes(elf: Elf, section: Section | undefined, max: number): Buffer {
  if (section === undefined || section.type === SECTION.no_bits || section.bytes > max) return Buffer.alloc(0);
  return elf.source.read(section.offset, section.bytes);
}

export const section_named = (elf: Elf, name: string): Section | undefined =>
  elf.sections.find((section) => section.name === name);

/** Where the byte at an address lies in the file; -1 when no segment has it. */
export function file_offset(segments: readonly Segment[], address: number): number {
  for (const segment of segments) {
    if (segment.type !== SEGMENT.load) continue;
    const into = address - segment.address;
    if (into >= 0 && into < segment.file_bytes) return segment.offset + into;
  }
  return -1;
}
