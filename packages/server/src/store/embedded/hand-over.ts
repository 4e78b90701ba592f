// Blocks on their way into the engine, as files: on a memory file system where there is one and it has room (a container's
// may be 64 MB), else in the data folder. The folder's name comes from the data folder's, so what a killed process left is
// found and removed at the next start.
import { createHash } from 'node:crypto';
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const MEMORY = '/dev/shm';
/** File that names the data folder a folder in memory belongs to. */
const OWNER = 'owner';

export class HandOver {
  private readonly folders: readonly string[];
  private serial = 0;

  /** `path` is absolute and held by this process alone. */
  constructor(path: string, memory = MEMORY) {
    const name = `sonde-${createHash('sha256').update(path).digest('hex').slice(0, 16)}`;
    const folders = is_writable(memory) ? [join(memory, name)] : [];
    this.folders = [...folders, join(path, 'hand-over')];
    this.clear();
    for (const folder of this.folders) mkdirSync(folder, { recursive: true, mode: 0o700 });
    if (folders[0] !== undefined) writeFileSync(join(folders[0], OWNER), path);
    sweep(memory);
  }

  /** Gives `use` the name of a file with these bytes; the file is gone afterwards. */
  async with_file<T>(bytes: Uint8Array, use: (file: string) => Promise<T>): Promise<T> {
    const name = `${++this.serial}.native`;
    let file = '';
    try {
      file = await this.write(name, bytes);
      return await use(file);
    } finally {
      if (file !== '') await unlink(file).catch(() => {});
    }
  }

  clear(): void {
    for (const folder of this.folders) rmSync(folder, { recursive: true, force: true });
  }

  private async write(name: string, bytes: Uint8Array): Promise<string> {
    let failure: unknown;
    for (const folder of this.folders) {
      const file = join(folder, name);
      try {
        await writeFile(file, bytes);
        return file;
      } catch (error) {
        failure = error;
        await unlink(file).catch(() => {});
      }
    }
    throw failure;
  }
}

/** Removes folders in memory whose data folder is gone: nobody will start on it again. */
function sweep(memory: string): void {
  if (!is_writable(memory)) return;
  for (const name of readdirSync(memory).filter((n) => /^sonde-[0-9a-f]{16}$/.test(n))) {
    try {
      if (!existsSync(readFileSync(join(memory, name, OWNER), 'utf8'))) rmSync(join(memory, name), { recursive: true });
    } catch {
      // Another user's, or just being made: not ours to judge.
    }
  }
}

function is_writable(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
