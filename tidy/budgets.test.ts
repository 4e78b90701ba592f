// Sizes (design, "Quality bars"): what is longer hides more than one thing.
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { all_files, is_test, parse, read, source_files } from './sources.ts';

const FILE_LINES_MAX = 500;
const FILE_LINES_MEDIAN_MAX = 100;
const FUNCTION_LINES_MAX = 70;
const MAIN_LINES_MAX = 60;
const PIPELINE_LINES_MAX = 150;
/** Socket, process and file programs together (design, principle 1). */
const KERNEL_C_LINES_MAX = 1500;
const PROFILE_C_LINES_MAX = 2000;

const lines_of = (text: string): number => text.trimEnd().split('\n').length;
const line_span = (file: ts.SourceFile, node: ts.Node): number =>
  file.getLineAndCharacterOfPosition(node.end).line - file.getLineAndCharacterOfPosition(node.getStart(file)).line + 1;

/** Lines of literals that stand alone at the top of a file: tables, which are exempt. */
const table_lines = (file: ts.SourceFile): number => {
  let sum = 0;
  for (const statement of file.statements) {
    if (!ts.isVariableStatement(statement)) continue;
    for (const { initializer } of statement.declarationList.declarations) {
      let value = initializer;
      while (value && (ts.isAsExpression(value) || ts.isSatisfiesExpression(value))) value = value.expression;
      if (value && (ts.isArrayLiteralExpression(value) || ts.isObjectLiteralExpression(value)))
        sum += line_span(file, value);
    }
  }
  return sum;
};

const functions_of = (file: ts.SourceFile): { name: string; lines: number }[] => {
  const found: { name: string; lines: number }[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isFunctionLike(node) && 'body' in node && node.body) {
      const line = file.getLineAndCharacterOfPosition(node.getStart(file)).line + 1;
      found.push({ name: `${file.fileName}:${line}`, lines: line_span(file, node) });
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  return found;
};

describe('size budgets', () => {
  it(`no file over ${FILE_LINES_MAX} lines, tables not counted`, () => {
    const c = all_files.filter((path) => /\.(c|h|mjs)$/.test(path) && !is_test(path));
    const long = [
      ...source_files.map((path) => [path, lines_of(read(path)) - table_lines(parse(path))] as const),
      ...c.map((path) => [path, lines_of(read(path))] as const),
    ].filter(([, lines]) => lines > FILE_LINES_MAX);
    expect(long).toEqual([]);
  });

  it(`half of the files have at most ${FILE_LINES_MEDIAN_MAX} lines`, () => {
    const sorted = source_files.map((path) => lines_of(read(path))).sort((a, b) => a - b);
    expect(sorted[sorted.length >> 1]).toBeLessThanOrEqual(FILE_LINES_MEDIAN_MAX);
  });

  it(`no function over ${FUNCTION_LINES_MAX} lines`, () => {
    const long = source_files
      .flatMap((path) => functions_of(parse(path)))
      .filter(({ lines }) => lines > FUNCTION_LINES_MAX);
    expect(long).toEqual([]);
  });

  it('composition roots stay small', () => {
    const over = (name: string, max: number): string[] =>
      source_files.filter((path) => path.endsWith(`/src/${name}`) && lines_of(read(path)) > max);
    expect([...over('main.ts', MAIN_LINES_MAX), ...over('pipeline.ts', PIPELINE_LINES_MAX)]).toEqual([]);
  });

  it.each([
    ['', KERNEL_C_LINES_MAX],
    ['profile/', PROFILE_C_LINES_MAX],
  ])('the kernel programs of bpf/%s stay under %i lines of C', (folder, lines_max) => {
    const files = all_files.filter((path) => new RegExp(`^packages/agent/bpf/${folder}[^/]+\\.[ch]$`).test(path));
    expect(files.length).toBeGreaterThan(0);
    expect(files.reduce((sum, path) => sum + lines_of(read(path)), 0)).toBeLessThan(lines_max);
  });
});
