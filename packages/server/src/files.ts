// Small state files of the data folder: written whole, beside and then over the old one, so that a crash leaves one or the other.
import { open, readFile, rename } from 'node:fs/promises';

export const write_json = (path: string, value: unknown): Promise<void> =>
  write_text(path, JSON.stringify(value, undefined, 2));

export async function write_text(path: string, text: string): Promise<void> {
  const beside = `${path}.new`;
  const file = await open(beside, 'w', 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(beside, path);
}

/** undefined when the file is missing; throws a sentence when it is not JSON. */
export async function read_json(path: string): Promise<unknown> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    throw new Error(`${path} is not JSON. Mend it, or move it away to begin anew.`);
  }
}
