// Every file is reached from a program; what only tests reach belongs into a testing/ folder.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { all_files, imports_of, is_test, read, ROOT, source_files } from './sources.ts';

/** Entries: what build.mjs and the page's build name, and what packages export. */
const entries = (): string[] => {
  const builds = all_files.filter((path) => /(^|\/)build\.(mjs|ts)$/.test(path));
  const named = builds.flatMap((path) => {
    const folder = path.includes('/') ? path.slice(0, path.lastIndexOf('/')) : '';
    return [...read(path).matchAll(/['"`]([\w./-]+\.(?:tsx?|mjs))['"`]/g)].flatMap(([, file]) => [
      join(folder, file!),
      join('.', file!),
    ]);
  });
  const exported = all_files
    .filter((path) => /^packages\/\w+\/package\.json$/.test(path))
    .flatMap((path) =>
      Object.values((JSON.parse(read(path)) as { exports?: Record<string, string> }).exports ?? {}).map((file) =>
        join(path, '..', file),
      ),
    );
  return [...new Set([...named, ...exported])].filter((path) => existsSync(join(ROOT, path)));
};

/** Workers are named by URL, not imported. */
const workers_of = (path: string): string[] =>
  [...read(path).matchAll(/new URL\(['"](\.[\w./-]+)['"]/g)].map(([, file]) => join(path, '..', file!));

it('every source file is reached from an entry', () => {
  const reached = new Set<string>();
  const queue = entries();
  expect(queue.length).toBeGreaterThan(3);
  for (let path = queue.pop(); path !== undefined; path = queue.pop()) {
    if (reached.has(path)) continue;
    reached.add(path);
    if (/\.tsx?$/.test(path) && existsSync(join(ROOT, path))) queue.push(...imports_of(path), ...workers_of(path));
  }
  const dead = source_files.filter((path) => !reached.has(path) && !is_test(path));
  expect(dead).toEqual([]);
});
