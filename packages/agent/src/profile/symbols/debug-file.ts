// Where the symbols of a stripped file may lie: by its build id, or by the link in it (GDB manual, "Separate Debug Files").
import { existsSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { type Elf, section_bytes, SECTION, section_named, text_at } from '../elf/elf.ts';

const NOTES_BYTES_MAX = 65_536;
const NT_GNU_BUILD_ID = 3;
const DEBUG_ROOT = 'usr/lib/debug';

/** Hexadecimal; '' when the file has none. */
export function build_id(elf: Elf): string {
  for (const section of elf.sections) {
    if (section.type !== SECTION.note) continue;
    const id = note_id(section_bytes(elf, section, NOTES_BYTES_MAX));
    if (id !== '') return id;
  }
  return '';
}

function note_id(notes: Buffer): string {
  for (let at = 0; at + 12 <= notes.length; ) {
    const [name_bytes, bytes, type] = [notes.readUInt32LE(at), notes.readUInt32LE(at + 4), notes.readUInt32LE(at + 8)];
    const body = at + 12 + Math.ceil(name_bytes / 4) * 4;
    const end = body + Math.ceil(bytes / 4) * 4;
    if (end > notes.length) return '';
    if (type === NT_GNU_BUILD_ID && text_at(notes, at + 12) === 'GNU') return notes.toString('hex', body, body + bytes);
    at = end;
  }
  return '';
}

/** Path of the file with the symbols, as seen from `root`; undefined when there is none. `path`: of the stripped file. */
export function debug_file(elf: Elf, root: string, path: string): string | undefined {
  const id = build_id(elf);
  const link = basename(text_at(section_bytes(elf, section_named(elf, '.gnu_debuglink'), 4096), 0));
  const folder = dirname(path);
  const places = [
    ...(id.length > 4 ? [join(DEBUG_ROOT, '.build-id', id.slice(0, 2), `${id.slice(2)}.debug`)] : []),
    ...(link !== '' && link !== '.' && link !== '..'
      ? [join(folder, link), join(folder, '.debug', link), join(DEBUG_ROOT, folder, link)]
      : []),
  ];
  return places.map((place) => join(root, place)).find((place) => place !== join(root, path) && existsSync(place));
}
