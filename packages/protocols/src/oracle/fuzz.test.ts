import { expect, it } from 'vitest';
import { type FuzzCapture, FUZZ_TIMEOUT_MS, fuzz } from '../testing/mutate.ts';
import { load } from '../testing/record.ts';
import { protocol } from './parse.ts';

const capture = (name: string, n = 0) => load(new URL(`captures/${name}.json`, import.meta.url))[n]!;

export function captures(): FuzzCapture[] {
  const repeated = (name: string, n: number, text: string): FuzzCapture => {
    const pieces = capture(name, n);
    // A statement with its text: what re-executes one tells it only while that was seen.
    const at = pieces.findLastIndex(({ bytes }) => Buffer.from(bytes).includes(text));
    return { name, pieces, tail: pieces.slice(at, at + 2) };
  };
  return [
    repeated('node', 2, 'DELETE FROM items'),
    repeated('newest', 2, 'CREATE TABLE'),
    repeated('python', 0, 'SELECT id FROM nowhere'),
    repeated('redirected', 1, 'SELECT id, name'),
    { name: 'refused', pieces: capture('node', 0) },
  ];
}

it('holds the promises of every protocol', { timeout: FUZZ_TIMEOUT_MS }, () => {
  const report = fuzz({ protocol, captures: captures() });
  expect(report.recovered).toBeGreaterThan(report.rounds / 2);
});
