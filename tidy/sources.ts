// The repository's own files, for the tests that look at its shape.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import ts from 'typescript';

export const ROOT = join(import.meta.dirname, '..');

/** Tracked files and new ones that are not ignored, as paths from the root. */
export const all_files: readonly string[] = execFileSync(
  'git',
  ['ls-files', '--cached', '--others', '--exclude-standard'],
  { cwd: ROOT, encoding: 'utf8', maxBuffer: 1 << 26 },
)
  .split('\n')
  .filter((path) => path !== '')
  .filter((path) => exists(path));

function exists(path: string): boolean {
  try {
    readFileSync(join(ROOT, path));
    return true;
  } catch {
    return false;
  }
}

export const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

/** Tests, and what only they use. */
export const is_test = (path: string): boolean =>
  /\.test\.tsx?$|\/testing\.ts$|\/(testing|test|captures|fixtures)\//.test(path) || /^(e2e|tidy)\//.test(path);

export const code_files = all_files.filter(
  (path) => /^(packages|launcher)\/.*\.tsx?$/.test(path) && !path.endsWith('.d.ts'),
);
export const source_files = code_files.filter((path) => !is_test(path));

export const parse = (path: string): ts.SourceFile =>
  ts.createSourceFile(
    path,
    read(path),
    ts.ScriptTarget.Latest,
    true,
    path.endsWith('x') ? ts.ScriptKind.TSX : ts.ScriptKind.TS,
  );

/** Package names and paths from the root that a file imports, types included. */
export const imports_of = (path: string): string[] =>
  ts
    .preProcessFile(read(path), true, true)
    .importedFiles.map(({ fileName }) =>
      fileName.startsWith('.') ? relative(ROOT, join(ROOT, dirname(path), fileName)) : fileName,
    );
