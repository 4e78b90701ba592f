// The kernel's own library, which it maps into every process from no file.
import { readFileSync } from 'node:fs';
import { FileSource } from './elf/source.ts';

const VDSO_BYTES_MAX = 65_536;

/** Its bytes, from this process; undefined where there is none. */
export function vdso_image(): Buffer | undefined {
  const line = readFileSync('/proc/self/maps', 'latin1')
    .split('\n')
    .find((text) => text.endsWith('[vdso]'));
  const [, start, end] = /^([0-9a-f]+)-([0-9a-f]+) /.exec(line ?? '') ?? [];
  if (start === undefined || end === undefined) return undefined;
  const at = Number.parseInt(start, 16);
  return read_memory(at, Math.min(Number.parseInt(end, 16) - at, VDSO_BYTES_MAX));
}

function read_memory(at: number, bytes: number): Buffer | undefined {
  const memory = new FileSource('/proc/self/mem', Number.MAX_SAFE_INTEGER);
  try {
    const image = memory.read(at, bytes);
    return image.length === bytes ? image : undefined;
  } finally {
    memory.close();
  }
}
